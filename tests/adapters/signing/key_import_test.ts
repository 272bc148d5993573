/** The import against a Cloud KMS that really unwraps, through Google's own client, with its faults. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, randomBytes, sign } from "node:crypto";
import { importKey } from "../../../src/adapters/signing/key_import.ts";
import { openImportMaterial } from "../../../src/adapters/signing/key_import_material.ts";
import type { KmsFault } from "../../../src/simulator/cloud_kms/server.ts";
import { LOCATION, once } from "../../simulator/cloud_kms_sdk.ts";
import { testKey, testKeyPem } from "../../support/test_keys.ts";
import {
  again,
  google,
  importing,
  kms,
  pass,
  problemOf,
  refusalOf,
  statesIn,
  waitingFor,
} from "./key_importing.ts";

Deno.test("key and job are what the portal's key needs: import-only, HSM, signing, RSA with OAEP", async () => {
  const options = importing();
  const { keyVersion, isNew } = await importKey(options);
  assert.equal(keyVersion, `${options.cryptoKey.name}/cryptoKeyVersions/1`);
  assert.equal(isNew, true);
  const [key] = await google.getCryptoKey({ name: options.cryptoKey.name }, once);
  assert.deepEqual(
    [key.purpose, key.importOnly, key.versionTemplate?.protectionLevel],
    ["ASYMMETRIC_SIGN", true, "HSM"],
  );
  assert.equal(key.versionTemplate?.algorithm, "RSA_SIGN_PKCS1_2048_SHA256");
  const name = `${options.cryptoKey.keyRing}/importJobs/box-office-2026-11-28-hsm`;
  const [job] = await google.getImportJob({ name }, once);
  assert.deepEqual(
    [job.importMethod, job.protectionLevel],
    ["RSA_OAEP_3072_SHA256_AES_256", "HSM"],
  );
});

Deno.test("job and import are waited for, and a time that is over says how to go on", async () => {
  kms.pending(20_000);
  const slow = importing();
  assert.equal((await importKey(slow)).isNew, true);
  const impatient = importing({ waiting: waitingFor(1000) });
  assert.equal(await problemOf(impatient), "job_pending");
  assert.deepEqual(statesIn(impatient), []);
  pass(20_000);
  const cut = again(impatient, { waiting: waitingFor(1000) });
  assert.equal(await problemOf(cut), "import_pending");
  assert.equal((await importKey(again(impatient))).isNew, false);
  assert.deepEqual(statesIn(impatient), ["ENABLED"]);
});

const lost: readonly KmsFault[] = [
  { kind: "reset", method: "createKeyRing", calls: 1, happened: true },
  { kind: "reset", method: "createCryptoKey", calls: 1, happened: true },
  { kind: "status", status: "UNAVAILABLE", method: "createImportJob", calls: 2 },
  { kind: "reset", method: "importCryptoKeyVersion", calls: 1, happened: true },
  { kind: "status", status: "UNAVAILABLE", method: "getPublicKey", calls: 2 },
  { kind: "corrupt_signature_crc32c", method: "asymmetricSign", calls: 1 },
  { kind: "corrupt_signature", method: "asymmetricSign", calls: 1 },
];

for (const fault of lost) {
  Deno.test(`an answer of ${fault.method} that is lost (${fault.kind}) makes no second of anything`, async () => {
    const options = importing();
    kms.fault(fault);
    await importKey(options);
    assert.equal(kms.armedFault(), null, "the fault was not met");
    assert.deepEqual(statesIn(options), ["ENABLED"]);
  });
}

Deno.test("an import that did not happen is not taken for one that did", async () => {
  const options = importing();
  kms.fault({ kind: "reset", method: "importCryptoKeyVersion", calls: 1 });
  assert.match((await refusalOf(options)).message, /run the command again, what is done/);
  assert.deepEqual(statesIn(options), []);
  assert.equal((await importKey(again(options))).isNew, true);
});

Deno.test("a version that shows or signs with another key is refused, whatever Cloud KMS says of it", async () => {
  const other = createPublicKey(testKey("login")).export({ type: "spki", format: "pem" });
  const shown = importing();
  kms.fault({ kind: "wrong_pem", pem: other.toString(), method: "getPublicKey" });
  assert.equal(await problemOf(shown), "other_key");
  const signing = importing();
  kms.fault({ kind: "corrupt_signature" });
  assert.equal(await problemOf(signing), "other_key");
  kms.fault(null);
  const { keyVersion } = await importKey(again(signing));
  const stranger = (text: string) =>
    Promise.resolve({ signature: sign("sha256", Buffer.from(text), testKey("login")), keyVersion });
  const proving = { ...signing.proving, watch: () => ({ keyVersion, sign: stranger }) };
  assert.equal(await problemOf(again(signing, { proving })), "other_key");
  const soft = importing();
  kms.fault({ kind: "wrong_protection_level", method: "asymmetricSign" });
  assert.equal(await problemOf(soft), "wrong_protection");
});

Deno.test("an import that fails says why, and the next one is another version", async () => {
  const options = importing();
  const { material } = options;
  const garbage = { ...material, wrap: () => new Uint8Array(randomBytes(1600)) };
  const fault = await refusalOf({ ...options, material: garbage });
  assert.match(fault.message, /cryptoKeyVersions\/1 is IMPORT_FAILED: The key material in the/);
  assert.equal((await importKey(again(options))).isNew, true);
  assert.deepEqual(statesIn(options), ["IMPORT_FAILED", "ENABLED"]);
});

Deno.test("what may not be done is named with the permission that it needs", async () => {
  const rows = [
    ["createKeyRing", "cloudkms.keyRings.create"],
    ["createImportJob", "cloudkms.importJobs.create"],
    [
      "importCryptoKeyVersion",
      "cloudkms.importJobs.useToImport or cloudkms.cryptoKeyVersions.create",
    ],
    ["asymmetricSign", "cloudkms.cryptoKeyVersions.useToSign"],
  ] as const;
  for (const [method, permission] of rows) {
    kms.fault({ kind: "status", status: "PERMISSION_DENIED", method });
    const { message } = await refusalOf(importing());
    assert.ok(message.includes(`${permission} is refused; have it granted`), message);
  }
});

Deno.test("a job that is over is followed by another of ours; one that was asked for is refused", async () => {
  const options = importing();
  await importKey(options);
  kms.expireImportJob(`${options.cryptoKey.keyRing}/importJobs/box-office-2026-11-28-hsm`);
  const importJobId = "box-office-2026-11-28-hsm";
  const other = openImportMaterial(Buffer.from(testKeyPem("rsa3072")));
  const next = again(options, { material: other });
  assert.equal(await problemOf({ ...next, importJobId }), "job_not_active");
  assert.equal((await importKey(next)).isNew, true);
  const name = `${options.cryptoKey.keyRing}/importJobs/${importJobId}-2`;
  assert.equal((await google.getImportJob({ name }, once))[0].state, "ACTIVE");
});

Deno.test("where every job is over, whatever its name, the search for one ends", async () => {
  const options = importing();
  await importKey(options);
  let asked = 0;
  const importJob = (name: string) => {
    asked++;
    return Promise.resolve({
      name,
      state: "EXPIRED",
      importMethod: "RSA_OAEP_3072_SHA256_AES_256",
      protectionLevel: "HSM",
      pem: null,
    });
  };
  const material = openImportMaterial(Buffer.from(testKeyPem("rsa3072")));
  const admin = { ...options.admin, importJob };
  assert.equal(await problemOf(again(options, { material, admin })), "job_not_active");
  assert.equal(asked, 20);
});

Deno.test("a key that is for something else, or held elsewhere, is left alone", async () => {
  const options = importing();
  const parent = options.cryptoKey.keyRing;
  await google.createKeyRing(
    { parent: LOCATION, keyRingId: options.cryptoKey.keyRingId, keyRing: {} },
    once,
  );
  const cryptoKey = { purpose: "ENCRYPT_DECRYPT", versionTemplate: { protectionLevel: "HSM" } };
  await google.createCryptoKey(
    { parent, cryptoKeyId: "app", cryptoKey: cryptoKey as never },
    once,
  );
  assert.equal(await problemOf(options), "other_purpose");
  const soft = importing({ protectionLevel: "SOFTWARE" });
  await importKey({ ...soft, proving: { ...soft.proving, protectionLevel: "SOFTWARE" } });
  assert.equal(await problemOf(again(soft, { protectionLevel: "HSM" })), "other_protection");
});
