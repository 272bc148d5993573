import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import { loadKmsSdk } from "../../../src/adapters/signing/kms_client.ts";
import type { KmsKeyVersionOptions } from "../../../src/adapters/signing/kms_key_version.ts";
import { createKmsLedgerKey } from "../../../src/adapters/signing/kms_ledger_key.ts";
import { SignerFault } from "../../../src/domain/signer_fault.ts";
import type { KmsFault } from "../../../src/simulator/cloud_kms/server.ts";
import type { CheckpointSigner } from "../../../src/usecases/ports.ts";
import { faultIn, judged, sharedCloudKms } from "./fixtures.ts";

const kms = await sharedCloudKms();
const keyVersion = await kms.addKeyVersion({ algorithm: "EC_SIGN_ED25519" });
const body = new TextEncoder().encode("tickets.example.com/ledger\n42\nCsUYapGGPo4dkMgIAUqom/==\n");
/** Enough for an answer on this machine, little enough to wait for. */
const shortMs = 200;

function ledgerKey(options: Partial<KmsKeyVersionOptions> = {}): CheckpointSigner {
  return createKmsLedgerKey({
    keyVersion,
    endpoint: new URL(kms.url),
    // Generous: only tests of silence wait for a deadline, and those set their own.
    timeoutMs: 10_000,
    userAgent: "box-office/test",
    host: createThreadHost(),
    ...options,
  });
}

/** A key that has signed, however slow the machine is at a first call. */
async function warm(key: CheckpointSigner): Promise<CheckpointSigner> {
  for (;;) {
    try {
      await key.sign(body);
      return key;
    } catch (error) {
      if (!(error instanceof SignerFault) || error.reason !== "timeout") throw error;
    }
  }
}

interface AuditedCall {
  readonly methodName: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly requestMetadata: {
    readonly callerSuppliedUserAgent: string;
    readonly requestAttributes: { readonly reason?: string };
  };
}

/** Counts calls of one method from here on. */
function watch(method: string): () => AuditedCall[] {
  const before = kms.auditEntries().length;
  return () =>
    (kms.auditEntries().slice(before) as { protoPayload: AuditedCall }[])
      .map(({ protoPayload }) => protoPayload)
      .filter(({ methodName }) => methodName === method);
}

Deno.test("a checkpoint is signed by the key whose 32 bytes are shown", async () => {
  const key = ledgerKey();
  const calls = watch("AsymmetricSign");
  const signature = await key.sign(body);
  const published = createPublicKey(kms.publicKeyPem(keyVersion));
  const spki = published.export({ format: "der", type: "spki" });
  assert.equal(signature.length, 64);
  assert.ok(verify(null, body, published, signature));
  assert.deepEqual(Buffer.from(await key.publicKey()), spki.subarray(-32));
  const [{ request, requestMetadata } = assert.fail(), ...others] = calls();
  assert.deepEqual(others, []);
  assert.ok(!("digest" in request) && !("data" in request));
  assert.equal(requestMetadata.requestAttributes.reason, "ledger");
  assert.match(requestMetadata.callerSuppliedUserAgent, /^box-office\/test /);
});

Deno.test("nothing is loaded before the first call, and all is got once", async () => {
  let loads = 0;
  const calls = watch("GetPublicKey");
  const key = ledgerKey({
    host: createThreadHost(null, () => {
      loads++;
      return loadKmsSdk();
    }),
  });
  assert.equal(loads, 0);
  await Promise.all([key.publicKey(), key.sign(body), key.publicKey(), key.sign(body)]);
  await key.publicKey();
  assert.deepEqual([loads, calls().length], [1, 1]);
});

type Row = readonly [title: string, fault: KmsFault, reason: string, retryable: boolean];

const damaged = "The checksum in field data_crc32c did not match the data in field data.";

const signing: readonly Row[] = [
  [
    "whose bits changed with a right checksum",
    { kind: "corrupt_signature" },
    "bad_signature",
    true,
  ],
  ["with a wrong checksum", { kind: "corrupt_signature_crc32c" }, "checksum", true],
  ["without a checksum", { kind: "missing_signature_crc32c" }, "checksum", true],
  ["that does not vouch for the data", { kind: "missing_verified_data_crc32c" }, "checksum", true],
  ["that denies the data", { kind: "false_verified_data_crc32c" }, "checksum", true],
  ["of another key version", { kind: "wrong_name" }, "wrong_key", true],
  [
    "of a key held elsewhere",
    { kind: "wrong_protection_level", protectionLevel: "EXTERNAL" },
    "wrong_protection",
    false,
  ],
  ["that is UNAVAILABLE", { kind: "status", status: "UNAVAILABLE" }, "unavailable", true],
  ["that was cut off", { kind: "reset" }, "network", true],
  [
    "of data that arrived damaged",
    { kind: "status", status: "INVALID_ARGUMENT", message: damaged },
    "checksum",
    true,
  ],
  ["that is denied", { kind: "status", status: "PERMISSION_DENIED" }, "denied", false],
];

function again(retryable: boolean): string {
  return retryable ? "tried over once" : "not tried over";
}

for (const [title, fault, reason, retryable] of signing) {
  Deno.test(`a signature ${title} is refused, and ${again(retryable)}`, async () => {
    const key = await warm(ledgerKey());
    const calls = watch("AsymmetricSign");
    kms.fault({ ...fault, happened: true });
    assert.deepEqual(judged(await faultIn(key.sign(body))), [reason, retryable, 0]);
    assert.equal(calls().length, retryable ? 2 : 1);
    kms.fault({ ...fault, calls: 1 });
    if (retryable) await key.sign(body);
    else assert.equal((await faultIn(key.sign(body))).reason, reason);
  });
}

const fetching: readonly Row[] = [
  ["with a wrong checksum", { kind: "corrupt_pem_crc32c" }, "checksum", true],
  ["without a checksum", { kind: "missing_pem_crc32c" }, "checksum", true],
  ["of another key version", { kind: "wrong_name" }, "wrong_key", true],
  ["that is none", { kind: "wrong_pem", pem: "no key at all" }, "wrong_key", true],
  ["that is of RSA", { kind: "wrong_pem", pem: kms.publicKeyPem() }, "wrong_key", true],
  [
    "held elsewhere",
    { kind: "wrong_protection_level", protectionLevel: "EXTERNAL" },
    "wrong_protection",
    false,
  ],
  ["for another algorithm", { kind: "wrong_algorithm" }, "invalid", false],
  ["that is UNAVAILABLE", { kind: "status", status: "UNAVAILABLE" }, "unavailable", true],
];

for (const [title, fault, reason, retryable] of fetching) {
  Deno.test(`a public key ${title} is refused before the key is used, and ${again(retryable)}`, async () => {
    const key = ledgerKey();
    const before = kms.signatures();
    const calls = watch("GetPublicKey");
    kms.fault({ ...fault, method: "getPublicKey", happened: true });
    assert.deepEqual(judged(await faultIn(key.publicKey())), [reason, retryable, 0]);
    assert.equal(calls().length, retryable ? 2 : 1);
    assert.equal((await faultIn(key.sign(body))).reason, reason);
    assert.equal(kms.signatures(), before);
    kms.fault({ ...fault, method: "getPublicKey", calls: 1 });
    if (!retryable) await faultIn(key.publicKey());
    await key.sign(body);
  });
}

Deno.test("a public key under which nothing verifies is fetched anew", async () => {
  const other = await kms.addKeyVersion({ algorithm: "EC_SIGN_ED25519" });
  const key = ledgerKey();
  const pem = kms.publicKeyPem(other);
  kms.fault({ kind: "wrong_pem", pem, method: "getPublicKey", calls: 1 });
  const signature = await key.sign(body);
  assert.ok(verify(null, body, createPublicKey(kms.publicKeyPem(keyVersion)), signature));
});

Deno.test("the app's kind of key is `invalid`, and signs nothing", async () => {
  const before = kms.signatures();
  const key = ledgerKey({ keyVersion: kms.keyVersion });
  assert.deepEqual(judged(await faultIn(key.sign(body))), ["invalid", false, 0]);
  assert.deepEqual(judged(await faultIn(key.publicKey())), ["invalid", false, 0]);
  assert.equal(kms.signatures(), before);
});

Deno.test("a key in software is taken: Google's own is enough for a checkpoint", async () => {
  const soft = { algorithm: "EC_SIGN_ED25519", protectionLevel: "SOFTWARE" };
  const key = ledgerKey({ keyVersion: await kms.addKeyVersion(soft) });
  assert.equal((await key.sign(body)).length, 64);
});

Deno.test("a fault that asks for a pause is not tried over", async () => {
  const key = await warm(ledgerKey());
  const calls = watch("AsymmetricSign");
  kms.fault({ kind: "status", status: "RESOURCE_EXHAUSTED" });
  assert.deepEqual(judged(await faultIn(key.sign(body))), ["quota", true, 1000]);
  assert.equal(calls().length, 1);
});

Deno.test("silence is a timeout, for signature and public key", async () => {
  for (const method of ["getPublicKey", "asymmetricSign"] as const) {
    const key = ledgerKey({ timeoutMs: shortMs });
    if (method === "asymmetricSign") await warm(key);
    kms.fault({ kind: "silent", method });
    assert.deepEqual(judged(await faultIn(key.sign(body))), ["timeout", true, 0], method);
    kms.fault(null);
  }
});

Deno.test("a disabled key signs nothing, keeps its public key, and signs again when enabled", async () => {
  const version = await kms.addKeyVersion({ algorithm: "EC_SIGN_ED25519" });
  const key = await warm(ledgerKey({ keyVersion: version }));
  const publicKey = await key.publicKey();
  kms.setState(version, "DISABLED");
  const calls = watch("AsymmetricSign");
  assert.deepEqual(judged(await faultIn(key.sign(body))), ["key_not_enabled", false, 0]);
  assert.equal(calls().length, 1);
  assert.deepEqual(await key.publicKey(), publicKey);
  const fresh = ledgerKey({ keyVersion: version });
  assert.equal((await faultIn(fresh.publicKey())).reason, "key_not_enabled");
  kms.setState(version, "ENABLED");
  await key.sign(body);
  assert.deepEqual(await fresh.publicKey(), publicKey);
});

Deno.test("a name or an endpoint that is not usable is refused before anything is sent", () => {
  assert.throws(() => ledgerKey({ keyVersion: "latest" }), /^Error: Cannot sign with the key/);
  const endpoint = new URL("http://kms.example.test");
  assert.throws(() => ledgerKey({ endpoint }), /^Error: Cannot use the Cloud KMS endpoint/);
});
