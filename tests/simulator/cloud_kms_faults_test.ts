import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32c } from "../../src/adapters/signing/crc32c.ts";
import type { KmsFault } from "../../src/simulator/cloud_kms/server.ts";
import {
  type Answer,
  bytesOf,
  call,
  errorOf,
  pull,
  sharedCloudKms,
  signBody,
} from "./cloud_kms_client.ts";
import { LOCATION } from "./cloud_kms_sdk.ts";

const kms = await sharedCloudKms();
const RING = `${LOCATION}/keyRings/box-office`;
const KEY = `${RING}/cryptoKeys/system-user`;
const SEAL = `${RING}/cryptoKeys/seal`;

function send(http: string, path: string, body?: unknown): Promise<Answer> {
  const init = { method: http, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return call(`${kms.url}/v1/${path}`, init);
}

await send("POST", `${RING}/cryptoKeys?cryptoKeyId=seal`, { purpose: "ENCRYPT_DECRYPT" });
const sealed = await send("POST", `${SEAL}:encrypt`, {
  plaintext: "YQ==",
  plaintextCrc32c: crcOf("a"),
});

function crcOf(text: string): string {
  return String(crc32c(Buffer.from(text)));
}

/** Every method by its name, as a call that reaches it, and the permission it needs. */
const methods: readonly (readonly [string, string, string, string, unknown?])[] = [
  ["asymmetricSign", "useToSign", "POST", `${kms.keyVersion}:asymmetricSign`, signBody],
  ["getPublicKey", "viewPublicKey", "GET", `${kms.keyVersion}/publicKey`],
  ["encrypt", "useToEncrypt", "POST", `${SEAL}:encrypt`, { plaintext: "YQ==" }],
  ["decrypt", "useToDecrypt", "POST", `${SEAL}:decrypt`, { ciphertext: sealed.body["ciphertext"] }],
  ["createKeyRing", "keyRings.create", "POST", `${LOCATION}/keyRings?keyRingId=x`],
  ["getKeyRing", "keyRings.get", "GET", RING],
  ["listKeyRings", "keyRings.list", "GET", `${LOCATION}/keyRings`],
  ["createCryptoKey", "cryptoKeys.create", "POST", `${RING}/cryptoKeys?cryptoKeyId=x`],
  ["getCryptoKey", "cryptoKeys.get", "GET", KEY],
  ["listCryptoKeys", "cryptoKeys.list", "GET", `${RING}/cryptoKeys`],
  ["updateCryptoKeyPrimaryVersion", "cryptoKeys.update", "POST", `${SEAL}:updatePrimaryVersion`],
  ["createCryptoKeyVersion", "cryptoKeyVersions.create", "POST", `${KEY}/cryptoKeyVersions`],
  ["getCryptoKeyVersion", "cryptoKeyVersions.get", "GET", kms.keyVersion],
  ["listCryptoKeyVersions", "cryptoKeyVersions.list", "GET", `${KEY}/cryptoKeyVersions`],
  ["updateCryptoKeyVersion", "cryptoKeyVersions.update", "PATCH", kms.keyVersion],
  ["destroyCryptoKeyVersion", "cryptoKeyVersions.destroy", "POST", `${kms.keyVersion}:destroy`],
  ["restoreCryptoKeyVersion", "cryptoKeyVersions.restore", "POST", `${kms.keyVersion}:restore`],
  ["createImportJob", "importJobs.create", "POST", `${RING}/importJobs?importJobId=x`],
  ["getImportJob", "importJobs.get", "GET", `${RING}/importJobs/x`],
  ["listImportJobs", "importJobs.list", "GET", `${RING}/importJobs`],
  ["importCryptoKeyVersion", "cryptoKeyVersions.create", "POST", `${KEY}/cryptoKeyVersions:import`],
];

for (const [method, permission, http, path, body = {}] of methods) {
  Deno.test(`a fault can be armed for ${method}, is of it alone, and names its permission`, async () => {
    const own = () => send(http, path, http === "GET" ? undefined : body);
    const versions = kms.keyVersions().length;
    const armed = { kind: "status", status: "PERMISSION_DENIED", method, calls: 1 };
    assert.equal((await pull(kms, "kms_fault", armed)).status, 200);
    const [name, otherPath] = method === "getKeyRing"
      ? ["getCryptoKey", KEY]
      : ["getKeyRing", RING];
    assert.equal((await send("GET", otherPath)).status, 200, name);
    const error = errorOf(await own());
    assert.equal(error.status, "PERMISSION_DENIED");
    const full = permission.includes(".") ? permission : `cryptoKeyVersions.${permission}`;
    assert.ok(
      error.message.startsWith(`Permission 'cloudkms.${full}' denied on resource 'projects/`),
    );
    assert.equal(kms.keyVersions().length, versions, "nothing was done");
  });
}

const spoilt:
  readonly (readonly [KmsFault, (spoilt: Answer["body"], whole: Answer["body"]) => void])[] = [
    [{ kind: "wrong_name", method: "encrypt" }, (it, whole) => {
      assert.equal(it["name"], `${whole["name"]}0`);
    }],
    [{ kind: "wrong_protection_level", method: "encrypt", protectionLevel: "EXTERNAL" }, (it) => {
      assert.equal(it["protectionLevel"], "EXTERNAL");
    }],
    [{ kind: "corrupt_ciphertext_crc32c", method: "encrypt" }, (it) => {
      assert.notEqual(it["ciphertextCrc32c"], String(crc32c(bytesOf(it["ciphertext"]))));
    }],
    [{ kind: "missing_ciphertext_crc32c", method: "encrypt" }, (it) => {
      assert.ok(!("ciphertextCrc32c" in it));
    }],
    [{ kind: "missing_verified_plaintext_crc32c", method: "encrypt" }, (it) => {
      assert.ok(!("verifiedPlaintextCrc32c" in it));
    }],
    [{ kind: "missing_verified_aad_crc32c", method: "encrypt" }, (it) => {
      assert.ok(!("verifiedAdditionalAuthenticatedDataCrc32c" in it));
    }],
    [{ kind: "corrupt_plaintext", method: "decrypt" }, (it) => {
      assert.deepEqual([it["plaintext"], it["plaintextCrc32c"]], ["YA==", crcOf("`")]);
    }],
    [{ kind: "corrupt_plaintext_crc32c", method: "decrypt" }, (it) => {
      assert.deepEqual([it["plaintext"], it["plaintextCrc32c"]], ["YQ==", String(+crcOf("a") + 1)]);
    }],
    [{ kind: "missing_plaintext_crc32c", method: "decrypt" }, (it) => {
      assert.ok(!("plaintextCrc32c" in it));
    }],
    [{ kind: "wrong_algorithm", method: "getCryptoKeyVersion" }, (it) => {
      assert.equal(it["algorithm"], "RSA_SIGN_PSS_2048_SHA256");
    }],
    [{ kind: "corrupt_signature_crc32c", method: "asymmetricSign" }, (it) => {
      assert.notEqual(it["signatureCrc32c"], String(crc32c(bytesOf(it["signature"]))));
    }],
    [{ kind: "missing_signature_crc32c", method: "asymmetricSign" }, (it) => {
      assert.ok(!("signatureCrc32c" in it));
    }],
    [{ kind: "missing_verified_digest_crc32c", method: "asymmetricSign" }, (it) => {
      assert.ok(!("verifiedDigestCrc32c" in it));
    }],
    [{ kind: "false_verified_digest_crc32c", method: "asymmetricSign" }, (it) => {
      assert.equal(it["verifiedDigestCrc32c"], false);
    }],
    [{ kind: "wrong_protection_level", method: "asymmetricSign" }, (it) => {
      assert.equal(it["protectionLevel"], "SOFTWARE");
    }],
    [{ kind: "wrong_pem", pem: "a", method: "getPublicKey" }, (it) => {
      assert.deepEqual([it["pem"], it["pemCrc32c"]], ["a", crcOf("a")]);
    }],
    [{ kind: "corrupt_pem_crc32c", method: "getPublicKey" }, (it) => {
      assert.notEqual(it["pemCrc32c"], crcOf(String(it["pem"])));
    }],
    [{ kind: "missing_pem_crc32c", method: "getPublicKey" }, (it) => {
      assert.ok(!("pemCrc32c" in it));
    }],
    [{ kind: "wrong_name", method: "getKeyRing" }, (it) => assert.equal(it["name"], `${RING}0`)],
  ];

/** Calls with which nothing is wrong. */
const whole: Readonly<Record<string, () => Promise<Answer>>> = {
  encrypt: () =>
    send("POST", `${SEAL}:encrypt`, {
      plaintext: "YQ==",
      plaintextCrc32c: crcOf("a"),
      additionalAuthenticatedData: "YQ==",
      additionalAuthenticatedDataCrc32c: crcOf("a"),
    }),
  decrypt: () => send("POST", `${SEAL}:decrypt`, { ciphertext: sealed.body["ciphertext"] }),
  asymmetricSign: () => send("POST", `${kms.keyVersion}:asymmetricSign`, signBody),
  getPublicKey: () => send("GET", `${kms.keyVersion}/publicKey`),
  getCryptoKeyVersion: () => send("GET", kms.keyVersion),
  getKeyRing: () => send("GET", RING),
};

for (const [fault, check] of spoilt) {
  const method = String(fault.method);
  Deno.test(`${fault.kind} spoils an answer of ${method}, and only while it is armed`, async () => {
    const ask = whole[method]!;
    const before = (await ask()).body;
    assert.throws(() => check(before, before), assert.AssertionError, "it was wrong already");
    kms.fault({ ...fault, calls: 1 });
    check((await ask()).body, before);
    const after = (await ask()).body;
    assert.throws(() => check(after, before), assert.AssertionError, "it is still wrong");
  });
}

Deno.test("corrupt_ciphertext has the right checksum of what will not decrypt", async () => {
  kms.fault({ kind: "corrupt_ciphertext", method: "encrypt", calls: 1 });
  const { ciphertext, ciphertextCrc32c } = (await whole["encrypt"]!()).body;
  assert.equal(ciphertextCrc32c, String(crc32c(bytesOf(ciphertext))));
  const additionalAuthenticatedData = "YQ==";
  const decrypted = await send("POST", `${SEAL}:decrypt`, {
    ciphertext,
    additionalAuthenticatedData,
  });
  assert.match(errorOf(decrypted).message, /^Decryption failed/);
});

Deno.test("what was done although the call failed is done, and nothing otherwise", async () => {
  const create = (keyRingId: string) => send("POST", `${LOCATION}/keyRings?keyRingId=${keyRingId}`);
  kms.fault({ kind: "status", status: "UNAVAILABLE", method: "createKeyRing", calls: 1 });
  assert.equal((await create("lost")).status, 503);
  assert.equal((await send("GET", `${LOCATION}/keyRings/lost`)).status, 404);
  const happened = { kind: "status", status: "UNAVAILABLE", happened: true } as const;
  kms.fault({ ...happened, method: "createKeyRing", calls: 1 });
  assert.equal((await create("done")).status, 503);
  assert.equal((await send("GET", `${LOCATION}/keyRings/done`)).status, 200);
  assert.equal(errorOf(await create("done")).status, "ALREADY_EXISTS");
});

Deno.test("each status has Google's HTTP status", async () => {
  const expected = {
    INVALID_ARGUMENT: 400,
    FAILED_PRECONDITION: 400,
    UNAUTHENTICATED: 401,
    PERMISSION_DENIED: 403,
    NOT_FOUND: 404,
    ALREADY_EXISTS: 409,
    RESOURCE_EXHAUSTED: 429,
    INTERNAL: 500,
    UNAVAILABLE: 503,
    DEADLINE_EXCEEDED: 504,
  } as const;
  for (const [status, http] of Object.entries(expected)) {
    await pull(kms, "kms_fault", { kind: "status", status, message: "so" });
    const error = errorOf(await send("POST", `${kms.keyVersion}:asymmetricSign`, signBody));
    assert.deepEqual([error.status, error.code, error.message], [status, http, "so"]);
  }
});

Deno.test("a silent answer and the rest of a slow one come to an end with their fault", async () => {
  const url = `${kms.url}/v1/${kms.keyVersion}/publicKey`;
  kms.fault({ kind: "slow_body", ms: 3_600_000, method: "getPublicKey" });
  const slow = await fetch(url);
  assert.equal(slow.status, 200, "its headers are not late");
  kms.fault({ kind: "silent", happened: true });
  assert.equal((await slow.json()).name, kms.keyVersion);
  const before = kms.signatures();
  const silent = send("POST", `${kms.keyVersion}:asymmetricSign`, signBody);
  while (kms.signatures() === before) await new Promise((resolve) => setTimeout(resolve, 1));
  kms.fault(null);
  await assert.rejects(silent);
});

const broken = [{ kind: "reset" }, { kind: "page", http: 502 }] as const;

for (const fault of broken) {
  Deno.test(`an answer of a method that creates can end in ${fault.kind}, done or not`, async () => {
    for (const happened of [false, true]) {
      const id = `${fault.kind}-${happened}`;
      kms.fault({ ...fault, happened, method: "createKeyRing", calls: 1 });
      const url = `${kms.url}/v1/${LOCATION}/keyRings?keyRingId=${id}`;
      const answer = fetch(url, { method: "POST" }).then((response) => response.json());
      await assert.rejects(answer);
      assert.equal((await send("GET", `${LOCATION}/keyRings/${id}`)).status, happened ? 200 : 404);
    }
  });
}
