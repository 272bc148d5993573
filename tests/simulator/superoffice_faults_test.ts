/** Faults on demand: answers that are forced, withheld or bent. */
import assert from "node:assert/strict";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import {
  appPrivateKey,
  consented,
  lastVerdict,
  payloadOf,
  postExchange,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";
import { ask, doors, rightParts } from "./superoffice_exchange_client.ts";

Deno.test("over SOAP a no comes in an ordinary response, with 403, or as an HTML page with 500", () =>
  withSuperOffice(async (stage) => {
    const right = rightParts(stage);
    const wrong = { ...right, secret: "0" };
    for (const [mode, status] of [["status", 200], ["soft", 200], ["forbidden", 403]] as const) {
      stage.control.set({ exchangeFailureMode: mode });
      const refused = await ask(stage, "soap", wrong);
      assert.deepEqual([refused.status, refused.issued], [status, false]);
      assert.equal((await ask(stage, "soap", right)).issued, true);
    }
    stage.control.set({ exchangeFailureMode: "html" });
    await assert.rejects(ask(stage, "soap", wrong));
    assert.equal(stage.control.exchanges().at(-1)?.status, 500);
  }));

Deno.test("a refusal of every right request can be forced, by any code of the list", () =>
  withSuperOffice(async (stage) => {
    const right = rightParts(stage);
    for (const [name, code] of [["Revoked", 1], ["Denied", 4], ["InvalidTimestamp", 6]] as const) {
      stage.control.set({ exchangeError: name });
      for (const door of doors) {
        const outcome = await ask(stage, door, right);
        assert.deepEqual([outcome.issued, outcome.name, outcome.code], [false, name, code]);
      }
      // What is wrong anyway keeps its own reason.
      assert.equal((await ask(stage, "rest", { ...right, secret: "0" })).code, null);
    }
  }));

Deno.test("a forced failure lasts as many calls as it was told to", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    const body = JSON.stringify({ busy: true });
    const exchangeFailure = { status: 503, body, contentType: "application/json", times: 2 };
    stage.control.set({ exchangeFailure });
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 503);
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 503);
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 200);
    assert.deepEqual(stage.control.exchanges().map(({ verdict }) => verdict), [
      "forced",
      "forced",
      "issued",
    ]);
    assert.equal(stage.control.exchangeCount(), 3);
    stage.control.resetCounters();
    assert.deepEqual([stage.control.exchangeCount(), stage.control.exchanges().length], [0, 0]);
  }));

Deno.test("a silent exchange happens, is never answered, and does not keep the simulator open", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    stage.control.set({ exchangeSilent: true });
    const caller = new AbortController();
    const call = fetch(`${stage.url}/Login/api/PartnerSystemUser/Authenticate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ApplicationToken: stage.clientSecret,
        ContextIdentifier: tenant,
        ReturnTokenType: "JWT",
        SignedSystemToken,
      }),
      signal: caller.signal,
    });
    while (stage.control.exchangeCount() === 0) await (await fetch(stage.url)).body?.cancel();
    caller.abort();
    await assert.rejects(call, { name: "AbortError" });
    assert.deepEqual(lastVerdict(stage), ["issued", null]);
    const second = postExchange(stage, { SignedSystemToken }).catch(() => undefined);
    while (stage.control.exchangeCount() === 1) await (await fetch(stage.url)).body?.cancel();
    await stage.close();
    await second;
  }));

Deno.test("the returned token can be bent: claims, header, key, algorithm, kind, all of it", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    const returned = async (
      exchangeJwt: Parameters<typeof stage.control.set>[0]["exchangeJwt"],
    ) => {
      stage.control.set({ exchangeJwt: exchangeJwt ?? null });
      return (await postExchange(stage, { SignedSystemToken })).Token ?? "";
    };
    const bent = await returned({ claims: { aud: "spn:1", iat: null }, header: { kid: "other" } });
    assert.equal(payloadOf(bent).aud, "spn:1");
    assert.ok(!("iat" in payloadOf(bent)));
    assert.equal(decodeProtectedHeader(bent).kid, "other");
    assert.match(await returned({ alg: "none" }), /\.$/);
    assert.equal(decodeProtectedHeader(await returned({ alg: "HS256" })).alg, "HS256");
    assert.equal(await returned({ raw: "no token" }), "no token");
    assert.equal(payloadOf(await returned({ instead: "id_token" })).iss, stage.url);
    const signWith = String(appPrivateKey().export({ type: "pkcs8", format: "pem" }));
    const forged = await returned({ signWith });
    const jwks = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
    await assert.rejects(jwtVerify(forged, createLocalJWKSet(jwks)), /signature/);
  }));

Deno.test("the returned token names its key, unless the switch says otherwise", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    const returned = async () =>
      decodeProtectedHeader((await postExchange(stage, { SignedSystemToken })).Token ?? "");
    assert.ok("kid" in await returned());
    stage.control.set({ exchangeJwtKid: "absent" });
    assert.ok(!("kid" in await returned()));
  }));
