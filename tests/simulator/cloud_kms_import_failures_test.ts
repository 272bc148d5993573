import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { unwrapMaterial } from "../../src/simulator/cloud_kms/unwrap.ts";
import {
  type Algorithm,
  CRYPTO_KEY,
  importStage,
  JOB,
  KEY_RING,
  rsaKey,
} from "./cloud_kms_imports.ts";
import { codes, LOCATION, once, pkcs8, refusalOf, wrap } from "./cloud_kms_sdk.ts";

const stage = await importStage(() => Date.parse("2026-11-22T12:00:00Z"));
const { kms, google, wrappingPem, rsa2048, good, importKey, stateOf, sign } = stage;

const UNWRAP = /couldn't be unwrapped or wasn't formatted correctly/;
const flip = (wrapped: Buffer, at: number) => {
  wrapped[at] = (wrapped[at] ?? 0) ^ 1;
  return wrapped;
};
const failing: readonly (readonly [string, () => Uint8Array, RegExp, Algorithm?])[] = [
  ["that is cut off in its RSA part", () => good().subarray(0, 300), /Wrapped key is too short/],
  ["that ends with its RSA part", () => good().subarray(0, 384), /Wrapped key is too short/],
  ["that is cut off by a byte", () => good().subarray(0, -1), /64-bit blocks/],
  ["that is cut off by a block", () => good().subarray(0, -8), UNWRAP],
  ["with a bit changed in its RSA part", () => flip(good(), 100), UNWRAP],
  ["with a bit changed in its AES part", () => flip(good(), 500), UNWRAP],
  [
    "under an AES key that is not the one it brings",
    () => wrap(wrappingPem, pkcs8(rsa2048), { usedAesKey: randomBytes(32) }),
    UNWRAP,
  ],
  [
    "under an AES key of 128 bits",
    () => wrap(wrappingPem, pkcs8(rsa2048), { aesKey: randomBytes(16) }),
    /argument to the import operation was malformed/,
  ],
  [
    "of a key that is not PKCS#8",
    () => wrap(wrappingPem, rsa2048.export({ type: "pkcs1", format: "der" })),
    UNWRAP,
  ],
  ["of random bytes", () => wrap(wrappingPem, randomBytes(1200)), UNWRAP],
  [
    "of a key smaller than its algorithm",
    good,
    /has 2048 bits: RSA_SIGN_PKCS1_3072_SHA256 needs 3072/,
    "RSA_SIGN_PKCS1_3072_SHA256",
  ],
  [
    "of a key larger than its algorithm",
    () => wrap(wrappingPem, pkcs8(rsaKey(3072))),
    /has 3072 bits: RSA_SIGN_PKCS1_2048_SHA256 needs 2048/,
  ],
  ["of a key of another kind", good, /needs ed25519/, "EC_SIGN_ED25519"],
  [
    "of an Ed25519 key as an RSA key",
    () => wrap(wrappingPem, pkcs8(generateKeyPairSync("ed25519").privateKey)),
    /type ed25519: RSA_SIGN_PKCS1_2048_SHA256 needs rsa/,
  ],
];

for (const [title, wrapped, reason, algorithm] of failing) {
  Deno.test(`a wrapping ${title} makes a version that is IMPORT_FAILED and signs nothing`, async () => {
    const name = await importKey(wrapped(), algorithm);
    const [state, failure] = await stateOf(name);
    assert.equal(state, "IMPORT_FAILED");
    assert.match(String(failure), reason);
    const before = kms.signatures();
    for (const use of [() => google.getPublicKey({ name }, once), () => sign(name)]) {
      const [code, message] = await refusalOf(use());
      assert.equal(code, codes.FAILED_PRECONDITION);
      assert.match(message, /is not enabled, current state is: IMPORT_FAILED\.$/);
    }
    assert.equal(kms.signatures(), before);
  });
}

Deno.test("an import that cannot be right is refused, and makes no version", async () => {
  const soft = {
    importMethod: "RSA_OAEP_3072_SHA256_AES_256",
    protectionLevel: "SOFTWARE",
  } as const;
  await google.createImportJob({ parent: KEY_RING, importJobId: "soft", importJob: soft }, once);
  const other = `${LOCATION}/keyRings/box-office`;
  const hard = { ...soft, protectionLevel: "HSM" } as const;
  await google.createImportJob({ parent: other, importJobId: "job", importJob: hard }, once);
  const valid = {
    parent: CRYPTO_KEY,
    algorithm: "RSA_SIGN_PKCS1_2048_SHA256",
    importJob: JOB,
    wrappedKey: good(),
  } as const;
  const bends: readonly (readonly [Readonly<Record<string, unknown>>, number, RegExp])[] = [
    [{ importJob: `${KEY_RING}/importJobs/soft` }, codes.INVALID_ARGUMENT, /protection levels/],
    [{ importJob: `${other}/importJobs/job` }, codes.INVALID_ARGUMENT, /of the same KeyRing/],
    [{ importJob: `${KEY_RING}/importJobs/none` }, codes.NOT_FOUND, /^ImportJob .* not found/],
    [{ importJob: "" }, codes.INVALID_ARGUMENT, /import_job is required/],
    [{ algorithm: 0 }, codes.INVALID_ARGUMENT, /algorithm is required/],
    [
      { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION" },
      codes.INVALID_ARGUMENT,
      /not one for the purpose/,
    ],
    [{ wrappedKey: null }, codes.INVALID_ARGUMENT, /'wrapped_key'/],
    [{ parent: `${KEY_RING}/cryptoKeys/none` }, codes.NOT_FOUND, /^CryptoKey .* not found/],
    [{ cryptoKeyVersion: `${CRYPTO_KEY}/cryptoKeyVersions/999` }, codes.NOT_FOUND, /not found/],
    [{ cryptoKeyVersion: kms.keyVersion }, codes.INVALID_ARGUMENT, /not one of the CryptoKey/],
  ];
  const versions = kms.keyVersions().length;
  for (const [bend, code, message] of bends) {
    const refusal = await refusalOf(google.importCryptoKeyVersion({ ...valid, ...bend }, once));
    assert.equal(refusal[0], code, Deno.inspect(bend));
    assert.match(refusal[1], message);
  }
  assert.equal(kms.keyVersions().length, versions);
  const { wrappedKey, ...rest } = valid;
  await google.importCryptoKeyVersion({ ...rest, rsaAesWrappedKey: wrappedKey }, once);
  assert.equal(kms.keyVersions().length, versions + 1, "the member's older name is taken too");
});

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
// RFC 5649, section 6.
const KEK = bytes("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
const vectors = [
  [
    "twenty octets",
    "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
    "c37b7e6492584340bed12207808941155068f738",
  ],
  ["seven octets", "afbeb0f07dfbf5419200f2ccb50bb24f", "466f7250617369"],
] as const;

for (const [title, wrapped, material] of vectors) {
  Deno.test(`RFC 5649's ${title} unwrap, and not with a bit changed`, () => {
    assert.deepEqual(unwrapMaterial(KEK, bytes(wrapped)), bytes(material));
    const changed = bytes(wrapped);
    changed[9] = (changed[9] ?? 0) ^ 1;
    assert.throws(() => unwrapMaterial(KEK, changed), UNWRAP);
  });
}
