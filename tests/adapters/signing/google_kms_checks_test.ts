import assert from "node:assert/strict";
import type { KmsFault } from "../../../src/simulator/cloud_kms/server.ts";
import { faultOf, judged, sharedCloudKms, signerFor, text } from "./fixtures.ts";

const kms = await sharedCloudKms();
const signer = signerFor(kms);

type Row = readonly [title: string, fault: KmsFault, reason: string, retryable: boolean];

const signAnswers: readonly Row[] = [
  [
    "whose bits changed with a right checksum",
    { kind: "corrupt_signature" },
    "bad_signature",
    true,
  ],
  ["with a wrong checksum", { kind: "corrupt_signature_crc32c" }, "checksum", true],
  ["without a checksum", { kind: "missing_signature_crc32c" }, "checksum", true],
  [
    "that does not vouch for the digest",
    { kind: "missing_verified_digest_crc32c" },
    "checksum",
    true,
  ],
  ["that denies the digest", { kind: "false_verified_digest_crc32c" }, "checksum", true],
  ["of another key version", { kind: "wrong_name" }, "wrong_key", true],
  ["of a software key", { kind: "wrong_protection_level" }, "wrong_protection", false],
];

for (const [title, fault, reason, retryable] of signAnswers) {
  Deno.test(`a signature ${title} is refused, and the next one is taken`, async () => {
    const before = kms.signatures();
    kms.fault({ ...fault, calls: 1 });
    assert.deepEqual(judged(await faultOf(signer)), [reason, retryable, 0]);
    await signer.sign(text, { attempt: "b" });
    assert.equal(kms.signatures(), before + 2, "the refused one was made all the same");
  });
}

const publicKeyAnswers: readonly Row[] = [
  ["with a wrong checksum", { kind: "corrupt_pem_crc32c" }, "checksum", true],
  ["without a checksum", { kind: "missing_pem_crc32c" }, "checksum", true],
  ["of another key version", { kind: "wrong_name" }, "wrong_key", true],
  ["of a software key", { kind: "wrong_protection_level" }, "wrong_protection", false],
  ["for another algorithm", { kind: "wrong_algorithm" }, "invalid", false],
  [
    "of another hash",
    { kind: "wrong_algorithm", algorithm: "RSA_SIGN_PKCS1_4096_SHA512" },
    "invalid",
    false,
  ],
  [
    "shorter than its algorithm says",
    { kind: "wrong_algorithm", algorithm: "RSA_SIGN_PKCS1_4096_SHA256" },
    "wrong_key",
    true,
  ],
  ["that is none", { kind: "wrong_pem", pem: "no key at all" }, "wrong_key", true],
  ["that is empty", { kind: "wrong_pem", pem: "" }, "checksum", true],
];

for (const [title, fault, reason, retryable] of publicKeyAnswers) {
  Deno.test(`a public key ${title} is refused before the key is used, and not kept`, async () => {
    const before = kms.signatures();
    const fresh = signerFor(kms);
    kms.fault({ ...fault, method: "getPublicKey", calls: 1 });
    assert.deepEqual(judged(await faultOf(fresh)), [reason, retryable, 0]);
    assert.equal(kms.signatures(), before);
    await fresh.sign(text, { attempt: "b" });
  });
}

const levels: readonly (readonly [string, "HSM" | "SOFTWARE", boolean])[] = [
  ["SOFTWARE", "HSM", false],
  ["SOFTWARE", "SOFTWARE", true],
  ["HSM", "SOFTWARE", true],
  ["HSM_SINGLE_TENANT", "HSM", true],
  ["EXTERNAL", "SOFTWARE", false],
];

Deno.test("a key that is protected less than configured is never used", async () => {
  const held = new Map([["HSM", kms.keyVersion]]);
  for (const level of ["SOFTWARE", "HSM_SINGLE_TENANT", "EXTERNAL"]) {
    held.set(level, await kms.addKeyVersion({ protectionLevel: level }));
  }
  for (const [level, protectionLevel, taken] of levels) {
    const keyVersion = held.get(level) ?? "";
    const before = kms.signatures();
    const strict = signerFor(kms, { keyVersion, protectionLevel });
    if (taken) await strict.sign(text, { attempt: "a" });
    else assert.deepEqual(judged(await faultOf(strict)), ["wrong_protection", false, 0], level);
    assert.equal(kms.signatures() - before, taken ? 1 : 0, `${level} for ${protectionLevel}`);
  }
});
