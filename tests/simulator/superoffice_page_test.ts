import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { eventStream } from "../../src/simulator/superoffice/page/events.ts";
import { sendRaw } from "../support/raw_http.ts";
import { consented, postExchange, tenant, withSuperOffice } from "./superoffice_client.ts";
import { pageOf, press, sectionOf, wordsOf } from "./superoffice_page_client.ts";

Deno.test("the page shows addresses, the app as the portal would, and the tenants", () =>
  withSuperOffice(async (stage) => {
    const html = await pageOf(stage);
    for (const address of [stage.url, ...stage.tenantUrls]) {
      assert.ok(sectionOf(html, "addresses").includes(`<code>${address}</code>`), address);
    }
    const [app] = stage.control.apps();
    const registration = sectionOf(html, "apps");
    const { client_id: id, client_secret: secret, public_key: key } = app!;
    for (const text of [app!.name, id, "any loopback address", key!.sha256, `${key!.bits} bits`]) {
      assert.ok(registration.includes(text), text);
    }
    assert.match(registration, new RegExp(`<summary>Show</summary>\\s*<code>${secret}</code>`));
    assert.equal(html.split(secret).length, 2);
    const [first] = stage.control.tenants();
    const tenants = sectionOf(html, "tenants");
    for (const text of [tenant, first!.companyName, first!.serial, "Running", "not approved"]) {
      assert.ok(tenants.includes(text), text);
    }
    assert.ok(tenants.includes(`${stage.tenantUrls[0]}/${tenant}`));
    assert.ok(!html.includes('id="kms"'));
  }));

Deno.test("a deleted tenant is shown without buttons", () =>
  withSuperOffice(async (stage) => {
    const { contextIdentifier: other } = stage.control.addTenant();
    stage.control.remove(tenant);
    const tenants = sectionOf(await pageOf(stage), "tenants");
    const [, deleted = "", running = ""] = tenants.split("<article");
    assert.match(deleted, new RegExp(`${tenant}.*Deleted`, "s"));
    assert.ok(!deleted.includes("<button"));
    for (const id of ["approve", "remove"]) {
      assert.ok(running.includes(`<button id="${id}-${other}`));
    }
  }));

Deno.test("the page shows exchanges newest first: when, who, what was signed, the verdict and its code", () =>
  withSuperOffice(async (stage) => {
    assert.match(sectionOf(await pageOf(stage), "exchanges"), /None yet/);
    const { token, SignedSystemToken } = consented(stage);
    await postExchange(stage, { SignedSystemToken });
    stage.at(1000);
    await postExchange(stage, { SignedSystemToken: `${token}.202611221200.AAAA` });
    const html = await pageOf(stage);
    const [, newest = "", oldest = ""] = sectionOf(html, "exchanges").split("<tbody>")[1]!
      .split("</tbody>")[0]!.split("<tr>").map(wordsOf);
    const masked = stage.control.exchanges().map(({ signedText }) => signedText);
    assert.equal(
      newest.trim(),
      `12:00:01 invalid signature InvalidSignature (7) Box Office, ${tenant} Example Tenant AS ` +
        `${masked[1]} REST 401`,
    );
    assert.equal(
      oldest.trim(),
      `12:00:00 ticket issued Box Office, ${tenant} Example Tenant AS ${masked[0]} REST 200`,
    );
    assert.match(html, /Tickets alive<\/dt>\s*<dd>1<\/dd>/);
    for (const secret of [token, SignedSystemToken, SignedSystemToken.split(".")[2]!]) {
      assert.ok(!html.includes(secret));
    }
  }));

Deno.test("the page shows what was pushed to an app, and that nobody was there", () =>
  withSuperOffice(async (stage) => {
    consented(stage);
    const refused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${refused.addr.port}/changes`;
    refused.close();
    stage.control.registerStateChangeUrl(url);
    stage.control.suspend(tenant);
    await stage.control.settled();
    const pushes = wordsOf(sectionOf(await pageOf(stage), "pushes"));
    assert.match(pushes, new RegExp(`12:00:00 Suspend ${tenant} Box Office ${url} \\w+`));
  }));

Deno.test("the page shows switches that are not at their default, and the clock", () =>
  withSuperOffice(async (stage) => {
    const words = async () => wordsOf(sectionOf(await pageOf(stage), "faults"));
    assert.match(await words(), /Clock: right .* Every switch is at its default/);
    stage.control.set({ driftWindowMinutes: 5, exchangeSilent: true });
    stage.control.clockOffsetMs(-90_000);
    assert.match(await words(), /Clock: 90 s behind .* exchangeSilent true false/);
    assert.match(await words(), /driftWindowMinutes 5 15/);
  }));

Deno.test("what others have named is shown as text", () =>
  withSuperOffice(async (stage) => {
    const evil = `<script>alert("1")</script>'&`;
    await press(stage, "add_tenant", { company_name: evil });
    const html = await pageOf(stage);
    assert.equal(stage.control.tenants().at(-1)?.companyName, evil);
    assert.ok(html.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"));
    assert.equal(html.split("<script>").length, 2);
    await postExchange(stage, { ContextIdentifier: evil, SignedSystemToken: evil });
    assert.equal((await pageOf(stage)).split("<script>").length, 2);
  }));

Deno.test("the page may run its own script and style, and reach nobody else", () =>
  withSuperOffice(async ({ url }) => {
    const response = await fetch(url);
    const html = await response.text();
    const hashOf = (tag: string) => {
      const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? "";
      return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    };
    assert.equal(
      response.headers.get("content-security-policy"),
      `default-src 'none'; script-src ${hashOf("script")}; style-src ${hashOf("style")}; ` +
        "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; " +
        "frame-ancestors 'none'",
    );
    assert.equal(response.headers.get("cache-control"), "no-store");
    const links = [...html.matchAll(/ (?:href|src|action|formaction)="([^"]*)"/g)].map(([, to]) =>
      to!
    );
    assert.deepEqual(links.filter((to) => !to.startsWith("/") && to !== "data:,"), []);
  }));

const foreign: Readonly<Record<string, Record<string, string>>> = {
  "another origin": { origin: "http://127.0.0.1:1" },
  "no origin at all": { origin: "null" },
  "another site": { "sec-fetch-site": "cross-site" },
  "another port of this machine": { "sec-fetch-site": "same-site" },
};

Deno.test("buttons and events are not for other web pages, and nothing happens when they try", () =>
  withSuperOffice(async (stage) => {
    for (const [name, headers] of Object.entries(foreign)) {
      for (const [path, method] of [["suspend", "POST"], ["events", "GET"]]) {
        const body = method === "POST" ? new URLSearchParams({ context_identifier: tenant }) : null;
        const init = { method: method!, headers, body, redirect: "manual" as const };
        const response = await fetch(`${stage.url}/_page/${path}`, init);
        await response.body?.cancel();
        assert.equal(response.status, 403, `${name}: ${path}`);
      }
    }
    assert.equal(stage.control.tenants()[0]?.state, "Running");
    const linked = await fetch(stage.url, { headers: { "sec-fetch-site": "cross-site" } });
    await linked.body?.cancel();
    assert.equal(linked.status, 200);
  }));

Deno.test("a name that points to this machine from elsewhere sees no page and presses no button", () =>
  withSuperOffice(async ({ url, control }) => {
    for (
      const start of ["GET / HTTP/1.1", "GET /_page/events HTTP/1.1", "POST /_page/reset HTTP/1.1"]
    ) {
      const head = [start, "host: rebound.example", "content-length: 0", "connection: close"];
      const { status, body } = await sendRaw(new URL(url), head);
      assert.equal(status, 403, start);
      assert.ok(!body.includes(control.apps()[0]!.client_secret));
    }
  }));

Deno.test("what a button cannot do is said on the page, with 400", () =>
  withSuperOffice(async (stage) => {
    const refused = await press(stage, "register_public_key", { key: "<no key>" });
    assert.equal(refused.status, 400);
    assert.match(refused.html, /class="failed"[^]*Cannot register app key: RSAXML without/);
    const unknown = await press(stage, "suspend", { context_identifier: "Cust1<b>" });
    assert.match(unknown.html, /Cannot find tenant Cust1&lt;b&gt;: unknown/);
    assert.equal((await press(stage, "no_such_button")).status, 404);
    assert.equal((await press(stage, "kms_429")).status, 404);
    const read = await fetch(`${stage.url}/_page/suspend`);
    assert.equal(read.status, 404);
    await read.body?.cancel();
  }));

Deno.test("events tell of every change, whoever made it, and end when the simulator closes", async () => {
  let ended: Promise<unknown> = Promise.resolve();
  await withSuperOffice(async (stage) => {
    const response = await fetch(`${stage.url}/_page/events`);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => (await reader.read()).value;
    const changed = "event: changed\ndata:\n\n";
    assert.equal(await next(), changed);
    await postExchange(stage, { SignedSystemToken: "nonsense" });
    assert.equal(await next(), changed);
    stage.control.set({ exchangeSilent: true });
    assert.equal(await next(), changed);
    stage.control.addTenant();
    assert.equal(await next(), changed);
    ended = reader.read();
  });
  assert.deepEqual(await ended, { value: undefined, done: true });
});

Deno.test("nobody looks for changes once the browser is gone", async () => {
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const closing = new AbortController().signal;
  const render = () => Promise.resolve("the same");
  const reader = eventStream({ render, subscribe, closing }).body!.getReader();
  await reader.read();
  const waiting = reader.read();
  while (listeners.size === 0) await new Promise((resolve) => setTimeout(resolve));
  await reader.cancel();
  assert.equal((await waiting).done, true);
  assert.equal(listeners.size, 0);
});
