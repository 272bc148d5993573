/** The import against a Cloud KMS that really unwraps, through Google's own client, with its faults. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, randomBytes, sign } from "node:crypto";
import { importKey, type KeyImportOptions } from "../../../src/adapters/signing/key_import.ts";
import { KeyImportFault } from "../../../src/adapters/signing/key_import_fault.ts";
import { openImportMaterial } from "../../../src/adapters/signing/key_import_material.ts";
import { createWaiting } from "../../../src/adapters/signing/key_import_waiting.ts";
import { createKmsAdmin } from "../../../src/adapters/signing/kms_admin.ts";
import { KmsAdminFault } from "../../../src/adapters/signing/kms_admin_fault.ts";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import { parseCryptoKeyName } from "../../../src/domain/crypto_key_name.ts";
import type { KmsFault } from "../../../src/simulator/cloud_kms/server.ts";
import { LOCATION, once, sdkClient } from "../../simulator/cloud_kms_sdk.ts";
import { attributesOf, packed, statementOf } from "../../support/attestations.ts";
import { startKms } from "../../support/kms.ts";
import { testKey, testKeyPem } from "../../support/test_keys.ts";

let now = Date.parse("2026-11-28T12:00:00Z");
const kms = await startKms({ clock: () => now });
Deno.test.afterAll(() => kms.close());
Deno.test.beforeEach(() => {
  kms.fault(null);
  kms.pending(0);
});
const google = await sdkClient(kms);

let rings = 0;

/** An import of the same key into a ring of its own. */
function importing(bend: Partial<KeyImportOptions> = {}): KeyImportOptions {
  const endpoint = new URL(kms.url);
  const shared = { endpoint, timeoutMs: 10_000, userAgent: "t/1", pause: () => Promise.resolve() };
  const cryptoKey = parseCryptoKeyName(`${LOCATION}/keyRings/ring${++rings}/cryptoKeys/app`)!;
  return {
    admin: createKmsAdmin({ ...shared, projectId: "box-office-sandbox", access: null }),
    proving: { ...shared, host: createThreadHost(), protectionLevel: "HSM" },
    material: openImportMaterial(Buffer.from(testKeyPem("rsa2048"))),
    cryptoKey,
    protectionLevel: "HSM",
    importJobId: null,
    now,
    waiting: waitingFor(60_000),
    tell: () => {},
    ...bend,
  };
}

/** The same, once more: what was imported is overwritten. */
const again = (options: KeyImportOptions, bend: Partial<KeyImportOptions> = {}) => ({
  ...options,
  now,
  material: openImportMaterial(Buffer.from(testKeyPem("rsa2048"))),
  waiting: waitingFor(60_000),
  ...bend,
});

/** Waits in no time: the stand-in's clock goes on. */
function waitingFor(ms: number) {
  return createWaiting(ms, () => now, (pause) => {
    now += pause;
    return Promise.resolve();
  });
}

const statesIn = ({ cryptoKey }: KeyImportOptions) =>
  kms.keyVersions().filter(({ resource }) => resource.parent === cryptoKey.name)
    .map(({ state }) => state);

async function refusalOf(options: KeyImportOptions): Promise<KeyImportFault | KmsAdminFault> {
  const error: unknown = await importKey(options).then(() => null, (reason) => reason);
  assert.ok(error instanceof KeyImportFault || error instanceof KmsAdminFault, String(error));
  assert.match(error.message, /^Cannot [^\n]+: [^\n]+; [^\n]+$/);
  return error;
}

async function problemOf(options: KeyImportOptions): Promise<string> {
  const fault = await refusalOf(options);
  return fault instanceof KeyImportFault ? fault.problem : fault.reason;
}

Deno.test("what is wrapped, openssl unwraps to the key", async () => {
  const material = openImportMaterial(Buffer.from(testKeyPem("rsa4096")));
  const job = testKey("rsa3072");
  const wrapped = material.wrap(createPublicKey(job));
  const folder = await Deno.makeTempDir();
  const run = async (...args: readonly string[]) => {
    const { success, stdout, stderr } = await new Deno.Command("openssl", {
      args: [...args],
      cwd: folder,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return Buffer.from(stdout);
  };
  try {
    await Deno.writeTextFile(`${folder}/job`, testKeyPem("rsa3072"));
    await Deno.writeFile(`${folder}/first`, wrapped.subarray(0, 384));
    await Deno.writeFile(`${folder}/second`, wrapped.subarray(384));
    const oaep = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]
      .flatMap((option) => ["-pkeyopt", option]);
    const aesKey = await run("pkeyutl", "-decrypt", "-inkey", "job", ...oaep, "-in", "first");
    assert.equal(aesKey.length, 32);
    const unwrapping = ["enc", "-d", "-id-aes256-wrap-pad", "-iv", "A65959A6", "-K"];
    const pkcs8 = await run(...unwrapping, aesKey.toString("hex"), "-in", "second");
    assert.deepEqual(pkcs8, testKey("rsa4096").export({ type: "pkcs8", format: "der" }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  material.forget();
  assert.throws(() => material.wrap(createPublicKey(job)), /it is overwritten/);
});

Deno.test("the file that is read is overwritten, also when it is refused", () => {
  for (const text of [testKeyPem("rsa2048"), testKeyPem("rsa2048").slice(0, -60), "no key"]) {
    const file = Buffer.from(text);
    try {
      openImportMaterial(file).forget();
    } catch { /* Refused: what matters is what is left. */ }
    assert.ok(file.every((octet) => octet === 0));
  }
});

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
  now += 20_000;
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
