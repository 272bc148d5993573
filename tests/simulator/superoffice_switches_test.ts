/** Each behaviour switch: what it is by default and in every other position, seen from outside. */
import assert from "node:assert/strict";
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from "jose";
import {
  authorizeUrl,
  claim,
  consented,
  type ExchangeAnswer,
  headerOf,
  hiddenFieldsOf,
  noon,
  open,
  payloadOf,
  postExchange,
  postToken,
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

const systemToken = `${claim}system_token`;

async function set(stage: Stage, switches: Readonly<Record<string, unknown>>): Promise<void> {
  const body = JSON.stringify(switches);
  const response = await fetch(`${stage.url}/_control/set`, { method: "POST", body });
  assert.equal(response.status, 200, await response.text());
}

/** What a person gets who signs in with their browser. */
async function idTokenOf(stage: Stage, username = "admin@example.test"): Promise<string> {
  const url = authorizeUrl(stage);
  const { location } = await submit(url, await open(url), { username });
  const code = new URL(location ?? "").searchParams.get("code") ?? "";
  const grant = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
  return String((await postToken(stage, grant)).body.id_token);
}

async function exchangeTokenOf(stage: Stage): Promise<string> {
  const { SignedSystemToken } = consented(stage);
  return String((await postExchange(stage, { SignedSystemToken })).Token);
}

async function stateOf(stage: Stage, ctx: string): Promise<Response> {
  return await fetch(`${stage.url}/api/state/${ctx}`);
}

async function principalStatus(stage: Stage, ticket: string): Promise<number> {
  const { Api } = await (await stateOf(stage, tenant)).json();
  const url = `${Api}/v1/User/currentPrincipal`;
  const response = await fetch(url, { headers: withTicket(stage, ticket) });
  await response.body?.cancel();
  return response.status;
}

Deno.test("exchangeFailureMode: a status; 200 and IsSuccessful false; 403; 500 with HTML", () =>
  withSuperOffice(async (stage) => {
    const refused = () => postExchange(stage, { SignedSystemToken: "a.b" });
    const malformed = () => postExchange(stage, {});
    assert.deepEqual([(await refused()).status, (await malformed()).status], [401, 400]);
    for (const [mode, status] of [["soft", 200], ["forbidden", 403], ["status", 401]] as const) {
      await set(stage, { exchangeFailureMode: mode });
      const answer = await refused();
      assert.deepEqual([answer.status, answer.IsSuccessful, answer.Token], [status, false, null]);
      assert.equal((await malformed()).status, mode === "status" ? 400 : status);
      assert.equal(stage.control.exchanges().at(-2)?.status, status);
    }
    await set(stage, { exchangeFailureMode: "html" });
    const url = `${stage.url}/Login/api/PartnerSystemUser/Authenticate`;
    const response = await fetch(url, { method: "POST" });
    assert.equal(response.status, 500);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(await response.text(), /^<html>/);
  }));

Deno.test("errorMessage: our text with its code; empty; null; absent; any other", () =>
  withSuperOffice(async (stage) => {
    const refused = () => postExchange(stage, { SignedSystemToken: "a.b" });
    assert.equal((await refused()).ErrorMessage, "Authorization error: InvalidSignature (7)");
    const positions: readonly (readonly [unknown, Partial<ExchangeAnswer>])[] = [
      ["empty", { ErrorMessage: "" }],
      ["null", { ErrorMessage: null }],
      ["absent", {}],
      [{ text: "Any" }, { ErrorMessage: "Any" }],
    ];
    for (const [errorMessage, expected] of positions) {
      await set(stage, { errorMessage });
      const answer = await refused();
      assert.deepEqual(answer, { status: 401, IsSuccessful: false, Token: null, ...expected });
    }
  }));

Deno.test("idTokenUrlClaims, idTokenKid, iatType, audType: the id_token changes as they say", () =>
  withSuperOffice(async (stage) => {
    stage.control.approve(tenant);
    const look = async () => {
      const token = await idTokenOf(stage);
      const claims = payloadOf(token);
      const urls = [`${claim}netserver_url` in claims, `${claim}webapi_url` in claims];
      return { urls, kid: "kid" in headerOf(token), iat: claims.iat, aud: claims.aud };
    };
    const usual = { urls: [true, true], kid: true, iat: noon / 1000, aud: stage.clientId };
    assert.deepEqual(await look(), usual);
    const positions = [
      [{ idTokenUrlClaims: "netserver_url" }, { urls: [true, false] }],
      [{ idTokenUrlClaims: "none" }, { urls: [false, false] }],
      [{ idTokenKid: "absent" }, { kid: false }],
      [{ iatType: "string" }, { iat: String(noon / 1000) }],
      [{ audType: "array" }, { aud: [stage.clientId, stage.clientId] }],
    ] as const;
    for (const [switches, changed] of positions) {
      await set(stage, switches);
      assert.deepEqual(await look(), { ...usual, ...changed });
      stage.control.resetSwitches();
    }
  }));

Deno.test("systemTokenFor: administrators; or any user of an approved app", () =>
  withSuperOffice(async (stage) => {
    const { token } = consented(stage);
    const tokensOf = async () =>
      [
        payloadOf(await idTokenOf(stage, "admin@example.test"))[systemToken],
        payloadOf(await idTokenOf(stage, "user@example.test"))[systemToken],
      ] as const;
    assert.deepEqual(await tokensOf(), [token, undefined]);
    await set(stage, { systemTokenFor: "everyone" });
    assert.deepEqual(await tokensOf(), [token, token]);
  }));

Deno.test("exchangeJwtTtl: from a minute before to five after; shorter; expired; not yet valid", () =>
  withSuperOffice(async (stage) => {
    const verified = async (): Promise<JWTPayload> => {
      const keys = createRemoteJWKSet(new URL(`${stage.url}/login/.well-known/jwks`));
      const currentDate = new Date(noon);
      return (await jwtVerify(await exchangeTokenOf(stage), keys, { currentDate })).payload;
    };
    const times = ({ nbf = 0, exp = 0 }: JWTPayload) => [nbf - noon / 1000, exp - noon / 1000];
    assert.deepEqual(times(await verified()), [-60, 300]);
    await set(stage, { exchangeJwtTtl: { notBeforeSeconds: 0, expiresSeconds: 1 } });
    assert.deepEqual(times(await verified()), [0, 1]);
    await set(stage, { exchangeJwtTtl: { notBeforeSeconds: -60, expiresSeconds: -1 } });
    await assert.rejects(verified(), /"exp" claim/);
    await set(stage, { exchangeJwtTtl: { notBeforeSeconds: 60, expiresSeconds: 300 } });
    await assert.rejects(verified(), /"nbf" claim/);
  }));

Deno.test("driftWindowMinutes: fifteen, five or one; strictly less, in both directions", () =>
  withSuperOffice(async (stage) => {
    const { token } = consented(stage);
    const statusAt = async (at: number) => {
      const SignedSystemToken = signToken(token, { at: noon + at });
      return (await postExchange(stage, { SignedSystemToken })).status;
    };
    for (const minutes of [15, 5, 1]) {
      if (minutes !== 15) await set(stage, { driftWindowMinutes: minutes });
      for (const way of [-1, 1]) {
        assert.equal(await statusAt(way * (minutes - 1) * 60_000), 200);
        assert.equal(await statusAt(way * minutes * 60_000), 401);
      }
    }
  }));

Deno.test("ticketTtlSeconds: six hours after the last use; or as few seconds as a test wants", () =>
  withSuperOffice(async (stage) => {
    for (const seconds of [6 * 3600, 2]) {
      stage.at(0);
      if (seconds === 2) await set(stage, { ticketTtlSeconds: seconds });
      const ticket = await ticketOf(stage);
      stage.at(seconds * 1000 - 1);
      assert.equal(await principalStatus(stage, ticket), 200);
      stage.at(2 * seconds * 1000 - 2);
      assert.equal(await principalStatus(stage, ticket), 200);
      stage.at(3 * seconds * 1000 - 2);
      assert.equal(await principalStatus(stage, ticket), 401);
    }
  }));

Deno.test("ticketInvalidatedOnRevoke: yes; no", () =>
  withSuperOffice(async (stage) => {
    const ticket = await ticketOf(stage);
    stage.control.revoke(tenant);
    assert.equal(await principalStatus(stage, ticket), 401);
    await set(stage, { ticketInvalidatedOnRevoke: false });
    assert.equal(await principalStatus(stage, ticket), 200);
  }));

Deno.test("newSystemTokenOnReapproval: the same token; a new one, and the old one is refused", () =>
  withSuperOffice(async (stage) => {
    const { token, SignedSystemToken } = consented(stage);
    const approveAgain = async () => {
      stage.control.revoke(tenant);
      await signInAndApprove(authorizeUrl(stage));
      return payloadOf(await idTokenOf(stage))[systemToken];
    };
    assert.equal(await approveAgain(), token);
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 200);
    await set(stage, { newSystemTokenOnReapproval: true });
    assert.notEqual(await approveAgain(), token);
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 401);
  }));

Deno.test("jwtFieldCase: JWT; jwt; Jwt", () =>
  withSuperOffice(async (stage) => {
    stage.control.approve(tenant);
    stage.control.registerRedirectUrl(redirectUri);
    const url = `${stage.url}/login/?app_id=${stage.clientId}`;
    for (const name of ["JWT", "jwt", "Jwt"]) {
      if (name !== "JWT") await set(stage, { jwtFieldCase: name });
      const page = await submit(url, await open(url), { username: "admin@example.test" });
      assert.deepEqual(Object.keys(hiddenFieldsOf(page.html)), [name]);
    }
  }));

Deno.test("stateUnknownTenant: 200 and Unknown; 404", () =>
  withSuperOffice(async (stage) => {
    const usual = await stateOf(stage, "Cust999");
    const { State, IsRunning } = await usual.json();
    assert.deepEqual([usual.status, State, IsRunning], [200, "Unknown", false]);
    await set(stage, { stateUnknownTenant: "not_found" });
    const missing = await stateOf(stage, "Cust999");
    await missing.body?.cancel();
    assert.equal(missing.status, 404);
  }));

Deno.test("jwksOverlap: one key is published after a rotation; or the old one beside the new", () =>
  withSuperOffice(async (stage) => {
    const rotate = async () => {
      await (await fetch(`${stage.url}/_control/rotate_login_key`, { method: "POST" })).text();
      const { keys } = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
      return keys.map(({ kid }: { kid: string }) => kid);
    };
    const alone = await rotate();
    assert.equal(alone.length, 1);
    await set(stage, { jwksOverlap: true });
    const [newer, older, ...more] = await rotate();
    assert.deepEqual([older, more], [alone[0], []]);
    assert.equal(headerOf(await exchangeTokenOf(stage)).kid, newer);
    await stage.control.rotateLoginKey({ overlap: false });
    const { keys } = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
    assert.equal(keys.length, 1);
  }));
