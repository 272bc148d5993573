/** The administrators' pages over HTTP: languages, a tenant that is asked for, and the cookie. */

import assert from "node:assert/strict";
import { createBrowser } from "../../src/demo_browser.ts";
import { LANGUAGES } from "../../src/http/language.ts";
import { WORDS } from "../../src/http/words/words.ts";
import {
  assertLanguage,
  get,
  linksOf,
  PLAIN,
  read,
  titleOf,
  withPages,
} from "../support/administrator_pages.ts";
import { assertSafePage, begin, postForm } from "../support/callback.ts";
import { TENANT, type TestService } from "../support/service.ts";

/** `/consent` in a language. @returns the cookie that it sets */
async function cookieIn(service: TestService, path: string, cookie?: string): Promise<string> {
  const answer = await get(service, path, cookie === undefined ? {} : { cookie });
  assert.equal(answer.status, 302);
  const set = answer.headers.getSetCookie();
  assert.equal(set.length, 1);
  return set[0]!;
}

Deno.test("the first page speaks every language, by address and by what the browser accepts", () =>
  withPages({}, async (service) => {
    for (const language of LANGUAGES) {
      const { landing, connect } = WORDS[language];
      for (
        const answer of [
          await get(service, `/?lang=${language}`, { "accept-language": "fr, en" }),
          await get(service, "/", { "accept-language": `fr, ${language}-XX;q=0.9, en;q=0.5` }),
        ]
      ) {
        assert.equal(answer.status, 200);
        assertSafePage(answer);
        assertLanguage(answer, language);
        assert.equal(titleOf(answer), landing.title(PLAIN));
        assert.equal(answer.body.match(/<button>/g)?.length, 1);
        assert.ok(answer.body.includes(`<button>${connect}</button>`), language);
        assert.ok(read(answer.body).includes(landing.intro(PLAIN)), language);
      }
    }
  }));

Deno.test("a language that is none of ours is no fault", () =>
  withPages({}, async (service) => {
    for (const lang of ["fr", "", "xx", "..", `"><script>x</script>`, "nb%00", "x".repeat(5000)]) {
      const answer = await get(service, `/?lang=${encodeURIComponent(lang)}`);
      assert.equal(answer.status, 200, lang);
      assertLanguage(answer, "en");
      assert.doesNotMatch(answer.body, /<script|name="lang"/);
    }
    for (const header of [";;;,,,q=", "x".repeat(5000), "*;q=0", "de;q=x", "-", "de\u00ff"]) {
      const answer = await get(service, "/", { "accept-language": header });
      assert.equal(answer.status, 200);
      assertLanguage(answer, "en");
    }
    assert.equal((await get(service, "/?lang=nb&lang=de")).status, 400);
  }));

Deno.test("a link for one tenant goes on to the button and the languages", () =>
  withPages({}, async (service) => {
    const landing = await get(service, "/?tenant=cust54321&lang=nb");
    assert.match(landing.body, /<dd>Cust54321<\/dd>/);
    assert.match(landing.body, /<input type="hidden" name="tenant" value="Cust54321">/);
    assert.match(landing.body, /<input type="hidden" name="lang" value="nb">/);
    assert.ok(linksOf(landing).includes("/?lang=fi&tenant=Cust54321"));
    const plain = await get(service, "/");
    assert.doesNotMatch(plain.body, /<input|<dd>/);
    const browser = createBrowser();
    const page = await browser.open(new URL("/?tenant=Cust12345", service.url));
    const { url } = await browser.press(page, "Connect SuperOffice");
    assert.equal(url.searchParams.get("acr_values"), "tenant:Cust12345");
  }));

Deno.test("the cookie keeps the language that was chosen, and binds without it", () =>
  withPages({}, async (service) => {
    service.simulator.control.approve(TENANT);
    assert.match(await cookieIn(service, "/consent"), /^box-office=[\w-]{43};/);
    assert.match(await cookieIn(service, "/consent?lang=fr"), /^box-office=[\w-]{43};/);
    const first = await cookieIn(service, "/consent?lang=no");
    assert.match(first, /^box-office=[\w-]{43}\.nb; Max-Age=600; Path=\/; HttpOnly; Secure; Same/);
    const [bound] = first.split(";");
    // Begun again without a choice: the same browser, and its language stays.
    assert.equal((await cookieIn(service, "/consent", bound)).split(";")[0], bound);
    const changed = await cookieIn(service, "/consent?lang=fi", bound);
    assert.equal(changed.split(";")[0], bound!.replace(".nb", ".fi"));

    // The language is no part of who the browser is.
    for (const [brought, kept] of [[".xx", ""], [".nb", ".nb"]] as const) {
      const { state, nonce } = await begin(service.url, undefined, bound);
      const id_token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
      const cookie = bound!.replace(".nb", brought);
      const answer = await postForm(service.url, { state, id_token }, cookie);
      assert.equal(answer.status, 303);
      assert.equal(answer.headers.getSetCookie()[0]!.split(";")[0], bound!.replace(".nb", kept));
    }
    const done = await get(service, "/consent/done", { cookie: bound!, "accept-language": "sv" });
    assertLanguage(done, "nb");
    assert.equal(titleOf(done), WORDS.nb.renewed.title);
    const chosen = await get(service, "/consent/done?lang=de", { cookie: bound! });
    assertLanguage(chosen, "de");
    assert.match(chosen.body, /<dd>Cust12345<\/dd>/);
  }));

Deno.test("a cookie that is not of its form binds nobody, whatever it says of a language", () =>
  withPages({}, async (service) => {
    const value = "A".repeat(43);
    for (const bad of [".nb", `${value}.`, `${value}.nbx`, `${value}.nb.de`, `${value}nb`, "nb"]) {
      const set = await cookieIn(service, "/consent", `box-office=${bad}`);
      assert.match(set, /^box-office=[\w-]{43};/, bad);
      assert.ok(!set.includes(value));
      assertLanguage(await get(service, "/", { cookie: `box-office=${bad}` }), "en");
    }
  }));

Deno.test("on https the one cookie is __Host- and keeps the language, too", () =>
  withPages({ PUBLIC_URL: "https://tickets.example.com" }, async (service) => {
    const set = await cookieIn(service, "/consent?lang=da");
    assert.match(
      set,
      /^__Host-box-office=[\w-]{43}\.da; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=None$/,
    );
    assertLanguage(await get(service, "/", { cookie: set.split(";")[0]! }), "da");
    assertLanguage(await get(service, "/", { cookie: set.slice("__Host-".length) }), "en");
  }));

Deno.test("who connects again reads that it was connected already", () =>
  withPages({}, async (service) => {
    const first = await service.consent();
    const titles = [first.text, (await service.consent()).text];
    assert.deepEqual(titles.map((text) => /<h1>(.*?)<\/h1>/.exec(text)?.[1]), [
      "Your SuperOffice is connected",
      "Your SuperOffice was already connected",
    ]);
    assert.match(titles[1]!, /Your approval was renewed/);
    await (await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" })).body?.cancel();
    assert.match((await service.consent()).text, /<h1>Your SuperOffice is connected<\/h1>/);
  }));
