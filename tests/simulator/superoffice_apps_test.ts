/** Several apps of one vendor beside each other: each with its own secret, key and consents. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import {
  authorizeUrl,
  claim,
  consented,
  lastVerdict,
  open,
  payloadOf,
  pkce,
  postExchange,
  redirectUri,
  signInAndApprove,
  signToken,
  type Stage,
  submit,
  tenant,
  ticketOf,
  withSuperOffice,
  withTicket,
} from "./superoffice_client.ts";
import { call, type Other, registerOther } from "./superoffice_apps_client.ts";

async function redeem(stage: Stage, fields: Record<string, string>) {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    redirect_uri: redirectUri,
    ...fields,
  });
  const response = await fetch(`${stage.url}/login/common/oauth/tokens`, { method: "POST", body });
  return { status: response.status, body: await response.json() };
}

async function codeOf(stage: Stage, changes: Record<string, string>): Promise<string> {
  const url = authorizeUrl(stage, changes);
  const { location } = await submit(url, await open(url), { username: "admin@example.test" });
  return new URL(location ?? "").searchParams.get("code") ?? "";
}

Deno.test("every app exchanges with its own secret, key, consent and system user token only", () =>
  withSuperOffice(async (stage) => {
    const first = consented(stage);
    const other = await registerOther(stage);
    const ApplicationToken = other.client_secret;
    await postExchange(stage, { SignedSystemToken: first.SignedSystemToken, ApplicationToken });
    assert.deepEqual(lastVerdict(stage), ["invalid_signature", 7]);
    const resigned = signToken(first.token, { key: other.key });
    await postExchange(stage, { SignedSystemToken: resigned, ApplicationToken });
    assert.deepEqual(lastVerdict(stage), ["not_authorized", 4]);
    const { system_user_token: token } = stage.control.approve(tenant, other.client_id);
    assert.match(token, /^Other App-[A-Za-z0-9]{10}$/);
    await postExchange(stage, { SignedSystemToken: resigned, ApplicationToken });
    assert.deepEqual(lastVerdict(stage), ["wrong_system_user_token", 4]);
    const SignedSystemToken = signToken(token, { key: other.key });
    const answer = await postExchange(stage, { SignedSystemToken, ApplicationToken });
    assert.equal(answer.status, 200);
    assert.deepEqual(
      stage.control.exchanges().map(({ appName }) => appName),
      Array(4).fill("Other App"),
    );
    await postExchange(stage, { SignedSystemToken });
    assert.deepEqual(lastVerdict(stage), ["invalid_signature", 7]);
    stage.control.revoke(tenant, other.client_id);
    await postExchange(stage, { SignedSystemToken, ApplicationToken });
    assert.deepEqual(lastVerdict(stage), ["revoked", 1]);
    const right = await postExchange(stage, { SignedSystemToken: first.SignedSystemToken });
    assert.equal(right.status, 200);
  }));

Deno.test("a ticket works with the secret of the app it was made for only", () =>
  withSuperOffice(async (stage) => {
    const ticket = await ticketOf(stage);
    const other = await registerOther(stage);
    stage.control.approve(tenant, other.client_id);
    const { Api } = await (await fetch(`${stage.url}/api/state/${tenant}`)).json();
    const ask = async (headers: HeadersInit) => {
      const response = await fetch(`${Api}/v1/User/currentPrincipal`, { headers });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await ask(withTicket(stage, ticket)), 200);
    const headers = { authorization: `SOTicket ${ticket}`, "so-apptoken": other.client_secret };
    assert.equal(await ask(headers), 401);
  }));

Deno.test("a replaced secret stops at once, at every door, and the new one works", () =>
  withSuperOffice(async (stage) => {
    const ticket = await ticketOf(stage);
    const before = stage.clientSecret;
    const { SignedSystemToken } = consented(stage);
    const { client_secret } = await call(stage, "replace_client_secret") as Other;
    assert.match(client_secret, /^[0-9a-f]{32}$/);
    assert.notEqual(client_secret, before);
    assert.equal(stage.clientSecret, client_secret);
    await postExchange(stage, { SignedSystemToken, ApplicationToken: before });
    assert.deepEqual(lastVerdict(stage), ["unknown_application", null]);
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 200);
    const code = await codeOf(stage, {});
    const client_id = stage.clientId;
    const refused = await redeem(stage, { code, client_id, client_secret: before });
    assert.deepEqual([refused.status, refused.body.error], [401, "invalid_client"]);
    assert.equal((await redeem(stage, { code, client_id, client_secret })).status, 200);
    const { Api } = await (await fetch(`${stage.url}/api/state/${tenant}`)).json();
    const ask = async (secret: string) => {
      const headers = { authorization: `SOTicket ${ticket}`, "so-apptoken": secret };
      const response = await fetch(`${Api}/v1/User/currentPrincipal`, { headers });
      await response.body?.cancel();
      return response.status;
    };
    assert.deepEqual([await ask(before), await ask(client_secret)], [401, 200]);
  }));

Deno.test("a new key ends the old one at once", () =>
  withSuperOffice(async (stage) => {
    const { token, SignedSystemToken } = consented(stage);
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    stage.control.registerPublicKey(String(publicKey.export({ type: "spki", format: "pem" })));
    await postExchange(stage, { SignedSystemToken });
    assert.deepEqual(lastVerdict(stage), ["invalid_signature", 7]);
    const signed = signToken(token, { key: privateKey });
    assert.equal((await postExchange(stage, { SignedSystemToken: signed })).status, 200);
    assert.equal(stage.control.apps()[0]?.public_key?.bits, 2048);
  }));

Deno.test("codes and refresh tokens are worth nothing to another app", () =>
  withSuperOffice(async (stage) => {
    stage.control.approve(tenant);
    const { client_id, client_secret } = await registerOther(stage);
    stage.control.approve(tenant, client_id);
    const code = await codeOf(stage, {});
    const stolen = await redeem(stage, { code, client_id, client_secret });
    assert.deepEqual([stolen.status, stolen.body.error], [400, "invalid_grant"]);
    const own = { client_id: stage.clientId, client_secret: stage.clientSecret };
    const { body } = await redeem(stage, { code, ...own });
    const { refresh_token } = body;
    const refresh = (client: Record<string, string>) =>
      redeem(stage, { grant_type: "refresh_token", refresh_token, ...client });
    assert.equal((await refresh({ client_id, client_secret })).body.error, "invalid_grant");
    const revoked = await fetch(`${stage.url}/login/common/oauth/revoke`, {
      method: "POST",
      body: new URLSearchParams({ token: refresh_token, client_id, client_secret }),
    });
    assert.equal(revoked.status, 200);
    await revoked.body?.cancel();
    assert.equal((await refresh(own)).status, 200);
    const others = await redeem(stage, {
      code: await codeOf(stage, { client_id }),
      client_id,
      client_secret,
    });
    const claims = payloadOf(others.body.id_token);
    assert.equal(claims.aud, client_id);
    assert.match(String(claims[`${claim}system_token`]), /^Other App-/);
  }));

Deno.test("a native app redeems without a secret, and only with PKCE", () =>
  withSuperOffice(async (stage) => {
    const { client_id } = await registerOther(stage, { native: true });
    stage.control.approve(tenant, client_id);
    const { verifier, challenge } = pkce();
    const plain = await codeOf(stage, { client_id });
    const bare = await redeem(stage, { code: plain, client_id });
    assert.deepEqual([bare.status, bare.body.error], [400, "invalid_grant"]);
    const asked = { client_id, code_challenge: challenge, code_challenge_method: "S256" };
    const code = await codeOf(stage, asked);
    const wrong = { code, client_id, client_secret: "0", code_verifier: verifier };
    assert.equal((await redeem(stage, wrong)).body.error, "invalid_client");
    assert.equal((await redeem(stage, { code, client_id, code_verifier: verifier })).status, 200);
    const web = await codeOf(stage, { ...asked, client_id: stage.clientId }).catch(() => "");
    assert.equal(web, "");
    stage.control.approve(tenant);
    const secretless = await redeem(stage, {
      code: await codeOf(stage, { ...asked, client_id: stage.clientId }),
      client_id: stage.clientId,
      code_verifier: verifier,
    });
    assert.equal(secretless.body.error, "invalid_client");
  }));

Deno.test("an app without a system token never sees one, and its exchange is refused", () =>
  withSuperOffice(async (stage) => {
    const app = await registerOther(stage, { system_token: false });
    const { client_id, client_secret, key } = app;
    const page = await signInAndApprove(authorizeUrl(stage, { client_id }));
    const code = new URL(page.location ?? "").searchParams.get("code") ?? "";
    const { body } = await redeem(stage, { code, client_id, client_secret });
    assert.ok(!(`${claim}system_token` in payloadOf(body.id_token)));
    const { system_user_token } = stage.control.approve(tenant, client_id);
    const SignedSystemToken = signToken(system_user_token, { key });
    await postExchange(stage, { SignedSystemToken, ApplicationToken: client_secret });
    assert.deepEqual(lastVerdict(stage), ["wrong_system_user_token", 4]);
  }));
