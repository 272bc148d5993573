import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { verify } from "node:crypto";
import { crc32c } from "../../src/adapters/signing/crc32c.ts";
import {
  bytesOf,
  call,
  errorOf,
  pull,
  sharedCloudKms,
  sign,
  signBody,
} from "./cloud_kms_client.ts";

const kms = await sharedCloudKms();
const keyVersion = await kms.addKeyVersion({ algorithm: "EC_SIGN_ED25519" });
const data = Buffer.from("a text");
/** The one valid request, to be bent once per test. */
const dataBody = { data: data.toString("base64"), dataCrc32c: String(crc32c(data)) };

interface Entry {
  readonly protoPayload: {
    readonly status: { readonly code?: number };
    readonly request: Readonly<Record<string, unknown>>;
  };
}

Deno.test("an Ed25519 version signs data, and vouches for the data and no digest", async () => {
  const { status, body } = await sign(kms, dataBody, { keyVersion });
  const signature = bytesOf(body["signature"]);
  assert.equal(status, 200);
  assert.ok(verify(null, data, kms.publicKeyPem(keyVersion), signature));
  assert.ok(!verify(null, Buffer.from("b text"), kms.publicKeyPem(keyVersion), signature));
  assert.deepEqual(body, {
    signature: Buffer.from(signature).toString("base64"),
    signatureCrc32c: String(crc32c(signature)),
    verifiedDataCrc32c: true,
    name: keyVersion,
    protectionLevel: "HSM",
  });
  const unchecked = await sign(kms, { data: dataBody.data }, { keyVersion });
  assert.ok(!("verifiedDataCrc32c" in unchecked.body));
  assert.equal(unchecked.body["signature"], body["signature"], "Ed25519 is deterministic");
});

const refused: readonly (readonly [title: string, body: unknown, message: RegExp])[] = [
  ["a digest", signBody, /EC_SIGN_ED25519 signs data, not a digest/],
  ["both digest and data", { ...signBody, ...dataBody }, /Exactly one/],
  ["neither", {}, /Exactly one/],
  ["a checksum of other bytes", { ...dataBody, dataCrc32c: "1" }, /data_crc32c did not match/],
];

for (const [title, body, message] of refused) {
  Deno.test(`an Ed25519 version refuses ${title} as INVALID_ARGUMENT, and signs nothing`, async () => {
    const before = kms.signatures();
    const error = errorOf(await sign(kms, body, { keyVersion }));
    assert.equal(error.status, "INVALID_ARGUMENT");
    assert.match(error.message, message);
    assert.equal(kms.signatures(), before);
  });
}

Deno.test("its public key is Ed25519's, and its algorithm has Google's number", async () => {
  const url = `${kms.url}/v1/${keyVersion}/publicKey`;
  const { body } = await call(url);
  assert.equal(body["algorithm"], "EC_SIGN_ED25519");
  assert.equal(body["pem"], kms.publicKeyPem(keyVersion));
  assert.match(String(body["pem"]), /^-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA/);
  assert.equal((await call(`${url}?$alt=json;enum-encoding=int`)).body["algorithm"], 40);
});

Deno.test("the audit log holds neither the data nor a digest of it", async () => {
  const before = kms.auditEntries().length;
  await sign(kms, dataBody, { keyVersion });
  await sign(kms, { ...dataBody, dataCrc32c: "1" }, { keyVersion });
  const entries = kms.auditEntries().slice(before) as Entry[];
  assert.deepEqual(entries.map(({ protoPayload }) => protoPayload.status.code), [undefined, 3]);
  for (const { protoPayload } of entries) {
    assert.deepEqual(protoPayload.request, {
      name: keyVersion,
      "@type": "type.googleapis.com/google.cloud.kms.v1.AsymmetricSignRequest",
    });
  }
});

Deno.test("faults and states are those of every version", async () => {
  kms.fault({ kind: "missing_verified_data_crc32c", calls: 1 });
  assert.ok(!("verifiedDataCrc32c" in (await sign(kms, dataBody, { keyVersion })).body));
  kms.fault({ kind: "false_verified_data_crc32c", calls: 1 });
  assert.equal((await sign(kms, dataBody, { keyVersion })).body["verifiedDataCrc32c"], false);
  kms.fault({ kind: "corrupt_signature", calls: 1 });
  const { body } = await sign(kms, dataBody, { keyVersion });
  assert.ok(!verify(null, data, kms.publicKeyPem(keyVersion), bytesOf(body["signature"])));
  kms.setState(keyVersion, "DISABLED");
  assert.equal(errorOf(await sign(kms, dataBody, { keyVersion })).status, "FAILED_PRECONDITION");
  kms.setState(keyVersion, "ENABLED");
  assert.equal((await sign(kms, dataBody, { keyVersion })).status, 200);
});

Deno.test("another process can add an Ed25519 version and arm its faults", async () => {
  const added = await pull(kms, "kms_add_key_version", { algorithm: "EC_SIGN_ED25519" });
  const { key_version } = added.result as { key_version: string };
  const options = { keyVersion: key_version };
  await pull(kms, "kms_fault", { kind: "false_verified_data_crc32c", calls: 1 });
  assert.equal((await sign(kms, dataBody, options)).body["verifiedDataCrc32c"], false);
  assert.equal((await sign(kms, dataBody, options)).body["verifiedDataCrc32c"], true);
});
