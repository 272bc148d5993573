import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32c } from "../../src/adapters/signing/crc32c.ts";
import { call, errorOf, sharedCloudKms, sign } from "./cloud_kms_client.ts";
import { codes, LOCATION, once, refusalOf, sdkClient } from "./cloud_kms_sdk.ts";

const kms = await sharedCloudKms();
const google = await sdkClient(kms);
const KEY_RING = `${LOCATION}/keyRings/box-office`;
const plaintext = Buffer.from("a secret");
const additionalAuthenticatedData = Buffer.from("of tenant Cust12345");

let count = 0;
/** A fresh symmetric key. @returns its name */
async function createKey(protectionLevel: "SOFTWARE" | "HSM" = "SOFTWARE"): Promise<string> {
  const cryptoKeyId = `seal-${++count}`;
  const cryptoKey = { purpose: "ENCRYPT_DECRYPT", versionTemplate: { protectionLevel } } as const;
  const [key] = await google.createCryptoKey({ parent: KEY_RING, cryptoKeyId, cryptoKey }, once);
  assert.equal(key.versionTemplate?.algorithm, "GOOGLE_SYMMETRIC_ENCRYPTION");
  const state = protectionLevel === "HSM" ? "PENDING_GENERATION" : "ENABLED";
  assert.equal(key.primary?.state, state);
  return `${KEY_RING}/cryptoKeys/${cryptoKeyId}`;
}

const shared = await createKey();
const valid = {
  name: shared,
  plaintext,
  plaintextCrc32c: { value: crc32c(plaintext) },
  additionalAuthenticatedData,
  additionalAuthenticatedDataCrc32c: { value: crc32c(additionalAuthenticatedData) },
};

async function encrypted(bend: Readonly<Record<string, unknown>> = {}) {
  const [answer] = await google.encrypt({ ...valid, ...bend }, once);
  return { answer, ciphertext: Buffer.from(answer.ciphertext as Uint8Array) };
}

Deno.test("what Google's client encrypts it decrypts, and every checksum is right", async () => {
  const { answer, ciphertext } = await encrypted();
  assert.equal(answer.name, `${shared}/cryptoKeyVersions/1`);
  assert.equal(Number(answer.ciphertextCrc32c?.value), crc32c(ciphertext));
  assert.equal(answer.verifiedPlaintextCrc32c, true);
  assert.equal(answer.verifiedAdditionalAuthenticatedDataCrc32c, true);
  assert.equal(answer.protectionLevel, "SOFTWARE");
  assert.ok(!ciphertext.includes(plaintext));
  const [decrypted] = await google.decrypt({
    name: shared,
    ciphertext,
    ciphertextCrc32c: { value: crc32c(ciphertext) },
    additionalAuthenticatedData,
    additionalAuthenticatedDataCrc32c: { value: crc32c(additionalAuthenticatedData) },
  }, once);
  assert.deepEqual(Buffer.from(decrypted.plaintext as Uint8Array), plaintext);
  assert.equal(Number(decrypted.plaintextCrc32c?.value), crc32c(plaintext));
  assert.equal(decrypted.usedPrimary, true);
  assert.equal(decrypted.protectionLevel, "SOFTWARE");
});

Deno.test("no two ciphertexts are alike, and what was not sent is not vouched for", async () => {
  const bare = { plaintextCrc32c: null, additionalAuthenticatedDataCrc32c: null };
  const [one, other] = [await encrypted(bare), await encrypted(bare)];
  assert.notDeepEqual(one.ciphertext, other.ciphertext);
  assert.equal(one.answer.verifiedPlaintextCrc32c, false);
  assert.equal(one.answer.verifiedAdditionalAuthenticatedDataCrc32c, false);
});

Deno.test("nothing at all can be encrypted too", async () => {
  const { answer, ciphertext } = await encrypted({
    plaintext: Buffer.alloc(0),
    plaintextCrc32c: { value: 0 },
    additionalAuthenticatedData: null,
    additionalAuthenticatedDataCrc32c: null,
  });
  assert.equal(answer.verifiedPlaintextCrc32c, true);
  const [decrypted] = await google.decrypt({ name: shared, ciphertext }, once);
  assert.equal(decrypted.plaintext?.length, 0);
});

Deno.test("a ciphertext opens only whole, under its own key and with its own data", async () => {
  const { ciphertext } = await encrypted();
  const changed = Buffer.from(ciphertext);
  changed[20] = (changed[20] ?? 0) ^ 1;
  const unknownVersion = Buffer.from(ciphertext);
  unknownVersion[3] = 9;
  const bends: readonly Readonly<Record<string, unknown>>[] = [
    { additionalAuthenticatedData: Buffer.from("of tenant Cust54321") },
    { additionalAuthenticatedData: null },
    { ciphertext: changed },
    { ciphertext: unknownVersion },
    { ciphertext: ciphertext.subarray(0, -1) },
    { ciphertext: Buffer.from("short") },
    { name: await createKey() },
  ];
  for (const bend of bends) {
    const request = { name: shared, ciphertext, additionalAuthenticatedData, ...bend };
    assert.deepEqual(await refusalOf(google.decrypt(request, once)), [
      codes.INVALID_ARGUMENT,
      "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
    ]);
  }
});

Deno.test("a wrong checksum is refused by the name of its field", async () => {
  const { ciphertext } = await encrypted();
  const wrong = { value: 1 };
  const aad = { additionalAuthenticatedDataCrc32c: wrong, additionalAuthenticatedData };
  const refused: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => encrypted({ plaintextCrc32c: wrong }), /plaintext_crc32c did not match/],
    [() => encrypted(aad), /additional_authenticated_data_crc32c did not match/],
    [
      () => google.decrypt({ name: shared, ciphertext, ciphertextCrc32c: wrong }, once),
      /ciphertext_crc32c did not match/,
    ],
    [
      () => google.decrypt({ name: shared, ciphertext, ...aad }, once),
      /additional_authenticated_data_crc32c did not match/,
    ],
  ];
  for (const [attempt, message] of refused) {
    const [code, sentence] = await refusalOf(attempt());
    assert.equal(code, codes.INVALID_ARGUMENT);
    assert.match(sentence, message);
  }
});

Deno.test("a new version encrypts once it is primary, and the old one still decrypts", async () => {
  const name = await createKey();
  const { ciphertext } = await encrypted({ name });
  await google.createCryptoKeyVersion({ parent: name, cryptoKeyVersion: {} }, once);
  assert.equal((await encrypted({ name })).answer.name, `${name}/cryptoKeyVersions/1`);
  const [key] = await google.updateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId: "2" }, once);
  assert.equal(key.primary?.name, `${name}/cryptoKeyVersions/2`);
  assert.equal((await encrypted({ name })).answer.name, `${name}/cryptoKeyVersions/2`);
  const first = `${name}/cryptoKeyVersions/1`;
  assert.equal((await encrypted({ name: first })).answer.name, first, "a version may be named");
  const request = { name, ciphertext, additionalAuthenticatedData };
  const [decrypted] = await google.decrypt(request, once);
  assert.equal(decrypted.usedPrimary, false);
  kms.setState(first, "DISABLED");
  assert.deepEqual(await refusalOf(google.decrypt(request, once)), [
    codes.FAILED_PRECONDITION,
    `${first} is not enabled, current state is: DISABLED.`,
  ]);
});

Deno.test("an HSM takes eight KiB in all, software 64 KiB each", async () => {
  const hard = await createKey("HSM");
  const bare = { plaintextCrc32c: null, additionalAuthenticatedDataCrc32c: null };
  const sized = (name: string, text: number, data: number) =>
    encrypted({
      ...bare,
      name,
      plaintext: Buffer.alloc(text),
      additionalAuthenticatedData: Buffer.alloc(data),
    });
  assert.equal((await sized(hard, 8000, 192)).answer.protectionLevel, "HSM");
  await sized(shared, 65536, 65536);
  for (
    const [name, text, data] of [[hard, 8000, 193], [shared, 65537, 0], [shared, 0, 65537]] as const
  ) {
    assert.equal((await refusalOf(sized(name, text, data)))[0], codes.INVALID_ARGUMENT);
  }
});

Deno.test("a key does only what its purpose allows", async () => {
  const signing = kms.keyVersion.replace("/cryptoKeyVersions/1", "");
  const version = `${shared}/cryptoKeyVersions/1`;
  const wrong: readonly (() => Promise<unknown>)[] = [
    () => encrypted({ name: signing }),
    () => encrypted({ name: kms.keyVersion }),
    () => google.decrypt({ name: signing, ciphertext: plaintext }, once),
    () => google.getPublicKey({ name: version }, once),
    () => google.updateCryptoKeyPrimaryVersion({ name: signing, cryptoKeyVersionId: "1" }, once),
  ];
  for (const attempt of wrong) {
    const [code, message] = await refusalOf(attempt());
    assert.equal(code, codes.FAILED_PRECONDITION);
    assert.match(message, /is not a key of purpose|cannot have a primary version/);
  }
  const error = errorOf(await sign(kms, undefined, { keyVersion: version }));
  assert.equal(error.message, `${shared} is not a key of purpose ASYMMETRIC_SIGN.`);
});

Deno.test("a key without a primary version encrypts nothing", async () => {
  const query = "?cryptoKeyId=bare&skipInitialVersionCreation=true";
  const body = JSON.stringify({ purpose: "ENCRYPT_DECRYPT" });
  const { body: key } = await call(`${kms.url}/v1/${KEY_RING}/cryptoKeys${query}`, {
    method: "POST",
    body,
  });
  assert.ok(!("primary" in key));
  const [code, message] = await refusalOf(encrypted({ name: key["name"] }));
  assert.equal(code, codes.FAILED_PRECONDITION);
  assert.match(message, /has no primary version/);
});
