/** Right values in wrong company: of another tenant, another app, another environment. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";
import { appPublicKeyPem, tenant, withSuperOffice } from "./superoffice_client.ts";
import { ask, doors, rightParts } from "./superoffice_exchange_client.ts";

const strangersKey = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;

for (const door of doors) {
  Deno.test(`${door}: the token of one tenant is worth nothing for another, consented or not`, () =>
    withSuperOffice(async (stage) => {
      const [one, other] = [rightParts(stage), rightParts(stage)];
      const crossed = await ask(stage, door, { ...one, ctx: other.ctx });
      assert.deepEqual([crossed.verdict, crossed.code], ["wrong_system_user_token", 4]);
      const { contextIdentifier } = stage.control.addTenant();
      const without = await ask(stage, door, { ...one, ctx: contextIdentifier });
      assert.deepEqual([without.verdict, without.code], ["not_authorized", 4]);
    }));

  Deno.test(`${door}: the token of one app is worth nothing with the secret of another, whoever signs it`, () =>
    withSuperOffice(async (stage) => {
      const one = rightParts(stage);
      const { client_id, client_secret: secret } = stage.control.registerApp({
        name: "Box Office",
      });
      const key = strangersKey;
      stage.control.registerPublicKey(publicPemOf(key), client_id);
      const { system_user_token: token } = stage.control.approve(String(one.ctx), client_id);
      assert.equal((await ask(stage, door, { ...one, secret })).verdict, "invalid_signature");
      const signedByOther = await ask(stage, door, { ...one, secret, key });
      assert.equal(signedByOther.verdict, "wrong_system_user_token");
      assert.equal((await ask(stage, door, { ...one, secret, key, token })).verdict, "issued");
      assert.equal((await ask(stage, door, { ...one, token })).verdict, "wrong_system_user_token");
    }));

  Deno.test(`${door}: what is right in one environment is worth nothing in another, whole or in part`, () =>
    withSuperOffice(async (here) => {
      const { system_user_token } = here.control.approve(tenant);
      const right = { ...rightParts(here), ctx: tenant, token: system_user_token };
      assert.equal((await ask(here, door, right)).verdict, "issued");
      await withSuperOffice(async (there) => {
        assert.equal((await ask(there, door, right)).verdict, "unknown_application");
        const { clientSecret: secret } = there;
        assert.equal((await ask(there, door, { ...right, secret })).verdict, "invalid_signature");
        there.control.registerPublicKey(appPublicKeyPem());
        assert.equal((await ask(there, door, { ...right, secret })).verdict, "not_authorized");
        const { system_user_token: token } = there.control.approve(tenant);
        const mixed = await ask(there, door, { ...right, secret });
        assert.equal(mixed.verdict, "wrong_system_user_token");
        assert.equal((await ask(there, door, { ...right, secret, token })).verdict, "issued");
      }, { snapshot: await anotherVendor(), publicKeyPem: publicPemOf(strangersKey) });
    }));
}

/** A vendor that shares nothing with the one of the other tests. */
async function anotherVendor(): Promise<string> {
  let snapshot = "";
  const superoffice = await startSuperOffice({ onChange: (latest) => snapshot = latest });
  await superoffice.close();
  return snapshot;
}

function publicPemOf(key: KeyObject): string {
  return String(createPublicKey(key).export({ type: "spki", format: "pem" }));
}
