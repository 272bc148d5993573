/** Versions that hold the key already, and may not show it: none is imported twice for that. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import { importKey } from "../../../src/adapters/signing/key_import.ts";
import { attributesOf, packed, statementOf } from "../../support/attestations.ts";
import { testKey } from "../../support/test_keys.ts";
import { again, importing, kms, refusalOf, statesIn } from "./key_importing.ts";

Deno.test("a version that holds the key and is not enabled is named, and no second one is made", async () => {
  const options = importing();
  const { keyVersion } = await importKey(options);
  const { admin } = options;
  const disabled = {
    ...admin,
    versions: async (cryptoKey: string) =>
      (await admin.versions(cryptoKey)).map((it) => ({ ...it, state: "DISABLED" })),
  };
  const fault = await refusalOf(again(options, { admin: disabled }));
  assert.ok(fault.message.includes(`${keyVersion} holds it and is DISABLED; enable`));
  assert.deepEqual(statesIn(options), ["ENABLED"]);
});

/** The public key of a disabled version is hidden; the HSM's statement is not. */
async function hiding(statement: Uint8Array | null) {
  const options = importing();
  const { keyVersion } = await importKey(options);
  kms.setState(keyVersion, "DISABLED");
  const told: string[] = [];
  const { admin } = options;
  const version = async (name: string) => {
    const held = await admin.version(name);
    const chains = { caviumCerts: [], googleCardCerts: [], googlePartitionCerts: [] };
    const attestation = { format: "CAVIUM_V2_COMPRESSED", content: statement!, chains };
    return statement === null || name !== keyVersion ? held : { ...held, attestation };
  };
  const tell = (step: string) => told.push(step);
  return { options: again(options, { admin: { ...admin, version }, tell }), keyVersion, told };
}

const statementAbout = (name: Parameters<typeof testKey>[0]) => {
  const partitionKey = testKey("login");
  return packed(statementOf({ partitionKey }, attributesOf(createPublicKey(testKey(name)))));
};

Deno.test("a disabled version that hides its key, and whose HSM names it, is not imported twice", async () => {
  const { options, keyVersion } = await hiding(statementAbout("rsa2048"));
  const { message } = await refusalOf(options);
  assert.ok(message.includes(`${keyVersion} holds it and is DISABLED; enable`), message);
  assert.deepEqual(statesIn(options), ["DISABLED"]);
});

Deno.test("a disabled version of which nobody can tell is named before another is imported", async () => {
  for (const statement of [null, Buffer.alloc(300, 0xff), Buffer.from([0x1f, 0x8b, 1])]) {
    const { options, keyVersion, told } = await hiding(statement);
    assert.equal((await importKey(options)).isNew, true);
    assert.ok(
      told[0]!.startsWith(`${keyVersion} is DISABLED and shows no key: if it is`),
      told.join(),
    );
    assert.deepEqual(statesIn(options), ["DISABLED", "ENABLED"]);
  }
  const { options, told } = await hiding(statementAbout("rsa3072"));
  assert.equal((await importKey(options)).isNew, true);
  assert.ok(!told.some((step) => step.includes("DISABLED")), "another key was named");
});
