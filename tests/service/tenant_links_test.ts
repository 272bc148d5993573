/** A link for one tenant, whatever comes of it; links that are no links; and addresses that are mistyped. */

import assert from "node:assert/strict";
import { createBrowser } from "../../src/demo_browser.ts";
import { type Refused, WORDS } from "../../src/http/words/words.ts";
import {
  assertLanguage,
  get,
  linksOf,
  PLAIN,
  read,
  titleOf,
  withPages,
} from "../support/administrator_pages.ts";
import { type Answer, assertSafePage, begin, codeOf, postForm, send } from "../support/callback.ts";
import { PREFIX } from "../support/forge.ts";
import { assertProblem } from "../support/problems.ts";
import { TENANT, type TestService } from "../support/service.ts";

const OTHER = "Cust67890";

/** What a browser sends when somebody types an address. */
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const tenantsOf = ({ body }: Answer) =>
  [...body.matchAll(/name="tenant" value="(.*?)"/g)].map(([, tenant]) => tenant);

/** Refused for this; the button and every language go on to the tenant, or to none. */
function assertCarries(answer: Answer, why: Refused, tenant: string | null): void {
  assert.equal(titleOf(answer), WORDS.en.refusals[why].title);
  const hasButton = answer.body.includes('action="/consent"');
  assert.deepEqual(tenantsOf(answer), hasButton && tenant !== null ? [tenant] : [], why);
  const languages = linksOf(answer).filter((to) => to.startsWith("/consent/refused?"));
  assert.equal(languages.length, 7);
  for (const to of languages) {
    const fields = new URL(to, "http://service.example").searchParams;
    assert.equal(fields.get("tenant"), tenant, why);
  }
}

/** Ways to be refused at the end of what was begun for a tenant. */
const ENDS: readonly (readonly [
  Refused,
  (service: TestService, begun: Awaited<ReturnType<typeof begin>>) => Promise<Answer>,
])[] = [
  [
    "declined",
    ({ url }, { state, cookie }) => postForm(url, { state, error: "access_denied" }, cookie),
  ],
  ["other_browser", ({ url }, { state }) => postForm(url, { state, error: "access_denied" })],
  ["not_accepted", ({ url }, { state, cookie }) => postForm(url, { state, code: "x" }, cookie)],
  ["no_system_token", ({ url, simulator }, { state, nonce, cookie }) => {
    const claims = { [`${PREFIX}system_token`]: null };
    const id_token = simulator.control.mintIdToken({ ctx: TENANT, nonce, claims });
    return postForm(url, { state, id_token }, cookie);
  }],
  ["other_tenant", ({ url, simulator }, { state, nonce, cookie }) => {
    const id_token = simulator.control.mintIdToken({ ctx: TENANT, nonce });
    return postForm(url, { state, id_token }, cookie);
  }],
];

Deno.test("whoever is refused connects the tenant that was asked for, or is asked for none", () =>
  withPages({}, async (service) => {
    service.simulator.control.approve(TENANT);
    for (const [why, end] of ENDS) {
      const answer = await end(service, await begin(service.url, OTHER));
      assertCarries(answer, why, OTHER);
      if (why !== "other_tenant") {
        assertCarries(await end(service, await begin(service.url)), why, null);
      }
    }
    // Begun by nobody, or used: whose it was is not known any more.
    const { state, cookie } = await begin(service.url, OTHER);
    await postForm(service.url, { state, error: "access_denied" }, cookie);
    const again = await postForm(service.url, { state, error: "access_denied" }, cookie);
    assertCarries(again, "link_expired", null);
  }));

Deno.test("when SuperOffice does not answer at the end, the tenant that was asked for is kept", () =>
  withPages({}, async (service) => {
    const { state, cookie, location } = await begin(service.url, TENANT);
    const code = await codeOf(location);
    await service.simulator.close();
    const answer = await postForm(service.url, { state, code }, cookie);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "60");
    assertCarries(answer, "try_again", TENANT);
  }));

Deno.test("who cancels on a tenant's link is sent to that tenant by the button", () =>
  withPages({}, async (service) => {
    service.simulator.control.addTenant({ contextIdentifier: OTHER });
    const browser = createBrowser();
    const landing = await browser.open(new URL(`/?tenant=${OTHER}&lang=nb`, service.url));
    const signIn = await browser.press(landing, WORDS.nb.connect);
    const asked = await browser.press(signIn, "Sign in");
    const refused = await browser.press(await browser.press(asked, "Cancel"), "Continue");
    assert.ok(refused.text.includes(WORDS.nb.refusals.declined.title));
    const { url } = await browser.press(refused, WORDS.nb.connect);
    assert.equal(url.searchParams.get("acr_values"), `tenant:${OTHER}`);
  }));

Deno.test("a tenant's link that is none says whom to ask, and leads to no tenant at all", () =>
  withPages({}, async (service) => {
    const bad = ["", "12345", "Cust", "Cust1&tenant=Cust2", "Cust1&lang=en&lang=en", "Cust1%22%3E"];
    for (const tenant of bad) {
      for (const path of ["/", "/consent"]) {
        const answer = await get(service, `${path}?tenant=${tenant}`);
        assert.equal(answer.status, 400, tenant);
        assertSafePage(answer);
        assert.equal(titleOf(answer), "This link is not complete");
        assert.ok(read(answer.body).includes(WORDS.en.refusals.link_incomplete.todo(PLAIN)));
        assert.doesNotMatch(answer.body, /<button|<form|class="button/);
        assert.deepEqual(answer.headers.getSetCookie(), []);
      }
    }
    const again = await get(service, "/consent/refused?why=link_incomplete&lang=fi");
    assert.equal(titleOf(again), WORDS.fi.refusals.link_incomplete.title);
    assert.doesNotMatch(again.body, /<button|<form/);
  }));

Deno.test("a browser at a mistyped address gets a page, and a program a problem", () =>
  withPages({ PUBLIC_URL: "https://tickets.example.com" }, async (service) => {
    for (const path of ["/nonsense", "/consents", "/tenant/Cust12345", "/v1x", "/Consent/done"]) {
      const page = await get(service, path, { accept: BROWSER, "accept-language": "sv" });
      assert.equal(page.status, 404, path);
      assertSafePage(page);
      assert.equal(titleOf(page), WORDS.sv.refusals.not_found.title);
      const known = await get(service, "/consent/nowhere", { "accept-language": "sv" });
      assertLanguage(known, "sv");
      for (const name of ["content-security-policy", "strict-transport-security"]) {
        assert.equal(page.headers.get(name), known.headers.get(name), name);
      }
      assert.match(page.body, new RegExp(`<code>${page.headers.get("x-request-id")}</code>`));
      for (
        const accept of [
          "*/*",
          "",
          "application/json",
          "image/avif,image/webp,*/*;q=0.8",
          "application/json, text/html;q=0.9",
          "text/html;q=0, */*",
          "text/plain",
        ]
      ) {
        assertProblem(await get(service, path, { accept }), "not_found");
      }
    }
    for (const path of ["/v1/", "/v1/nonsense", "/healthz/x", "/readyz/", "/openapi.json/x"]) {
      const answer = await service.call(path, { headers: { accept: BROWSER } });
      assert.equal(answer.headers.get("content-type"), "application/problem+json", path);
      assert.equal((await answer.json()).code, "not_found", path);
    }
    const posted = await send(new URL("/style.css", service.url), {
      method: "POST",
      headers: { accept: BROWSER },
    });
    assertProblem(posted, "method_not_allowed");
  }));
