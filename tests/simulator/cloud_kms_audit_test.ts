import assert from "node:assert/strict";
import { startKms } from "../support/kms.ts";
import { call, digest, sharedCloudKms, sign, signBody } from "./cloud_kms_client.ts";

const kms = await sharedCloudKms();

async function auditLines(url: string): Promise<Readonly<Record<string, unknown>>[]> {
  const text = await (await fetch(`${url}/_control/kms_audit`)).text();
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

Deno.test("an audit entry has the captured shape: hex digest, no signature, agent and reason", async () => {
  const now = Date.parse("2026-11-22T12:00:00.123Z");
  const quiet = await startKms({ clock: () => now });
  const headers = { "user-agent": "box-office/1", "x-goog-request-reason": "attempt-1" };
  const signed = await sign(quiet, signBody, { headers });
  const [entry, ...others] = await auditLines(quiet.url);
  await quiet.close();
  assert.deepEqual(others, []);
  const cryptoKey = quiet.keyVersion.replace(/\/cryptoKeyVersions\/1$/, "");
  const time = "2026-11-22T12:00:00.123000000Z";
  assert.deepEqual({ ...entry, insertId: "" }, {
    protoPayload: {
      "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
      status: {},
      authenticationInfo: {
        principalEmail: "box-office@box-office-sandbox.iam.gserviceaccount.com",
        principalSubject: "serviceAccount:box-office@box-office-sandbox.iam.gserviceaccount.com",
      },
      requestMetadata: {
        callerIp: "203.0.113.7",
        callerSuppliedUserAgent: "box-office/1,gzip(gfe)",
        requestAttributes: { time, reason: "attempt-1", auth: {} },
        destinationAttributes: {},
      },
      serviceName: "cloudkms.googleapis.com",
      methodName: "AsymmetricSign",
      authorizationInfo: [{
        resource: cryptoKey,
        permission: "cloudkms.cryptoKeyVersions.useToSign",
        granted: true,
        resourceAttributes: {
          service: "google.cloud.kms",
          name: cryptoKey,
          type: "cloudkms.googleapis.com/CryptoKey",
        },
        permissionType: "DATA_READ",
      }],
      resourceName: quiet.keyVersion,
      request: {
        name: quiet.keyVersion,
        digest: { sha256: digest.toString("hex") },
        "@type": "type.googleapis.com/google.cloud.kms.v1.AsymmetricSignRequest",
      },
      metadata: {},
      resourceLocation: { currentLocations: ["europe-west4"] },
    },
    insertId: "",
    resource: {
      type: "cloudkms_cryptokeyversion",
      labels: {
        crypto_key_version_id: "1",
        project_id: "box-office-sandbox",
        crypto_key_id: "system-user",
        key_ring_id: "box-office",
        location: "europe-west4",
      },
    },
    timestamp: time,
    severity: "INFO",
    logName: "projects/box-office-sandbox/logs/cloudaudit.googleapis.com%2Fdata_access",
    receiveTimestamp: time,
  });
  assert.ok(!JSON.stringify(entry).includes(String(signed.body["signature"])));
});

Deno.test("a refused request is logged once with its status, a retried one once per try", async () => {
  const before = kms.auditEntries().length;
  const missing = kms.keyVersion.replace(/1$/, "404");
  await sign(kms, signBody, { keyVersion: missing });
  kms.fault({ kind: "status", status: "UNAVAILABLE", calls: 1 });
  await sign(kms);
  await sign(kms);
  const entries = kms.auditEntries().slice(before) as {
    insertId: string;
    protoPayload: { status: { code?: number }; request: { digest: { sha256: string } } };
  }[];
  assert.deepEqual(entries.map(({ protoPayload }) => protoPayload.status.code), [5, 14, undefined]);
  const digests = entries.map(({ protoPayload }) => protoPayload.request.digest.sha256);
  assert.deepEqual(new Set(digests), new Set([digest.toString("hex")]));
  assert.equal(new Set(entries.map(({ insertId }) => insertId)).size, 3);
});

Deno.test("audit entries can come late, with the time they were received", async () => {
  let now = Date.parse("2026-11-22T12:00:00Z");
  const late = await startKms({ clock: () => now, auditDelayMs: 1900 });
  await sign(late);
  now += 1899;
  assert.deepEqual(late.auditEntries(), []);
  now += 1;
  const [entry] = await auditLines(late.url);
  await late.close();
  assert.equal(entry?.["timestamp"], "2026-11-22T12:00:00.000000000Z");
  assert.equal(entry?.["receiveTimestamp"], "2026-11-22T12:00:01.900000000Z");
});

const LOCATION = "projects/box-office-sandbox/locations/europe-west4";

interface Entry {
  readonly logName: string;
  readonly severity: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly protoPayload: {
    readonly methodName: string;
    readonly resourceName: string;
    readonly status: { readonly code?: number };
    readonly authorizationInfo: readonly [
      { readonly permission: string; readonly resource: string; readonly permissionType: string },
    ];
    readonly request: Readonly<Record<string, unknown>>;
  };
}

/** What the log gets from one call. */
async function entriesOf(http: string, path: string, body: unknown = {}): Promise<Entry[]> {
  const before = kms.auditEntries().length;
  const init = http === "GET" ? {} : { method: http, body: JSON.stringify(body) };
  await call(`${kms.url}/v1/${path}`, init);
  return kms.auditEntries().slice(before) as Entry[];
}

const RING = `${LOCATION}/keyRings/log`;
const SEAL = `${RING}/cryptoKeys/seal`;
const SIGN = `${RING}/cryptoKeys/sign`;
const JOB = `${RING}/importJobs/job`;
const job = { importMethod: "RSA_OAEP_3072_SHA256_AES_256", protectionLevel: "SOFTWARE" };
const imported = { importJob: JOB, algorithm: "EC_SIGN_ED25519", wrappedKey: "c2VjcmV0" };
const signing = {
  purpose: "ASYMMETRIC_SIGN",
  versionTemplate: { algorithm: "EC_SIGN_ED25519" },
};

const VERSION = `${SEAL}/cryptoKeyVersions/2`;
const DISABLE = { state: "DISABLED" };

/** In this order: each works on what those before it made. */
// deno-fmt-ignore
const changes: readonly (readonly [on: string, path: string, body: unknown, method: string, made: string])[] = [
  [LOCATION, `${LOCATION}/keyRings?keyRingId=log`, {}, "CreateKeyRing", RING],
  [RING, `${RING}/cryptoKeys?cryptoKeyId=seal`, { purpose: 1 }, "CreateCryptoKey", SEAL],
  [RING, `${RING}/cryptoKeys?cryptoKeyId=sign`, signing, "CreateCryptoKey", SIGN],
  [SEAL, `${SEAL}/cryptoKeyVersions`, {}, "CreateCryptoKeyVersion", VERSION],
  [SEAL, `${SEAL}:updatePrimaryVersion`, { cryptoKeyVersionId: "1" }, "UpdateCryptoKeyPrimaryVersion", SEAL],
  [SEAL, `${VERSION}?updateMask=state`, DISABLE, "UpdateCryptoKeyVersion", VERSION],
  [SEAL, `${VERSION}:destroy`, {}, "DestroyCryptoKeyVersion", VERSION],
  [SEAL, `${VERSION}:restore`, {}, "RestoreCryptoKeyVersion", VERSION],
  [RING, `${RING}/importJobs?importJobId=job`, job, "CreateImportJob", JOB],
  [SIGN, `${SIGN}/cryptoKeyVersions:import`, imported, "ImportCryptoKeyVersion", `${SIGN}/cryptoKeyVersions/2`],
];

const TYPES = [
  [/\/cryptoKeyVersions\/\d+$/, "cloudkms_cryptokeyversion"],
  [/\/cryptoKeys\/\w+$/, "cloudkms_cryptokey"],
  [/\/importJobs\/\w+$/, "cloudkms_importjob"],
  [/\/keyRings\/\w+$/, "cloudkms_keyring"],
] as const;

Deno.test("what changes something is Admin Activity, and names what it made", async () => {
  for (const [on, path, body, method, made] of changes) {
    const http = method === "UpdateCryptoKeyVersion" ? "PATCH" : "POST";
    const [entry, ...others] = await entriesOf(http, path, body);
    const type = TYPES.find(([grammar]) => grammar.test(made))?.[1];
    assert.deepEqual(others, []);
    const { methodName, resourceName, status, authorizationInfo } = entry!.protoPayload;
    assert.deepEqual([methodName, resourceName, status], [method, made, {}]);
    assert.deepEqual([entry?.resource.type, entry?.severity], [type, "NOTICE"]);
    assert.match(entry!.logName, /%2Factivity$/);
    assert.equal(entry?.resource.labels["key_ring_id"], "log");
    const [{ resource, permissionType }] = authorizationInfo;
    assert.deepEqual([resource, permissionType], [on, "ADMIN_WRITE"]);
    assert.ok(!JSON.stringify(entry).includes(imported.wrappedKey), "no key material is logged");
  }
});

Deno.test("encrypting and decrypting is Data Access, without what was encrypted", async () => {
  const plaintext = "YSBzZWNyZXQ=";
  const ciphertext = (await call(`${kms.url}/v1/${SEAL}:encrypt`, {
    method: "POST",
    body: JSON.stringify({ plaintext }),
  })).body["ciphertext"];
  const entries = [
    ...await entriesOf("POST", `${SEAL}:encrypt`, { plaintext }),
    ...await entriesOf("POST", `${SEAL}:decrypt`, { ciphertext }),
    ...await entriesOf("POST", `${SEAL}:decrypt`, { ciphertext: plaintext }),
  ];
  const rows = entries.map(({ protoPayload: { methodName, status } }) => [methodName, status.code]);
  assert.deepEqual(rows, [["Encrypt", undefined], ["Decrypt", undefined], ["Decrypt", 3]]);
  for (const entry of entries) {
    assert.match(entry.logName, /%2Fdata_access$/);
    assert.deepEqual([entry.resource.type, entry.severity], ["cloudkms_cryptokey", "INFO"]);
    assert.equal(entry.protoPayload.request["name"], SEAL);
    assert.ok(!JSON.stringify(entry).includes(plaintext));
    assert.ok(!JSON.stringify(entry).includes(String(ciphertext)));
  }
});

Deno.test("a refused change is logged where it was tried, and what only reads is not logged", async () => {
  const [refused] = await entriesOf("POST", `${LOCATION}/keyRings?keyRingId=log`);
  assert.equal(refused?.protoPayload.status.code, 6);
  assert.equal(refused?.protoPayload.resourceName, LOCATION);
  assert.deepEqual(refused?.protoPayload.request["keyRingId"], "log");
  for (const path of [RING, SEAL, JOB, `${RING}/cryptoKeys`, `${SEAL}/cryptoKeyVersions/1`]) {
    assert.deepEqual(await entriesOf("GET", path), []);
  }
});
