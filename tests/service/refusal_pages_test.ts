/** The administrators' pages over HTTP: refusals, where links lead, names, the logo, and what is escaped. */

import assert from "node:assert/strict";
import { LANGUAGES } from "../../src/http/language.ts";
import { WORDS } from "../../src/http/words/words.ts";
import {
  assertLanguage,
  get,
  linksOf,
  PLAIN,
  read,
  REFUSED,
  titleOf,
  withPages,
} from "../support/administrator_pages.ts";
import { assertSafePage, begin, postForm, send } from "../support/callback.ts";
import { PREFIX } from "../support/forge.ts";
import { TENANT } from "../support/service.ts";

Deno.test("every refusal can be read in every language, under its reference", () =>
  withPages({}, async (service) => {
    const reference = crypto.randomUUID();
    for (const language of LANGUAGES) {
      for (const why of REFUSED) {
        const query = new URLSearchParams({ why, lang: language, reference });
        const answer = await get(service, `/consent/refused?${query}`);
        assert.equal(answer.status, 200);
        assertSafePage(answer);
        assertLanguage(answer, language);
        const { title, todo } = WORDS[language].refusals[why];
        assert.equal(titleOf(answer), title);
        assert.ok(read(answer.body).includes(` ${todo(PLAIN)} `), `${language} ${why}`);
        assert.ok(answer.body.includes(`<code>${reference}</code>`));
      }
    }
  }));

Deno.test("a refusal leads to itself in the other languages, with its reference and its tenant", () =>
  withPages({}, async (service) => {
    const answer = await get(service, "/consent/callback?code=x&state=y", {
      "accept-language": "sv",
    });
    assert.equal(answer.status, 400);
    assertLanguage(answer, "sv");
    const reference = answer.headers.get("x-request-id")!;
    assert.ok(answer.body.includes(`<code>${reference}</code>`));
    const link = linksOf(answer).find((to) => to.includes("lang=fi"))!;
    assert.equal(link, `/consent/refused?lang=fi&why=link_expired&reference=${reference}`);
    const again = await get(service, link);
    assert.equal(titleOf(again), WORDS.fi.refusals.link_expired.title);
    assert.ok(again.body.includes(`<code>${reference}</code>`));

    await service.simulator.close();
    const asked = await get(service, "/consent?tenant=cust77&lang=nl");
    assert.equal(asked.status, 503);
    assert.match(asked.body, /name="tenant" value="Cust77"/);
    assert.ok(
      linksOf(asked).some((to) => /why=try_again&reference=[\w-]{36}&tenant=Cust77$/.test(to)),
    );
  }));

Deno.test("an address shows no refusal that is none, and no reference of somebody's own words", () =>
  withPages({}, async (service) => {
    for (
      const why of ["", "x", "constructor", "__proto__", "toString", "link_expired&why=declined"]
    ) {
      const answer = await get(service, `/consent/refused?why=${why}`);
      assert.ok([400, 404].includes(answer.status), why);
      assertSafePage(answer);
    }
    assert.equal((await get(service, "/consent/refused")).status, 404);
    for (const reference of ["call-0800-123456", "x".repeat(36), `"><script>`, ""]) {
      const query = new URLSearchParams({ why: "link_expired", reference });
      const answer = await get(service, `/consent/refused?${query}`);
      assert.equal(answer.status, 200);
      assert.doesNotMatch(answer.body, /<code>|<script|0800/);
    }
    const tenant = await get(service, "/consent/refused?why=try_again&tenant=//evil.example");
    assert.equal(tenant.status, 404);
  }));

Deno.test("every link of every page stays with us, or is the configuration's", () =>
  withPages({
    APP_PRIVACY_URL: "https://acme.example/privacy",
    APP_SUPPORT_URL: "https://acme.example/help",
  }, async (service) => {
    const paths = ["/", "/?lang=nb&tenant=Cust1", "/consent/done", "/consent//evil.example"];
    const hostile = ["/consent/done?lang=nb&next=//evil.example", "/?lang=//evil.example"];
    const refused = REFUSED.map((why) => `/consent/refused?why=${why}`);
    const leading = new Set<string>();
    for (const path of [...paths, ...hostile, ...refused]) {
      const links = linksOf(await get(service, path));
      assert.ok(links.length > 8, path);
      for (const to of links) {
        if (!/^\/(?![/\\])/.test(to)) leading.add(to);
        assert.doesNotMatch(to, /evil/);
      }
    }
    assert.deepEqual([...leading], ["https://acme.example/privacy", "https://acme.example/help"]);
  }));

Deno.test("the pages name the app and its vendor, and offer help where help is", () =>
  withPages({
    APP_NAME: "Acme Sync",
    APP_VENDOR: "Acme AS",
    APP_SUPPORT_URL: "mailto:help@acme.example",
  }, async (service) => {
    const landing = await get(service, "/");
    assert.equal(titleOf(landing), "Connect Acme Sync to your SuperOffice");
    assert.match(landing.body, /<title>Connect Acme Sync to your SuperOffice – Acme Sync<\/title>/);
    assert.match(read(landing.body), / Acme Sync by Acme AS /);
    assert.doesNotMatch(read(landing.body), /Box Office|this application|the vendor/);
    for (const why of REFUSED) {
      const { body } = await get(service, `/consent/refused?why=${why}`);
      const mails = body.match(/href="mailto:help@acme\.example"/g)?.length;
      const helps = ["not_accepted", "no_system_token", "serial_changed", "other_tenant"];
      assert.equal(mails, helps.includes(why) ? 2 : 1, why);
    }
    const refused = await get(service, "/consent/refused?why=serial_changed&lang=nb");
    assert.match(refused.body, /class="button" href="mailto:help@acme\.example">Kontakt Acme AS</);
  }));

Deno.test("nothing that is put into a page is markup there", () =>
  withPages({ APP_NAME: `<b>"Acme"&'`, APP_VENDOR: `"><i onclick=x>` }, async (service) => {
    const company = `<script>alert("x")</script>`;
    service.simulator.control.approve(TENANT);
    const { state, nonce, cookie } = await begin(service.url);
    const claims = { [`${PREFIX}company_name`]: company };
    const id_token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce, claims });
    assert.equal((await postForm(service.url, { state, id_token }, cookie)).status, 303);
    const done = await get(service, "/consent/done", { cookie });
    assert.match(done.body, /<dd>&lt;script&gt;alert\(&quot;x&quot;\)&lt;\/script&gt;<\/dd>/);
    for (
      const path of [
        "/",
        "/consent/done",
        ...REFUSED.map((why) => `/consent/refused?why=${why}`),
      ]
    ) {
      for (const lang of LANGUAGES) {
        const url = new URL(path, service.url);
        url.searchParams.set("lang", lang);
        const { body } = await send(url, { headers: { cookie, "x-request-id": "<b>" } });
        assert.doesNotMatch(body, /<b>|<i |<script|onclick=x>/, `${lang} ${path}`);
      }
    }
  }));

Deno.test("without a logo there is none, and no picture may be loaded", () =>
  withPages({}, async (service) => {
    const landing = await get(service, "/");
    assert.doesNotMatch(landing.headers.get("content-security-policy")!, /img-src/);
    assert.doesNotMatch(landing.body, /<img|rel="icon"/);
    assert.equal((await get(service, "/logo")).status, 404);
  }));

Deno.test("a logo is served by us as what it is, and can do nothing", async () => {
  const file = await Deno.makeTempFile({ suffix: ".svg" });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script></svg>`;
  await Deno.writeTextFile(file, svg);
  try {
    await withPages({ APP_LOGO_FILE: file }, async (service) => {
      const landing = await get(service, "/");
      assert.match(landing.headers.get("content-security-policy")!, /; img-src 'self';/);
      assert.match(landing.body, /<img class="logo" src="\/logo" alt="" height="40">/);
      assert.match(landing.body, /<link rel="icon" href="\/logo">/);
      const { status, headers, body } = await get(service, "/logo");
      assert.deepEqual([status, body], [200, svg]);
      assert.equal(headers.get("content-type"), "image/svg+xml");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(
        headers.get("content-security-policy"),
        "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      );
      const posted = await send(new URL("/logo", service.url), { method: "POST" });
      assert.equal(posted.status, 405);
    });
  } finally {
    await Deno.remove(file);
  }
});
