import assert from "node:assert/strict";
import { startCloudKms } from "../../src/simulator/cloud_kms/server.ts";
import { digest, sharedCloudKms, sign, signBody } from "./cloud_kms_client.ts";

const kms = await sharedCloudKms();

async function auditLines(url: string): Promise<Readonly<Record<string, unknown>>[]> {
  const text = await (await fetch(`${url}/_control/kms_audit`)).text();
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

Deno.test("an audit entry has the captured shape: hex digest, no signature, agent and reason", async () => {
  const now = Date.parse("2026-11-22T12:00:00.123Z");
  const quiet = await startCloudKms({ clock: () => now });
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
  const late = await startCloudKms({ clock: () => now, auditDelayMs: 1900 });
  await sign(late);
  now += 1899;
  assert.deepEqual(late.auditEntries(), []);
  now += 1;
  const [entry] = await auditLines(late.url);
  await late.close();
  assert.equal(entry?.["timestamp"], "2026-11-22T12:00:00.000000000Z");
  assert.equal(entry?.["receiveTimestamp"], "2026-11-22T12:00:01.900000000Z");
});
