import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import {
  authorizeUrl,
  claim,
  hiddenFieldsOf,
  noon,
  open,
  payloadOf,
  pkce,
  redirectUri,
  signInAndApprove,
  submit,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

const noAccess = /<p role="alert" class="banner">Your account does not have access to this/;

Deno.test("an administrator signs in, approves, and comes back with state before code", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    const signIn = await open(url);
    assert.match(signIn.html, /admin@example\.test/);
    const approval = await submit(url, signIn, { username: "admin@example.test" });
    assert.match(approval.html, /Do you want to approve Box Office by/);
    assert.match(approval.html, /<button[^>]*>I approve<\/button>/);
    assert.equal(stage.control.tenants()[0]?.authorization, null);
    const back = await submit(url, approval, { decision: "approve" });
    assert.equal(back.status, 302);
    assert.match(
      back.location ?? "",
      /^http:\/\/localhost:8000\/consent\/callback\?state=the\+state&code=[A-Za-z0-9]{64}$/,
    );
    assert.equal(stage.control.tenants()[0]?.authorization, "active");
  }));

Deno.test("an approved app is not asked about again, and a person without rights may sign in", () =>
  withSuperOffice(async (stage) => {
    stage.control.approve(tenant);
    const url = authorizeUrl(stage);
    for (const username of ["admin@example.test", "user@example.test"]) {
      const back = await submit(url, await open(url), { username });
      assert.match(back.location ?? "", /&code=/);
    }
  }));

Deno.test("who is no administrator cannot approve", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    const refused = await submit(url, await open(url), { username: "user@example.test" });
    assert.match(refused.html, noAccess);
    const forced = await submit(url, refused, {
      username: "user@example.test",
      decision: "approve",
    });
    assert.match(forced.html, noAccess);
    assert.equal(stage.control.tenants()[0]?.authorization, null);
  }));

Deno.test("an ended authorization must be approved again and keeps its token, by default", () =>
  withSuperOffice(async (stage) => {
    const { system_user_token: before } = stage.control.approve(tenant);
    stage.control.revoke(tenant);
    await signInAndApprove(authorizeUrl(stage));
    assert.equal(stage.control.approve(tenant).system_user_token, before);
    assert.match(before, /^Box Office-[A-Za-z0-9]{10}$/);
    stage.control.set({ newSystemTokenOnReapproval: true });
    stage.control.revoke(tenant);
    assert.notEqual(stage.control.approve(tenant).system_user_token, before);
  }));

Deno.test("cancelling redirects with access_denied and approves nothing", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    const approval = await submit(url, await open(url), { username: "admin@example.test" });
    const back = await submit(url, approval, { decision: "cancel" });
    assert.equal(back.location, `${redirectUri}?state=the+state&error=access_denied`);
    assert.equal(stage.control.tenants()[0]?.authorization, null);
  }));

Deno.test("several tenants are offered, unless the request names one in either way", () =>
  withSuperOffice(async (stage) => {
    const { contextIdentifier } = stage.control.addTenant({ companyName: "Other & Sons AS" });
    const url = authorizeUrl(stage);
    const list = await submit(url, await open(url), { username: "admin@example.test" });
    assert.match(list.html, /value="Cust12345"/);
    assert.match(list.html, /Other &amp; Sons AS/);
    const approval = await submit(url, list, { tenant: contextIdentifier });
    assert.match(approval.html, /Other &amp; Sons AS/);
    const named = [
      authorizeUrl(stage, { acr_values: "tenant:cust12346" }),
      authorizeUrl(stage, {}, "CUST12346"),
    ];
    for (const direct of named) {
      const page = await submit(direct, await open(direct), { username: "admin@example.test" });
      assert.match(page.html, /Other &amp; Sons AS \(Cust12346\)/);
    }
    const nowhere = authorizeUrl(stage, { acr_values: "tenant:Cust999" });
    const refused = await submit(nowhere, await open(nowhere), { username: "admin@example.test" });
    assert.match(refused.html, noAccess);
  }));

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

Deno.test("the legacy login posts one JWT field to the default redirect URL", () =>
  withSuperOffice(async (stage) => {
    stage.control.registerRedirectUrl(redirectUri);
    const url = `${stage.url}/login/?app_id=${stage.clientId}&ctx=Cust12345`;
    const page = await signInAndApprove(url);
    assert.ok(page.html.includes(`action="${redirectUri}"`));
    const fields = hiddenFieldsOf(page.html);
    assert.deepEqual(Object.keys(fields), ["JWT"]);
    const claims = payloadOf(fields.JWT);
    assert.equal(claims.iss, "SuperOffice AS");
    assert.equal(claims.aud, `spn:${stage.control.tenants()[0]?.serial}`);
    assert.equal(claims[`${claim}firstname`], "Ada");
    assert.match(String(claims[`${claim}ticket`]), /^7T:/);
    assert.match(String(claims[`${claim}system_token`]), /^Box Office-/);
    stage.control.set({ jwtFieldCase: "Jwt", legacyJwt: { raw: "bent" } });
    const bent = await submit(url, await open(url), { username: "admin@example.test" });
    assert.deepEqual(hiddenFieldsOf(bent.html), { Jwt: "bent" });
    const elsewhere = `${url}&redirect_url=https://evil.test/`;
    const home = await submit(elsewhere, await open(elsewhere), { username: "admin@example.test" });
    assert.equal(home.location, `${stage.tenantUrls[0]}/Cust12345`);
  }));

Deno.test("pages escape what the request brought along", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage, { state: '"><script>alert(1)</script>', login_hint: "<b>" });
    const page = await open(url);
    assert.ok(!page.html.includes("<script>alert"));
    assert.equal(hiddenFieldsOf(page.html).state, '"><script>alert(1)</script>');
  }));
