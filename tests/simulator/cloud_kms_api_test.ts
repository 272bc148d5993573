import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createPublicKey, verify } from "node:crypto";
import { crc32c } from "../../src/adapters/signing/crc32c.ts";
import { startCloudKms } from "../../src/simulator/cloud_kms/server.ts";
import { startKms } from "../support/kms.ts";
import {
  bytesOf,
  call,
  digest,
  errorOf,
  sharedCloudKms,
  sign,
  signBody,
} from "./cloud_kms_client.ts";

const kms = await sharedCloudKms();

Deno.test("Cloud KMS signs a digest, and every checksum in the answer is right", async () => {
  const { status, body } = await sign(kms);
  const signature = bytesOf(body["signature"]);
  assert.equal(status, 200);
  assert.ok(verify("sha256", Buffer.from("a text"), kms.publicKeyPem(), signature));
  assert.deepEqual(body, {
    signature: Buffer.from(signature).toString("base64"),
    signatureCrc32c: String(crc32c(signature)),
    verifiedDigestCrc32c: true,
    name: kms.keyVersion,
    protectionLevel: "HSM",
  });
});

Deno.test("Cloud KMS leaves out what is false: a checksum that was not sent is not vouched for", async () => {
  const { body } = await sign(kms, { digest: signBody.digest });
  assert.ok(!("verifiedDigestCrc32c" in body));
  assert.ok("signatureCrc32c" in body);
});

Deno.test("Cloud KMS takes a checksum as a number too, and data instead of its digest", async () => {
  const data = Buffer.from("a text");
  const withNumber = await sign(kms, { ...signBody, digestCrc32c: crc32c(digest) });
  const withData = await sign(kms, {
    data: data.toString("base64"),
    dataCrc32c: String(crc32c(data)),
  });
  assert.equal(withNumber.body["verifiedDigestCrc32c"], true);
  assert.equal(withData.body["verifiedDataCrc32c"], true);
  assert.equal(withData.body["signature"], withNumber.body["signature"]);
});

Deno.test("Cloud KMS writes enumerations as numbers for those who ask", async () => {
  for (const query of ["?$alt=json;enum-encoding=int", "?%24alt=json%3Benum-encoding=int"]) {
    assert.equal((await sign(kms, signBody, { query })).body["protectionLevel"], 2);
    const url = `${kms.url}/v1/${kms.keyVersion}`;
    const publicKey = (await call(`${url}/publicKey${query}`)).body;
    assert.deepEqual([publicKey["algorithm"], publicKey["protectionLevel"]], [5, 2]);
    const version = (await call(`${url}${query}`)).body;
    assert.deepEqual([version["state"], version["algorithm"]], [1, 5]);
  }
});

Deno.test("the public key comes with its checksum, its name and its algorithm", async () => {
  const { body } = await call(`${kms.url}/v1/${kms.keyVersion}/publicKey`);
  const pem = kms.publicKeyPem();
  const pemCrc32c = String(crc32c(Buffer.from(pem)));
  assert.deepEqual(body, {
    pem,
    algorithm: "RSA_SIGN_PKCS1_2048_SHA256",
    pemCrc32c,
    name: kms.keyVersion,
    protectionLevel: "HSM",
    publicKeyFormat: "PEM",
    publicKey: { data: Buffer.from(pem).toString("base64"), crc32cChecksum: pemCrc32c },
  });
});

const sha512 = createHash("sha512").update("a text").digest("base64");
const refused: readonly (readonly [title: string, body: unknown, message: RegExp])[] = [
  ["a checksum of other bytes", { ...signBody, digestCrc32c: "1" }, /digest_crc32c did not match/],
  ["a negative checksum", { ...signBody, digestCrc32c: "-1" }, /digest_crc32c/],
  ["a checksum that is no number", { ...signBody, digestCrc32c: "e3069283" }, /'digest_crc32c'/],
  ["a digest of 31 bytes", { digest: { sha256: digest.subarray(1).toString("base64") } }, /is 31/],
  ["an empty digest", { digest: { sha256: "" } }, /is 0, not 32/],
  ["another hash's digest", { digest: { sha512 } }, /does not match the algorithm/],
  ["two digests", { digest: { ...signBody.digest, sha512 } }, /does not match the algorithm/],
  ["a digest that is no text", { digest: { sha256: 7 } }, /Base64 decoding failed/],
  ["neither digest nor data", {}, /Exactly one/],
  ["both digest and data", { ...signBody, data: "YQ==" }, /Exactly one/],
  ["wrong data", { data: "YQ==", dataCrc32c: "1" }, /data_crc32c did not match/],
  ["an unknown member", { ...signBody, digestcrc: "1" }, /Unknown name "digestcrc"/],
  ["an array", [], /Expected an object/],
  ["no JSON", "{", /Unexpected token/],
];

for (const [title, body, message] of refused) {
  Deno.test(`Cloud KMS refuses ${title} as INVALID_ARGUMENT, and signs nothing`, async () => {
    const before = kms.signatures();
    const error = errorOf(await sign(kms, body));
    assert.equal(error.status, "INVALID_ARGUMENT");
    assert.match(error.message, message);
    assert.equal(kms.signatures(), before);
  });
}

Deno.test("Cloud KMS refuses names that are not of its grammar, and a project's number", async () => {
  const { keyVersion } = kms;
  const names = [
    keyVersion.replace("cryptoKeyVersions/1", "cryptoKeyVersions/0"),
    keyVersion.replace("cryptoKeyVersions/1", "cryptoKeyVersions/latest"),
    keyVersion.replace("keyRings/box-office", "keyRings/box.office"),
    keyVersion.replace("projects/box-office-sandbox", "projects/x"),
    keyVersion.replace("projects/box-office-sandbox", "projects/123456789012"),
  ];
  for (const name of names) {
    const error = errorOf(await sign(kms, signBody, { keyVersion: name }));
    assert.equal(error.status, "INVALID_ARGUMENT", name);
  }
  const missing = keyVersion.replace(/1$/, "2000");
  const error = errorOf(await sign(kms, signBody, { keyVersion: missing }));
  assert.deepEqual([error.status, error.message], [
    "NOT_FOUND",
    `CryptoKeyVersion ${missing} not found.`,
  ]);
});

Deno.test("an unknown path is a page and not an error of the API", async () => {
  const { keyVersion } = kms;
  const paths = [
    "/",
    "/v2/x",
    "/v1/x:encrypt",
    `/v1/${keyVersion.replace("projects/", "project/")}:asymmetricSign`,
    `/v1/${keyVersion.replace("/cryptoKeyVersions/1", "")}:asymmetricSign`,
    `/v1/${keyVersion}:macSign`,
  ];
  for (const path of paths) {
    const response = await fetch(`${kms.url}${path}`, { method: "POST" });
    assert.equal(response.status, 404);
    assert.match(await response.text(), /^<!DOCTYPE html>/);
  }
});

Deno.test("only an ENABLED version signs, and the refusal names its state", async () => {
  const keyVersion = await kms.addKeyVersion({ state: "PENDING_GENERATION" });
  for (const state of ["PENDING_GENERATION", "DISABLED", "DESTROYED", "DESTROY_SCHEDULED"]) {
    kms.setState(keyVersion, state);
    const error = errorOf(await sign(kms, signBody, { keyVersion }));
    assert.deepEqual([error.code, error.status], [400, "FAILED_PRECONDITION"]);
    assert.equal(error.message, `${keyVersion} is not enabled, current state is: ${state}.`);
    assert.deepEqual(error.details, [{
      "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
      violations: [{ type: `KEY_${state}`, subject: keyVersion }],
    }]);
    const version = await call(`${kms.url}/v1/${keyVersion}`);
    assert.equal(version.body["state"], state);
    const publicKey = errorOf(await call(`${kms.url}/v1/${keyVersion}/publicKey`));
    assert.equal(publicKey.status, "FAILED_PRECONDITION");
  }
  kms.setState(keyVersion, "ENABLED");
  assert.equal((await sign(kms, signBody, { keyVersion })).status, 200);
});

Deno.test("a disabling may take effect late, an enabling works at once", async () => {
  let now = Date.parse("2026-11-22T12:00:00Z");
  const slow = await startKms({ clock: () => now });
  slow.setState(slow.keyVersion, "DISABLED", 60_000);
  assert.equal((await call(`${slow.url}/v1/${slow.keyVersion}`)).body["state"], "DISABLED");
  now += 59_999;
  assert.equal((await sign(slow)).status, 200);
  now += 1;
  assert.equal((await sign(slow)).status, 400);
  slow.setState(slow.keyVersion, "ENABLED", 60_000);
  assert.equal((await sign(slow)).status, 200);
  await slow.close();
});

Deno.test("each key size signs with as many bytes, and RSA_SIGN_PKCS1_4096_SHA512 its own digest", async () => {
  const [medium, large] = await Promise.all(
    ["RSA_SIGN_PKCS1_3072_SHA256", "RSA_SIGN_PKCS1_4096_SHA512"].map((algorithm) =>
      kms.addKeyVersion({ algorithm })
    ),
  );
  assert.ok(medium && large);
  const { body } = await sign(kms, signBody, { keyVersion: medium });
  assert.equal(bytesOf(body["signature"]).length, 384);
  const long = await sign(kms, { digest: { sha512 } }, { keyVersion: large });
  const signature = bytesOf(long.body["signature"]);
  assert.equal(signature.length, 512);
  assert.ok(verify("sha512", Buffer.from("a text"), kms.publicKeyPem(large), signature));
  assert.equal((await sign(kms, signBody, { keyVersion: large })).status, 400);
});

Deno.test("left to itself it makes new keys, of the size that their algorithm says", async () => {
  const [one, other] = await Promise.all([startCloudKms(), startCloudKms()]);
  const larger = await one.addKeyVersion({ algorithm: "RSA_SIGN_PKCS1_3072_SHA256" });
  const pems = [one.publicKeyPem(), other.publicKeyPem(), one.publicKeyPem(larger)];
  assert.equal(new Set(pems).size, 3);
  const sizes = pems.map((pem) => createPublicKey(pem).asymmetricKeyDetails?.modulusLength);
  assert.deepEqual(sizes, [2048, 2048, 3072]);
  await Promise.all([one.close(), other.close()]);
});

Deno.test("what Google has and this stand-in has not is UNIMPLEMENTED", async () => {
  const ring = kms.keyVersion.replace(/\/cryptoKeys\/.*/, "");
  const versionTemplate = { algorithm: "EC_SIGN_ED25519", protectionLevel: "EXTERNAL" };
  const body = JSON.stringify({ purpose: "ASYMMETRIC_SIGN", versionTemplate });
  const post = { method: "POST", body };
  const answers = [
    await call(`${kms.url}/v1/${ring}/cryptoKeys?cryptoKeyId=outside`, post),
    await call(`${kms.url}/v1/${ring}/cryptoKeys?filter=state:ENABLED`),
    await sign(kms, signBody, {
      keyVersion: await kms.addKeyVersion({ algorithm: "RSA_SIGN_PSS_2048_SHA256" }),
    }),
  ];
  for (const answer of answers) assert.equal(errorOf(answer).status, "UNIMPLEMENTED");
});

Deno.test("where a credential is required, none is 401 and any bearer will do", async () => {
  const strict = await startKms({ requireBearer: true });
  const none = errorOf(await sign(strict));
  assert.deepEqual([none.code, none.status], [401, "UNAUTHENTICATED"]);
  const headers = { authorization: "Bearer anything" };
  assert.equal((await sign(strict, signBody, { headers })).status, 200);
  await strict.close();
});

Deno.test("an armed fault spoils so many calls of its method and no others", async () => {
  kms.fault({ kind: "status", status: "PERMISSION_DENIED", calls: 2 });
  const before = kms.signatures();
  for (let i = 0; i < 2; i++) {
    const error = errorOf(await sign(kms));
    assert.equal(error.code, 403);
    const cryptoKey = kms.keyVersion.replace(/\/cryptoKeyVersions\/1$/, "");
    assert.equal(
      error.message,
      `Permission 'cloudkms.cryptoKeyVersions.useToSign' denied on resource '${cryptoKey}' ` +
        `(or it may not exist).`,
    );
    assert.equal((await call(`${kms.url}/v1/${kms.keyVersion}/publicKey`)).status, 200);
  }
  assert.equal((await sign(kms)).status, 200);
  assert.equal(kms.signatures(), before + 1);
});

Deno.test("a fault that happened all the same has signed", async () => {
  const before = kms.signatures();
  kms.fault({ kind: "status", status: "INTERNAL", happened: true });
  assert.equal((await sign(kms)).status, 500);
  assert.equal(kms.signatures(), before + 1);
});

Deno.test("an answer that is held back is let go when its fault is cleared", async () => {
  kms.fault({ kind: "slow", ms: 3_600_000 });
  const before = kms.signatures();
  const answer = sign(kms);
  while (kms.signatures() === before) await new Promise((resolve) => setTimeout(resolve, 1));
  kms.fault(null);
  assert.equal((await answer).status, 200);
});

Deno.test("the proto's own spelling and every form of base64 are read", async () => {
  const kms = await startKms();
  try {
    const digest = new Uint8Array(32).fill(251);
    const standard = btoa(String.fromCharCode(...digest));
    const urlSafe = standard.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    assert.notEqual(standard, urlSafe);
    const signatures = [];
    for (const sha256 of [standard, urlSafe]) {
      const answer = await fetch(`${kms.url}/v1/${kms.keyVersion}:asymmetricSign`, {
        method: "POST",
        body: JSON.stringify({ digest: { sha256 }, digest_crc32c: String(crc32c(digest)) }),
      });
      const { signature, verifiedDigestCrc32c } = await answer.json();
      assert.equal(verifiedDigestCrc32c, true);
      signatures.push(signature);
    }
    assert.equal(signatures[0], signatures[1]);
  } finally {
    await kms.close();
  }
});

Deno.test("what Google has and the stand-in has not is unimplemented; what nobody has is invalid", async () => {
  const kms = await startKms();
  try {
    const ring = kms.keyVersion.replace(/\/cryptoKeys\/.*/, "");
    const statusOf = async (path: string, body: unknown) => {
      const init = { method: "POST", body: JSON.stringify(body) };
      return (await (await fetch(`${kms.url}/v1/${ring}/${path}`, init)).json()).error.status;
    };
    const job = (importMethod: string) =>
      statusOf("importJobs?importJobId=j", { importMethod, protectionLevel: "HSM" });
    assert.equal(await job("RSA_OAEP_3072_SHA1_AES_256"), "UNIMPLEMENTED");
    assert.equal(await job("RSA_MAGIC"), "INVALID_ARGUMENT");
    const key = (algorithm: string) =>
      statusOf("cryptoKeys?cryptoKeyId=k", {
        purpose: "ASYMMETRIC_SIGN",
        versionTemplate: { algorithm },
      });
    assert.equal(await key("EC_SIGN_P256_SHA256"), "UNIMPLEMENTED");
    assert.equal(await key("EC_MAGIC"), "INVALID_ARGUMENT");
  } finally {
    await kms.close();
  }
});
