/** The authorize endpoint: what it refuses, and in which forms it answers. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import {
  authorizeUrl,
  hiddenFieldsOf,
  noon,
  open,
  pkce,
  redirectUri,
  signInAndApprove,
  submit,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

Deno.test("a redirect URL that is not registered gets a page and no redirect", () =>
  withSuperOffice(async (stage) => {
    const registered = "https://tickets.example.com/consent/callback";
    stage.control.registerRedirectUrl(registered);
    stage.control.registerRedirectUrl("^https://[a-z]+\\.example\\.org/cb$");
    for (const accepted of [registered, "https://ab.example.org/cb", "http://[::1]:9/x"]) {
      assert.equal((await open(authorizeUrl(stage, { redirect_uri: accepted }))).status, 200);
    }
    const refused = [
      `${registered}/`,
      `${registered}?a=1`,
      "https://evil.test",
      "not a url",
      undefined,
    ];
    for (const redirect_uri of refused) {
      const page = await open(authorizeUrl(stage, { redirect_uri }));
      assert.deepEqual([page.status, page.location], [400, null]);
      assert.match(page.html, /<title>Error occured - [^<]*<\/title>/);
      assert.match(page.html, /technical difficulties/);
      assert.match(page.html, /Request ID: 00-[0-9a-f]{32}-[0-9a-f]{16}-00/);
    }
    assert.equal((await open(authorizeUrl(stage, { client_id: "0" }))).status, 400);
  }));

Deno.test("a request that is not right comes back as an OAuth error", () =>
  withSuperOffice(async (stage) => {
    const errors = [
      [{ response_type: "device" }, "#", "unsupported_response_type"],
      [{ response_type: undefined }, "#", "invalid_request"],
      [{ scope: "profile" }, "?", "invalid_scope"],
      [{ response_type: "id_token" }, "#", "invalid_request"],
      [{ code_challenge: "short" }, "?", "invalid_request"],
      [{ code_challenge: pkce().challenge, code_challenge_method: "S512" }, "?", "invalid_request"],
    ] as const;
    for (const [changes, separator, error] of errors) {
      const { location } = await open(authorizeUrl(stage, changes));
      assert.equal(location, `${redirectUri}${separator}state=the+state&error=${error}`);
    }
  }));

Deno.test("form_post is a form with hidden fields, a script that sends it and a button", () =>
  withSuperOffice(async (stage) => {
    const page = await signInAndApprove(authorizeUrl(stage, { response_mode: "form_post" }));
    assert.equal(page.status, 200);
    assert.ok(page.html.includes(`<form method="post" action="${redirectUri}">`));
    assert.deepEqual(Object.keys(hiddenFieldsOf(page.html)), ["state", "code"]);
    assert.match(page.html, /<button type="submit">Continue<\/button>/);
    assert.match(page.html, /document\.forms\[0\]\.submit\(\)/);
  }));

Deno.test("state comes before code in every response mode", () =>
  withSuperOffice(async (stage) => {
    stage.control.approve(tenant);
    const answer = async (response_mode: string | undefined) => {
      const url = authorizeUrl(stage, { response_mode });
      return await submit(url, await open(url), { username: "admin@example.test" });
    };
    const starts = { query: `${redirectUri}?state=`, fragment: `${redirectUri}#state=` };
    for (const [mode, start] of Object.entries(starts)) {
      const { location } = await answer(mode);
      assert.ok(location?.startsWith(start));
      assert.match(location ?? "", /state=the\+state&code=[A-Za-z0-9]{64}$/);
    }
    const posted = Object.keys(hiddenFieldsOf((await answer("form_post")).html));
    assert.deepEqual(posted, ["state", "code"]);
    // What some of the vendor's samples send is no mode, and so the default of the response type.
    for (const mode of ["form_data", undefined]) {
      assert.ok((await answer(mode)).location?.startsWith(starts.query));
    }
  }));

Deno.test("hybrid and implicit answers carry a signed id_token with the nonce", () =>
  withSuperOffice(async (stage) => {
    stage.control.approve(tenant);
    const jwks = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
    const answers = async (response_type: string) => {
      const url = authorizeUrl(stage, { response_type, nonce: "n-1" });
      const { location } = await submit(url, await open(url), { username: "admin@example.test" });
      const fields = new URLSearchParams((location ?? "").split("#")[1]);
      const { payload } = await jwtVerify(fields.get("id_token") ?? "", createLocalJWKSet(jwks), {
        issuer: stage.url,
        audience: stage.clientId,
        currentDate: new Date(noon),
      });
      assert.equal(payload.nonce, "n-1");
      return { fields, payload };
    };
    const hybrid = await answers("code id_token");
    assert.deepEqual([...hybrid.fields.keys()], ["state", "code", "id_token"]);
    const hash = createHash("sha256").update(hybrid.fields.get("code") ?? "").digest();
    assert.equal(hybrid.payload.c_hash, hash.subarray(0, 16).toString("base64url"));
    const implicit = await answers("id_token token");
    assert.equal(implicit.fields.get("token_type"), "bearer");
    assert.match(implicit.fields.get("access_token") ?? "", /^8A:Cust12345\.[A-Za-z0-9+/]+=*$/);
  }));

Deno.test("pages escape what the request brought along", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage, { state: '"><script>alert(1)</script>', login_hint: "<b>" });
    const page = await open(url);
    assert.ok(!page.html.includes("<script>alert"));
    assert.equal(hiddenFieldsOf(page.html).state, '"><script>alert(1)</script>');
  }));
