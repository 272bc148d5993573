/** Who gets into the console, who is put out of it, and what it never says. */

import assert from "node:assert/strict";
import { parseCallers } from "../../src/domain/caller_entry.ts";
import { type Answer, query, send } from "../support/callback.ts";
import {
  assertPage,
  CONSOLE_CALLERS,
  CONSOLE_PAGES,
  cookieOf,
  keyOf,
  OWN,
  postConsole,
  sessionCookie,
  signInWith,
  visit,
  withConsole,
  withRestarted,
} from "../support/console_visit.ts";
import { facts } from "../support/facts.ts";
import { assertProblem } from "../support/problems.ts";
import { API_KEY, type TestService } from "../support/service.ts";

const callersOf = (callers: readonly unknown[]) => {
  const parsed = parseCallers({ callers });
  assert.ok(parsed.ok);
  return parsed.entries;
};

function assertSignIn({ status, headers, body }: Answer): void {
  assert.deepEqual([status, headers.get("location"), body], [303, "/console/sign-in", ""]);
}

const CLEARED = "box-office-console=; Max-Age=0; Path=/console; HttpOnly; Secure; SameSite=Strict";

facts("the console lets in whom it should, and nobody else", withConsole, {
  "without a session every page leads to where one signs in, and nothing is set": async (
    { url },
  ) => {
    for (const path of CONSOLE_PAGES) {
      const answer = await visit(url, path, null);
      assertSignIn(answer);
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
    const page = await visit(url, "/console/sign-in", null);
    assertPage(page, 200, "Sign in");
    assert.match(page.body, /<input [^>]*type="password"[^>]*autocomplete="off"/s);
  },

  "a key that may `ledger` begins a session of a quarter of an hour; each page renews it": async (
    { url },
  ) => {
    const answer = await signInWith(url, `  ${keyOf("auditor")}\n`);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), "/console");
    const attributes = / Max-Age=900; Path=\/console; HttpOnly; Secure; SameSite=Strict$/;
    const name = /^box-office-console=v1\.[\w.-]+;/;
    assert.match(answer.headers.getSetCookie()[0]!, attributes);
    assert.match(answer.headers.getSetCookie()[0]!, name);
    let cookie = cookieOf(answer);
    for (const path of CONSOLE_PAGES) {
      const page = await visit(url, path, cookie);
      assertPage(page, 200, { "/console": "Overview" }[path] ?? "Entries|Tenants");
      assert.match(page.body, /Signed in as <strong>auditor<\/strong>/);
      assert.match(page.headers.getSetCookie()[0]!, attributes);
      assert.notEqual(cookieOf(page), cookie);
      cookie = cookieOf(page);
    }
  },

  "on https the cookie is the host's alone": async (service) => {
    await withRestarted(
      service,
      { publicUrl: new URL("https://tickets.example.com") },
      async (ask) => {
        const old = await ask("/console", await sessionCookie(service.url));
        assert.equal(old.status, 303, "under another name there is no session");
        await old.body?.cancel();
        const value = (await sessionCookie(service.url)).split("=")[1];
        const page = await ask("/console", `__Host-box-office-console=${value}`);
        await page.text();
        assert.equal(page.status, 200);
        assert.match(
          page.headers.getSetCookie()[0]!,
          /^__Host-box-office-console=v1\.\S+; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
        );
        assert.equal(page.headers.get("strict-transport-security"), "max-age=31536000");
      },
    );
  },

  "a key of nobody, one without the permission, one too long: each is told in a sentence": async (
    { url },
  ) => {
    const rows = [
      ["bo_nobody", 401, /This key is not one that is known here\./],
      [keyOf("other"), 403, /needs the permission <code>ledger<\/code>/],
      ["k".repeat(2501), 400, /too long for a browser to keep/],
      ["", 400, /Please enter one key\./],
      [" \t", 400, /Please enter one key\./],
    ] as const;
    for (const [key, status, sentence] of rows) {
      const answer = await signInWith(url, key);
      assertPage(answer, status, "Sign in");
      assert.match(answer.body, sentence);
      assert.ok(key.trim() === "" || !answer.body.includes(key));
      const set = answer.headers.getSetCookie();
      assert.ok(set.length === 0 || set.join() === CLEARED, set.join());
    }
    const twice = await postConsole(url, "/console/sign-in", "credential=a&credential=b");
    assertPage(twice, 400, "Sign in");
  },

  "a form of another site, of another kind, or of nowhere is refused, in and out": async (
    { url },
  ) => {
    const body = new URLSearchParams({ credential: API_KEY }).toString();
    const refused: Readonly<Record<string, string>>[] = [
      {},
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", origin: url.origin },
      { origin: "https://elsewhere.example" },
      { origin: "null" },
      { ...OWN, "content-type": "text/plain" },
      { ...OWN, "content-type": "application/json" },
      { ...OWN, "content-type": "multipart/form-data; boundary=x" },
    ];
    for (const path of ["/console/sign-in", "/console/sign-out"]) {
      for (const headers of refused) {
        const answer = await postConsole(url, path, body, headers);
        assertPage(answer, 403, "That did not work");
        assert.deepEqual(answer.headers.getSetCookie(), [], JSON.stringify(headers));
      }
    }
    const own = [{ "sec-fetch-site": "none" }, { origin: url.origin }, {
      ...OWN,
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
    }];
    for (const headers of own) assert.equal((await signInWith(url, API_KEY, headers)).status, 303);
  },

  "signing out makes the browser forget": async ({ url }) => {
    const cookie = await sessionCookie(url);
    const answer = await postConsole(url, "/console/sign-out", "", { ...OWN, cookie });
    assertSignIn(answer);
    assert.deepEqual(answer.headers.getSetCookie(), [CLEARED]);
    assertPage(await visit(url, "/console/sign-out", cookie), 405, "That did not work");
  },

  "a cookie that was forged, changed, cut or sealed for something else is nobody's": async (
    service,
  ) => {
    const { url } = service;
    const cookie = await sessionCookie(url);
    const value = cookie.split("=")[1]!;
    const [version, id, text] = value.split(".");
    const bent = text!.slice(0, -8) + (text!.at(-8) === "A" ? "B" : "A") + text!.slice(-7);
    const database = sealedToken(service);
    const forged = [
      "x",
      `${version}.other.${text}`,
      `${version}.${id}.${bent}`,
      value.slice(0, -4),
      `${value}AAAA`,
      btoa(JSON.stringify([9e15, 9e15, API_KEY])),
      API_KEY,
      database,
    ];
    for (const wrong of forged) {
      const answer = await visit(url, "/console", `box-office-console=${wrong}`);
      assertSignIn(answer);
      assert.deepEqual(answer.headers.getSetCookie(), [CLEARED]);
    }
    const empty = await visit(url, "/console", "box-office-console=");
    assertSignIn(empty);
    assert.equal((await visit(url, "/console", cookie)).status, 200);
  },

  "a cookie under a sealing key that is gone, or of callers that changed, is put out": async (
    service,
  ) => {
    const cookie = await sessionCookie(service.url, keyOf("auditor"));
    await withRestarted(service, {}, async (ask) => {
      const page = await ask("/console", cookie);
      await page.text();
      assert.equal(page.status, 200, "another instance knows the session");
    });
    const [everything, auditor] = CONSOLE_CALLERS;
    await withRestarted(service, { callers: callersOf([everything]) }, async (ask) => {
      const page = await ask("/console", cookie);
      await page.body?.cancel();
      assert.deepEqual([page.status, page.headers.get("location")], [303, "/console/sign-in"]);
      assert.deepEqual(page.headers.getSetCookie(), [CLEARED]);
    });
    const demoted = callersOf([{ ...auditor!, may: ["tenants"] }]);
    await withRestarted(service, { callers: demoted }, async (ask) => {
      const page = await ask("/console/tenants", cookie);
      assert.equal(page.status, 403);
      assert.match(await page.text(), /needs the permission <code>ledger<\/code>/);
      assert.deepEqual(page.headers.getSetCookie(), [CLEARED]);
    });
    const sealingKeys = [{ id: "generated", key: new Uint8Array(32).fill(7) }];
    await withRestarted(service, { config: { ...service.config, sealingKeys } }, async (ask) => {
      const page = await ask("/console", cookie);
      await page.body?.cancel();
      assert.deepEqual([page.status, page.headers.getSetCookie()], [303, [CLEARED]]);
    });
  },

  "requests of a session count for its caller's limit": async ({ url }) => {
    const answer = await signInWith(url, keyOf("rare"));
    assert.match(answer.headers.get("ratelimit") ?? "", /^"caller";r=1;/);
    const cookie = cookieOf(answer);
    assert.equal((await visit(url, "/console/tenants", cookie)).status, 200);
    const refused = await visit(url, "/console/tenants", cookie);
    assertPage(refused, 429, "Too many requests");
    assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.deepEqual(refused.headers.getSetCookie(), [], "the session stays");
  },

  "what is not there and what is not taken is a page, whatever is asked": async ({ url }) => {
    for (const path of ["/console/", "/console/no/such", "/console/%ff", "/console/../console/x"]) {
      assertPage(await visit(url, path, null), 404, "There is nothing here");
    }
    const rows = [["DELETE", "/console"], ["PUT", "/console/entries"], ["OPTIONS", "/console"]];
    for (const [method, path] of rows) {
      const answer = await send(new URL(path!, url), { method: method! });
      assertPage(answer, 405, "That did not work");
      assert.equal(answer.headers.get("allow"), "GET, HEAD");
    }
    const form = await send(new URL("/console/sign-in", url), { method: "PUT", body: "x" });
    assert.equal(form.headers.get("allow"), "GET, HEAD, POST");
    const huge = await postConsole(url, "/console/sign-in", "x".repeat(70_000));
    assertPage(huge, 413, "That did not work");
    const head = await send(new URL("/console/sign-in", url), { method: "HEAD" });
    assert.deepEqual([head.status, head.body], [200, ""]);
    assertProblem(await visit(url, "/consoles", null), "not_found");
  },

  "no answer and no log line holds a key, and no address takes one": async (service) => {
    const { url } = service;
    const key = keyOf("auditor");
    const seen: Answer[] = [];
    const cookie = await sessionCookie(url, key);
    seen.push(await signInWith(url, key), await signInWith(url, `${key}x`));
    seen.push(await signInWith(url, key, { origin: "https://elsewhere.example" }));
    for (const path of CONSOLE_PAGES) seen.push(await visit(url, path, cookie));
    seen.push(await visit(url, `/console/sign-in?credential=${key}`, null));
    seen.push(await visit(url, `/console/${key}`, cookie));
    seen.push(await postConsole(url, "/console/sign-in", `other=${key}`));
    const text = JSON.stringify([
      seen.map(({ headers, body }) => [[...headers], body]),
      service.log.lines,
    ]);
    assert.ok(!text.includes(key));
    assert.ok(
      service.log.lines.some(({ event, fields }) =>
        event === "auditor.signed_in" && fields.caller === "auditor"
      ),
    );
    const values = [cookie, ...seen.flatMap(({ headers }) => headers.getSetCookie())]
      .map((it) => it.split(/[=;]/)[1]!);
    assert.ok(
      values.every((value) =>
        value === "" || !service.log.lines.some((line) => JSON.stringify(line).includes(value))
      ),
    );
  },

  "the stylesheet needs no session and is nothing but one": async ({ url }) => {
    const { status, headers, body } = await visit(url, "/console/style.css", null);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "text/css; charset=utf-8");
    assert.equal(headers.get("cache-control"), "public, max-age=3600");
    assert.doesNotMatch(body, /@import|url\(|expression/);
  },
});

/** A value that the store sealed under the same keys, for another place. */
function sealedToken(service: TestService): string {
  const sealed = JSON.stringify(query(service, "SELECT * FROM tenants"));
  const [found] = /v1\.generated\.[\w-]+/.exec(sealed) ?? [];
  assert.ok(found);
  return found;
}
