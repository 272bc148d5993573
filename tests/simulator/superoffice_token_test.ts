import assert from "node:assert/strict";
import { createLocalJWKSet, jwtVerify } from "jose";
import {
  authorizeUrl,
  claim,
  headerOf,
  noon,
  open,
  payloadOf,
  pkce,
  postToken,
  redirectUri,
  signInAndApprove,
  type Stage,
  submit,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

/** Signs in and takes the code out of the redirect. */
async function codeFrom(
  stage: Stage,
  changes: Record<string, string> = {},
  username = "admin@example.test",
): Promise<string> {
  stage.control.approve(tenant);
  const url = authorizeUrl(stage, changes);
  const { location } = await submit(url, await open(url), { username });
  return new URL(location ?? "").searchParams.get("code") ?? "";
}

function grant(code: string, more: Record<string, string> = {}): Record<string, string> {
  return { grant_type: "authorization_code", code, redirect_uri: redirectUri, ...more };
}

Deno.test("a code with its PKCE verifier gives tokens whose claims are in SuperOffice's order", () =>
  withSuperOffice(async (stage) => {
    const { verifier, challenge } = pkce();
    const code = await codeFrom(stage, {
      nonce: "n-1",
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
    const { status, body } = await postToken(stage, grant(code, { code_verifier: verifier }));
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), [
      "token_type",
      "access_token",
      "expires_in",
      "refresh_token",
      "id_token",
    ]);
    assert.deepEqual([body.token_type, body.expires_in], ["Bearer", 3600]);
    assert.match(String(body.refresh_token), /^[A-Za-z0-9]{64}$/);
    const jwks = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
    const { payload } = await jwtVerify(String(body.id_token), createLocalJWKSet(jwks), {
      issuer: stage.url,
      audience: stage.clientId,
      currentDate: new Date(noon),
    });
    assert.deepEqual(Object.keys(payload), [
      "sub",
      "iat",
      `${claim}associateid`,
      `${claim}identityprovider`,
      `${claim}email`,
      `${claim}upn`,
      `${claim}is_administrator`,
      `${claim}ctx`,
      `${claim}company_name`,
      `${claim}serial`,
      `${claim}netserver_url`,
      `${claim}webapi_url`,
      `${claim}system_token`,
      `${claim}initials`,
      `${claim}so_primary_email_address`,
      "nonce",
      "nbf",
      "exp",
      "iss",
      "aud",
    ]);
    const at = noon / 1000;
    assert.deepEqual([payload.iat, payload.nbf, payload.exp], [at, at - 60, at + 300]);
    assert.equal(payload[`${claim}is_administrator`], "True");
    assert.equal(payload[`${claim}webapi_url`], `${stage.tenantUrls[0]}/Cust12345/api/`);
    assert.equal(payload[`${claim}system_token`], stage.control.approve(tenant).system_user_token);
  }));

Deno.test("the parameters may come in the query, and the secret in a Basic header", () =>
  withSuperOffice(async (stage) => {
    const query = new URLSearchParams({
      ...grant(await codeFrom(stage)),
      client_id: stage.clientId,
      client_secret: stage.clientSecret,
    });
    const inQuery = await fetch(`${stage.url}/Login/common/oauth/tokens?${query}`, {
      method: "POST",
    });
    assert.equal(inQuery.status, 200);
    await inQuery.body?.cancel();
    const withBasic = await fetch(`${stage.url}/login/common/oauth/tokens`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${stage.clientId}:${stage.clientSecret}`)}` },
      body: new URLSearchParams(grant(await codeFrom(stage))),
    });
    assert.equal(withBasic.status, 200);
    await withBasic.body?.cancel();
  }));

Deno.test("a code works once, for ten minutes, with its own redirect URL and verifier", () =>
  withSuperOffice(async (stage) => {
    const refused = async (fields: Record<string, string>) => {
      const { status, body } = await postToken(stage, fields);
      assert.deepEqual([status, body], [400, { error: "invalid_grant" }]);
    };
    const { verifier, challenge } = pkce();
    const code = await codeFrom(stage, {
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
    await refused(grant(code));
    await refused(grant(code, { code_verifier: challenge }));
    await refused(grant(code, { code_verifier: verifier, redirect_uri: `${redirectUri}/` }));
    assert.equal((await postToken(stage, grant(code, { code_verifier: verifier }))).status, 200);
    await refused(grant(code, { code_verifier: verifier }));
    const plain = await codeFrom(stage, { code_challenge: verifier });
    assert.equal((await postToken(stage, grant(plain, { code_verifier: verifier }))).status, 200);
    await refused(grant(await codeFrom(stage), { code_verifier: verifier }));
    const late = await codeFrom(stage);
    stage.at(600_000);
    await refused(grant(late));
  }));

Deno.test("token errors are those of RFC 6749", () =>
  withSuperOffice(async (stage) => {
    const wrong = await postToken(stage, { grant_type: "refresh_token", client_secret: "x" });
    assert.deepEqual([wrong.status, wrong.body.error], [401, "invalid_client"]);
    const none = await postToken(stage, {});
    assert.deepEqual([none.status, none.body.error], [400, "invalid_request"]);
    const other = await postToken(stage, { grant_type: "client_credentials" });
    assert.deepEqual([other.status, other.body.error], [400, "unsupported_grant_type"]);
    const basic = await fetch(`${stage.url}/login/common/oauth/tokens`, {
      method: "POST",
      headers: { authorization: "Basic eDp5" },
    });
    assert.equal(basic.status, 401);
    assert.match(basic.headers.get("www-authenticate") ?? "", /^Basic/);
    await basic.body?.cancel();
  }));

Deno.test("a refresh token is reusable, brings no new one, and ends by revocation", () =>
  withSuperOffice(async (stage) => {
    const first = await postToken(stage, grant(await codeFrom(stage)));
    const refresh_token = String(first.body.refresh_token);
    const refresh = () => postToken(stage, { grant_type: "refresh_token", refresh_token });
    for (let time = 0; time < 2; time++) {
      const { status, body } = await refresh();
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body), ["token_type", "access_token", "expires_in", "id_token"]);
      assert.ok(payloadOf(body.id_token)[`${claim}system_token`]);
    }
    const { clientId, clientSecret } = stage;
    const revoked = await fetch(`${stage.url}/login/common/oauth/Revoke`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        token: refresh_token,
      }),
    });
    assert.equal(revoked.status, 200);
    await revoked.body?.cancel();
    assert.equal((await refresh()).body.error, "invalid_grant");
  }));

Deno.test("the switches of the id_token change it as they say", () =>
  withSuperOffice(async (stage) => {
    const { control } = stage;
    control.approve(tenant);
    const claims = (username = "admin@example.test") =>
      payloadOf(control.mintIdToken({ ctx: tenant, username }));
    const token = `${claim}system_token`;
    assert.ok(!(token in claims("user@example.test")));
    assert.equal(claims("user@example.test")[`${claim}is_administrator`], "False");
    control.set({ systemTokenFor: "everyone", iatType: "string", audType: "array" });
    assert.ok(token in claims("user@example.test"));
    assert.equal(claims().iat, String(noon / 1000));
    assert.deepEqual(claims().aud, [stage.clientId, stage.clientId]);
    control.set({ idTokenUrlClaims: "netserver_url", idTokenKid: "absent" });
    assert.ok(!(`${claim}webapi_url` in claims()));
    assert.ok(`${claim}netserver_url` in claims());
    assert.ok(!("kid" in headerOf(control.mintIdToken({ ctx: tenant }))));
    control.set({ idTokenUrlClaims: "none" });
    assert.ok(!(`${claim}netserver_url` in claims()));
    control.resetSwitches();
    control.set({ idToken: { claims: { nonce: "another" } } });
    const { body } = await postToken(stage, grant(await codeFrom(stage, { nonce: "n" })));
    assert.equal(payloadOf(body.id_token).nonce, "another");
    assert.throws(() => control.set(JSON.parse('{"nothing":1}')), /switch nothing: unknown/);
  }));

Deno.test("consent by an administrator's browser gives the token that exchanges", () =>
  withSuperOffice(async (stage) => {
    const { location } = await signInAndApprove(authorizeUrl(stage));
    const code = new URL(location ?? "").searchParams.get("code") ?? "";
    const { body } = await postToken(stage, grant(code));
    const { system_user_token } = stage.control.approve(tenant);
    assert.equal(payloadOf(body.id_token)[`${claim}system_token`], system_user_token);
  }));
