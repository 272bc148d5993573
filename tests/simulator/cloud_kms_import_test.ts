import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from "node:crypto";
import { crc32c } from "../../src/adapters/signing/crc32c.ts";
import { pull } from "./cloud_kms_client.ts";
import {
  type Algorithm,
  digest,
  importStage,
  JOB,
  KEY_RING,
  rsaKey,
  text,
} from "./cloud_kms_imports.ts";
import { codes, once, pkcs8, refusalOf, wrap } from "./cloud_kms_sdk.ts";

let now = Date.parse("2026-11-22T12:00:00Z");
const stage = await importStage(() => now);
const { kms, google, createJob, getJob, created, active, wrappingPem, rsa2048 } = stage;
const { good, importKey, stateOf, sign } = stage;
const rsa = { 2048: rsa2048, 3072: rsaKey(3072), 4096: rsaKey(4096) } as const;

Deno.test("an import job is pending when it is created, and then has an RSA key for three days", () => {
  assert.equal(created.state, "PENDING_GENERATION");
  assert.equal(created.publicKey ?? null, null);
  assert.equal(active.state, "ACTIVE");
  assert.equal(active.importMethod, "RSA_OAEP_3072_SHA256_AES_256");
  assert.equal(active.protectionLevel, "HSM");
  assert.equal(createPublicKey(wrappingPem).asymmetricKeyDetails?.modulusLength, 3072);
  const { expireTime, createTime } = active;
  assert.equal(Number(expireTime?.seconds) - Number(createTime?.seconds), 3 * 24 * 3600);
});

for (const bits of [2048, 3072, 4096] as const) {
  Deno.test(`an RSA key of ${bits} bits is imported by Google's client, and signs as itself`, async () => {
    const key = rsa[bits];
    const algorithm: Algorithm = `RSA_SIGN_PKCS1_${bits}_SHA256`;
    const name = await importKey(wrap(wrappingPem, pkcs8(key)), algorithm);
    const [version] = await google.getCryptoKeyVersion({ name }, once);
    assert.deepEqual(
      [version.state, version.algorithm, version.protectionLevel, version.importJob],
      ["ENABLED", algorithm, "HSM", JOB],
    );
    assert.equal(Number(version.importTime?.seconds), now / 1000);
    const original = createPublicKey(key).export({ type: "spki", format: "pem" });
    const [publicKey] = await google.getPublicKey({ name }, once);
    assert.equal(publicKey.pem, original);
    assert.equal(publicKey.algorithm, algorithm);
    const [signed] = await google.asymmetricSign({
      name,
      digest: { sha256: digest },
      digestCrc32c: { value: crc32c(digest) },
    }, once);
    assert.equal(signed.verifiedDigestCrc32c, true);
    assert.equal(signed.name, name);
    assert.ok(verify("sha256", text, original, Buffer.from(signed.signature as Uint8Array)));
  });
}

Deno.test("an Ed25519 key is imported through a job of 4096 bits, and signs as itself", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const importJob = `${KEY_RING}/importJobs/large`;
  await createJob("large", 4096);
  const job = await getJob(importJob);
  const wrapped = wrap(job.publicKey?.pem ?? "", pkcs8(privateKey));
  const name = await importKey(wrapped, "EC_SIGN_ED25519", { importJob });
  const [signed] = await google.asymmetricSign({ name, data: text }, once);
  assert.ok(verify(null, text, publicKey, Buffer.from(signed.signature as Uint8Array)));
});

Deno.test("a key that openssl has wrapped, as Google's guide has it, is imported", async () => {
  const folder = await Deno.makeTempDir();
  const run = async (...args: readonly string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args: [...args], cwd: folder })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  try {
    const aesKey = randomBytes(32);
    await Deno.writeFile(`${folder}/aes`, aesKey);
    await Deno.writeFile(`${folder}/key`, pkcs8(rsa2048));
    await Deno.writeTextFile(`${folder}/job`, wrappingPem);
    const oaep = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"];
    const padding = oaep.flatMap((option) => ["-pkeyopt", option]);
    const files = ["-in", "aes", "-out", "first"];
    await run("pkeyutl", "-encrypt", "-pubin", "-inkey", "job", ...padding, ...files);
    const key = ["-iv", "A65959A6", "-K", aesKey.toString("hex")];
    await run("enc", "-id-aes256-wrap-pad", ...key, "-in", "key", "-out", "second");
    const parts = await Promise.all(
      ["first", "second"].map((it) => Deno.readFile(`${folder}/${it}`)),
    );
    assert.deepEqual(await stateOf(await importKey(Buffer.concat(parts))), ["ENABLED", ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a symmetric key is imported as plain bytes, and encrypts once it is primary", async () => {
  const name = `${KEY_RING}/cryptoKeys/seal`;
  await google.createCryptoKey({
    parent: KEY_RING,
    cryptoKeyId: "seal",
    skipInitialVersionCreation: true,
    cryptoKey: {
      purpose: "ENCRYPT_DECRYPT",
      importOnly: true,
      versionTemplate: { protectionLevel: "HSM" },
    },
  }, once);
  const importBytes = async (length: number) => {
    const [version] = await google.importCryptoKeyVersion({
      parent: name,
      algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION",
      importJob: JOB,
      wrappedKey: wrap(wrappingPem, randomBytes(length)),
    }, once);
    return await stateOf(version.name ?? "");
  };
  const failure = "The key is 31 bytes long: GOOGLE_SYMMETRIC_ENCRYPTION needs 32.";
  assert.deepEqual(await importBytes(31), ["IMPORT_FAILED", failure]);
  assert.deepEqual(await importBytes(32), ["ENABLED", ""]);
  await google.updateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId: "2" }, once);
  const [{ ciphertext }] = await google.encrypt({ name, plaintext: text }, once);
  const [decrypted] = await google.decrypt({ name, ciphertext: ciphertext ?? "" }, once);
  assert.deepEqual(Buffer.from(decrypted.plaintext as Uint8Array), text);
});

Deno.test("a version is PENDING_IMPORT for as long as was asked, and signs nothing until then", async () => {
  await pull(kms, "kms_pending", { milliseconds: 120_000 });
  const name = await importKey(good());
  now += 119_999;
  assert.deepEqual(await stateOf(name), ["PENDING_IMPORT", ""]);
  assert.equal((await refusalOf(sign(name)))[0], codes.FAILED_PRECONDITION);
  now += 1;
  assert.deepEqual(await stateOf(name), ["ENABLED", ""]);
  await sign(name);
  await pull(kms, "kms_pending", { milliseconds: 0 });
});

Deno.test("a failed import can be done over into the same version, once it is right for good", async () => {
  const name = await importKey(good().subarray(0, -8));
  const [failed] = await google.getCryptoKeyVersion({ name }, once);
  assert.deepEqual([failed.state, failed.reimportEligible], ["IMPORT_FAILED", true]);
  assert.equal(await importKey(good(), undefined, { cryptoKeyVersion: name }), name);
  assert.deepEqual(await stateOf(name), ["ENABLED", ""]);
  const again = importKey(good(), undefined, { cryptoKeyVersion: name });
  assert.deepEqual(await refusalOf(again), [
    codes.FAILED_PRECONDITION,
    `${name} is not eligible for reimport, current state is: ENABLED.`,
  ]);
});

Deno.test("a destroyed version takes back the key that it held, and no other", async () => {
  const name = await importKey(good());
  await google.destroyCryptoKeyVersion({ name }, once);
  now += 30 * 24 * 3600 * 1000;
  await createJob("later");
  const importJob = `${KEY_RING}/importJobs/later`;
  const job = await getJob(importJob);
  const [destroyed] = await google.getCryptoKeyVersion({ name }, once);
  assert.deepEqual([destroyed.state, destroyed.reimportEligible], ["DESTROYED", true]);
  const bend = { cryptoKeyVersion: name, importJob };
  const pem = job.publicKey?.pem ?? "";
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const [code, message] = await refusalOf(importKey(wrap(pem, pkcs8(other)), undefined, bend));
  assert.equal(code, codes.INVALID_ARGUMENT);
  assert.match(message, /must match those that .* has held before/);
  await importKey(wrap(pem, pkcs8(rsa2048)), undefined, bend);
  assert.deepEqual(await stateOf(name), ["ENABLED", ""]);
  await sign(name);
});

Deno.test("an import job that is not ACTIVE is refused, and no version is made", async () => {
  const importJob = `${KEY_RING}/importJobs/short`;
  await pull(kms, "kms_pending", { milliseconds: 60_000 });
  await createJob("short");
  await pull(kms, "kms_pending", { milliseconds: 0 });
  const versions = kms.keyVersions().length;
  const refused = (state: string) => [
    codes.FAILED_PRECONDITION,
    `${importJob} is not active, current state is: ${state}.`,
  ];
  const attempt = () => refusalOf(importKey(Buffer.alloc(400), undefined, { importJob }));
  assert.deepEqual(await attempt(), refused("PENDING_GENERATION"));
  now += 60_000;
  const job = await getJob(importJob);
  assert.equal(job.state, "ACTIVE");
  now += 3 * 24 * 3600 * 1000 - 60_001;
  assert.equal((await getJob(importJob)).state, "ACTIVE");
  now += 1;
  const expired = await getJob(importJob);
  assert.equal(expired.state, "EXPIRED");
  assert.equal(expired.publicKey ?? null, null);
  assert.deepEqual(expired.expireEventTime, expired.expireTime);
  assert.deepEqual(await attempt(), refused("EXPIRED"));
  assert.equal(kms.keyVersions().length, versions);
});
