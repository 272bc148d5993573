/** The token endpoint: what a code gives, to whom, and when not. */
import assert from "node:assert/strict";
import { createLocalJWKSet, jwtVerify } from "jose";
import {
  authorizeUrl,
  claim,
  codeFrom,
  grant,
  noon,
  payloadOf,
  pkce,
  postToken,
  redirectUri,
  signInAndApprove,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

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

Deno.test("the id_token can be bent, and says who is no administrator", () =>
  withSuperOffice(async (stage) => {
    stage.control.set({ idToken: { claims: { nonce: "another" } } });
    const bent = await postToken(stage, grant(await codeFrom(stage, { nonce: "n" })));
    assert.equal(payloadOf(bent.body.id_token).nonce, "another");
    stage.control.set({ idToken: null });
    const { body } = await postToken(
      stage,
      grant(await codeFrom(stage, {}, "user@example.test")),
    );
    assert.equal(payloadOf(body.id_token)[`${claim}is_administrator`], "False");
    assert.equal(payloadOf(body.id_token).sub, "user@example.test");
  }));

Deno.test("consent by an administrator's browser gives the token that exchanges", () =>
  withSuperOffice(async (stage) => {
    const { location } = await signInAndApprove(authorizeUrl(stage));
    const code = new URL(location ?? "").searchParams.get("code") ?? "";
    const { body } = await postToken(stage, grant(code));
    const { system_user_token } = stage.control.approve(tenant);
    assert.equal(payloadOf(body.id_token)[`${claim}system_token`], system_user_token);
  }));
