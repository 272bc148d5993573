/** Consent and exchange end to end, against the simulated SuperOffice and with an app key of our own. */

import assert from "node:assert/strict";
import { createPublicKey, sign } from "node:crypto";
import { createEndpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { createExchange } from "../../../src/adapters/superoffice/exchange.ts";
import { createIdentityProvider } from "../../../src/adapters/superoffice/identity_provider.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { createTenantStates } from "../../../src/adapters/superoffice/tenant_states.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { signedText, textToSign } from "../../../src/domain/signed_text.ts";
import { startSuperOffice } from "../../../src/simulator/superoffice/server.ts";
import { testKey } from "../../support/test_keys.ts";
import { startVendor } from "../../support/vendor.ts";
import { NONCE, NOW } from "./fixtures.ts";

const CTX = "Cust12345";
const privateKey = testKey("signing");
const publicKeyPem = createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
const now = () => NOW;

/** One vendor for all tests. */
const snapshot = await takeSnapshot();

async function takeSnapshot(): Promise<string> {
  let taken = "";
  const onChange = (change: string) => {
    taken = change;
  };
  await (await startVendor({ publicKeyPem, clock: now, onChange })).close();
  return taken;
}

async function startWorld() {
  const superOffice = await startSuperOffice({ snapshot, clock: now });
  const { url, clientId, control } = superOffice;
  const clientSecret = new Secret(superOffice.clientSecret);
  const endpoints = createEndpoints(new URL(url));
  const keys = createLoginKeys({ endpoints, timeoutMs: 2_000, now });
  const common = { endpoints, clientSecret, keys, timeoutMs: 2_000, now };
  const provider = createIdentityProvider({
    ...common,
    clientId,
    redirectUrl: "http://localhost:8000/consent/callback",
  });
  control.approve(CTX);
  return {
    control,
    provider,
    exchangeBy: (flavour: "rest" | "soap") => createExchange({ ...common, flavour }),
    states: createTenantStates({ endpoints, timeoutMs: 2_000 }),
    async consent() {
      const token = new Secret(control.mintIdToken({ ctx: CTX, nonce: NONCE }));
      const identity = await provider.readIdToken(token, NONCE, NOW);
      assert.ok(identity.kind === "identity");
      return identity.consent;
    },
    [Symbol.asyncDispose]: () => superOffice.close(),
  };
}

function signSystemToken(systemUserToken: Secret): Secret {
  const text = textToSign(systemUserToken, NOW);
  return signedText(text, sign("sha256", new TextEncoder().encode(text.reveal()), privateKey));
}

for (const flavour of ["rest", "soap"] as const) {
  Deno.test(`${flavour}: a signed system user token becomes a ticket`, async () => {
    await using world = await startWorld();
    const consent = await world.consent();
    const signed = signSystemToken(consent.systemUserToken);
    const answer = await world.exchangeBy(flavour).exchange(signed, consent);
    assert.ok(answer.kind === "issued");
    assert.match(answer.ticket.reveal(), /^7T:/);
    assert.equal(answer.webapiUrl, consent.webapiUrl);
    assert.equal(world.control.exchangeCount(), 1);
  });

  Deno.test(`${flavour}: a signature by another key, and a revoked consent, are refused`, async () => {
    await using world = await startWorld();
    const consent = await world.consent();
    const exchange = world.exchangeBy(flavour);
    const forged = new Secret(
      `${signSystemToken(consent.systemUserToken).reveal().slice(0, -8)}AAAAAA==`,
    );
    assert.deepEqual(await exchange.exchange(forged, consent), { kind: "refused" });
    world.control.revoke(CTX);
    const signed = signSystemToken(consent.systemUserToken);
    assert.deepEqual(await exchange.exchange(signed, consent), { kind: "refused" });
  });

  Deno.test(`${flavour}: a token of another kind, tenant or time is unfit`, async () => {
    await using world = await startWorld();
    const consent = await world.consent();
    const signed = signSystemToken(consent.systemUserToken);
    const bends = [
      [{ instead: "id_token" }, "issuer"],
      [{ claims: { aud: "spn:1" } }, "audience"],
      [{ claims: { exp: 1 } }, "expired"],
      [{ alg: "none" }, "algorithm"],
    ] as const;
    for (const [exchangeJwt, reason] of bends) {
      world.control.set({ exchangeJwt });
      const answer = await world.exchangeBy(flavour).exchange(signed, consent);
      assert.deepEqual(answer, { kind: "unfit", reason });
    }
  });

  Deno.test(`${flavour}: tokens without a kid, and a rotated login key, do no harm`, async () => {
    await using world = await startWorld();
    const consent = await world.consent();
    const signed = signSystemToken(consent.systemUserToken);
    const exchange = world.exchangeBy(flavour);
    world.control.set({ exchangeJwtKid: "absent" });
    assert.equal((await exchange.exchange(signed, consent)).kind, "issued");
    world.control.set({ exchangeJwtKid: "present" });
    await world.control.rotateLoginKey();
    assert.equal((await exchange.exchange(signed, consent)).kind, "issued");
  });

  Deno.test(`${flavour}: a SuperOffice that is unavailable is a fault`, async () => {
    await using world = await startWorld();
    const consent = await world.consent();
    world.control.set({ exchangeFailure: { status: 503 } });
    const signed = signSystemToken(consent.systemUserToken);
    await assert.rejects(
      world.exchangeBy(flavour).exchange(signed, consent),
      new PartFault("superoffice", "status"),
    );
  });
}

Deno.test("rest: every way to say no is a refusal, HTML with 500 is none", async () => {
  await using world = await startWorld();
  const consent = await world.consent();
  world.control.revoke(CTX);
  const signed = signSystemToken(consent.systemUserToken);
  for (const exchangeFailureMode of ["status", "soft", "forbidden"] as const) {
    world.control.set({ exchangeFailureMode });
    assert.equal((await world.exchangeBy("rest").exchange(signed, consent)).kind, "refused");
  }
  world.control.set({ exchangeFailureMode: "html" });
  const answer = await world.exchangeBy("rest").exchange(signed, consent);
  assert.deepEqual(answer, { kind: "unfit", reason: "status" });
});

Deno.test("the simulator's older id_tokens and its legacy tokens are read too", async () => {
  await using world = await startWorld();
  world.control.set({ iatType: "string", audType: "array", idTokenKid: "absent" });
  assert.equal((await world.consent()).contextIdentifier, CTX);
  const legacy = new Secret(world.control.mintLegacyToken({ ctx: CTX }));
  assert.equal((await world.provider.readLegacyToken(legacy, NOW)).kind, "identity");
  const exchanged = new Secret(world.control.mintExchangeToken({ ctx: CTX }));
  assert.deepEqual(
    await world.provider.readLegacyToken(exchanged, NOW),
    { kind: "refused", reason: "system_token_missing" },
  );
});

Deno.test("a tenant's state follows the tenant", async () => {
  await using world = await startWorld();
  const { contextIdentifier, webapiUrl } = await world.consent();
  assert.equal((await world.states.read(contextIdentifier))?.webapiUrl, webapiUrl);
  world.control.suspend(CTX);
  const state = await world.states.read(contextIdentifier);
  assert.equal(state?.state, "Suspended");
  assert.equal(state?.isRunning, false);
});
