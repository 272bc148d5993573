/** The log filters of the Terraform example, on entries of the stand-in's log and on bent ones. */

import assert from "node:assert/strict";
import { auditFilter } from "../src/adapters/google_logging/audit_filter.ts";
import type { Instant } from "../src/domain/instant.ts";
import { parseLogFilter } from "../src/simulator/cloud_kms/log_filter.ts";
import { call, sharedCloudKms, sign } from "./simulator/cloud_kms_client.ts";
import { LOCATION, once, sdkClient } from "./simulator/cloud_kms_sdk.ts";
import { type Bent, CRYPTO_KEY, KEY_VERSION, logEntry } from "./support/audit_entries.ts";
import { textOf } from "./support/terraform.ts";

/** As `local.services` has it. */
const SERVICE = "serviceAccount:signer@acme.iam.gserviceaccount.com";
const FEDERATED =
  "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/deployment:a/b/production";

const [, RING = "", KEY = ""] = /keyRings\/([^/]+)\/cryptoKeys\/([^/]+)$/.exec(CRYPTO_KEY) ?? [];

/** The alarm of one key, as Terraform writes it. */
function otherSigner(service: string, ring = RING, key = KEY): string {
  return textOf("for name, key in local.keys : name => ", {
    "var.key_ring": ring,
    name: key,
    "local.services[key.environment]": service,
    'trimprefix(local.services[key.environment], "serviceAccount:")': service
      .replace(/^serviceAccount:/, ""),
  });
}

const KEPT = textOf("kept_log = ");
const CHANGE = textOf("change = ");

/** An entry of Admin Activity. */
function activity(serviceName: string, methodName: string): Record<string, unknown> {
  const entry = logEntry({ service: serviceName, method: methodName });
  return { ...entry, logName: "projects/acme/logs/cloudaudit.googleapis.com%2Factivity" };
}

Deno.test("the alarm is silent for the service, however the log names it, and loud for all others", () => {
  const email = SERVICE.replace("serviceAccount:", "");
  const rows: readonly (readonly [string, Bent["principal"], boolean])[] = [
    [SERVICE, { principalEmail: email }, false],
    [SERVICE, { principalEmail: email, principalSubject: SERVICE }, false],
    [SERVICE, { principalSubject: SERVICE }, false],
    [
      SERVICE,
      { principalEmail: "eve@example.com", principalSubject: "user:eve@example.com" },
      true,
    ],
    [SERVICE, { principalEmail: `x${email}`, principalSubject: `serviceAccount:x${email}` }, true],
    // Federated identities have no address: an inequality would pass them over.
    [SERVICE, { principalSubject: FEDERATED }, true],
    [SERVICE, undefined, true],
    [SERVICE, {}, true],
    [FEDERATED, { principalSubject: FEDERATED }, false],
    [FEDERATED, { principalSubject: FEDERATED.replace("production", "preview") }, true],
    [FEDERATED, { principalEmail: email, principalSubject: SERVICE }, true],
  ];
  for (const [service, principal, isLoud] of rows) {
    const says = parseLogFilter(otherSigner(service))(logEntry({ principal }));
    assert.equal(says, isLoud, JSON.stringify([service, principal]));
  }
});

Deno.test("the alarm is about its key's signatures, refused ones too, and no other call", () => {
  const isAlarm = parseLogFilter(otherSigner(FEDERATED));
  const rows: readonly (readonly [Bent, boolean])[] = [
    [{}, true],
    [{ keyVersion: KEY_VERSION.replace(/1$/, "27") }, true],
    [{ keyVersion: KEY_VERSION.replace("projects/acme/", "projects/123456/") }, true],
    [{ method: "google.cloud.kms.v1.KeyManagementService.AsymmetricSign" }, true],
    [{ status: { code: 7, message: "denied" } }, true],
    [{ digest: undefined }, true],
    [{ method: "GetPublicKey" }, false],
    [{ keyVersion: KEY_VERSION.replace(`/${KEY}/`, `/${KEY}-2/`) }, false],
    [{ keyVersion: KEY_VERSION.replace(`/${RING}/`, "/another/") }, false],
  ];
  for (const [bent, isLoud] of rows) {
    assert.equal(isAlarm(logEntry(bent)), isLoud, JSON.stringify(bent));
  }
});

Deno.test("the alarm asks as a reconciliation asks, so that neither sees a signature the other does not", () => {
  const asked = auditFilter({
    keyVersions: [KEY_VERSION],
    from: null,
    until: "2100-01-01T00:00:00.000000000Z" as Instant,
  });
  const [common = ""] = otherSigner(SERVICE).split("\nAND NOT ");
  const clauses = common.split(/\s+AND\s+/);
  assert.equal(clauses.length, 3);
  for (const clause of clauses) assert.ok(asked.includes(clause), `${clause} is not in ${asked}`);
});

Deno.test("what a reconciliation asks for is kept, and so is what was changed; other logs are not", () => {
  const isKept = parseLogFilter(KEPT);
  assert.ok(isKept(logEntry()));
  assert.ok(isKept(logEntry({ keyVersion: KEY_VERSION.replace("acme", "123456") })));
  assert.ok(isKept(logEntry({ method: "GetPublicKey" })));
  assert.ok(isKept(activity("cloudkms.googleapis.com", "SetIamPolicy")));
  assert.ok(isKept(activity("cloudresourcemanager.googleapis.com", "SetIamPolicy")));
  assert.ok(!isKept(logEntry({ service: "storage.googleapis.com" })));
  assert.ok(!isKept({ ...logEntry(), logName: "projects/acme/logs/stdout" }));
});

Deno.test("a change of keys, roles, logging or alarms is one, and a use of a key is none", () => {
  const isChange = parseLogFilter(CHANGE);
  const changes = [
    ["cloudkms.googleapis.com", "SetIamPolicy"],
    ["cloudkms.googleapis.com", "UpdateCryptoKeyVersion"],
    ["cloudkms.googleapis.com", "DestroyCryptoKeyVersion"],
    // Roles and audit configuration of the project are one policy.
    ["cloudresourcemanager.googleapis.com", "SetIamPolicy"],
    ["logging.googleapis.com", "google.logging.v2.ConfigServiceV2.UpdateSink"],
    ["monitoring.googleapis.com", "google.monitoring.v3.AlertPolicyService.DeleteAlertPolicy"],
    ["iam.googleapis.com", "google.iam.admin.v1.SetIAMPolicy"],
    ["iam.googleapis.com", "google.iam.admin.v1.CreateServiceAccountKey"],
    // A role that somebody has already may be made to allow signing.
    ["iam.googleapis.com", "google.iam.admin.v1.UpdateRole"],
    ["iam.googleapis.com", "google.iam.admin.v1.UndeleteRole"],
    [
      "iam.googleapis.com",
      "google.iam.v1.WorkloadIdentityPools.UpdateWorkloadIdentityPoolProvider",
    ],
  ] as const;
  for (const [service, method] of changes) assert.ok(isChange(activity(service, method)), method);
  assert.ok(!isChange(logEntry()));
  assert.ok(!isChange(logEntry({ method: "GetPublicKey" })));
  assert.ok(!isChange(activity("compute.googleapis.com", "v1.compute.instances.insert")));
});

Deno.test("asked of the stand-in's log, the alarm finds another's signature and not the service's", async () => {
  await sign(kms);
  const { ring, key } = /keyRings\/(?<ring>[^/]+)\/cryptoKeys\/(?<key>[^/]+)\//
    .exec(kms.keyVersion)!.groups!;
  const own = "serviceAccount:box-office@box-office-sandbox.iam.gserviceaccount.com";
  assert.equal(await count(otherSigner(own, ring, key)), 0);
  assert.equal(await count(otherSigner(SERVICE, ring, key)), 1);
  assert.equal(await count(otherSigner(SERVICE, ring, `${key}-2`)), 0);
  assert.equal(await count(CHANGE), 0);
  const google = await sdkClient(kms);
  await google.createKeyRing({ parent: LOCATION, keyRingId: "another", keyRing: {} }, once);
  assert.equal(await count(CHANGE), 1);
  assert.equal(await count(KEPT), 2);
});

const kms = await sharedCloudKms();

/** How many entries the stand-in's Cloud Logging has. */
async function count(filter: string): Promise<number> {
  const query = { resourceNames: ["projects/box-office-sandbox"], filter, pageSize: 1000 };
  const init = { method: "POST", body: JSON.stringify(query) };
  const { status, body } = await call(`${kms.url}/v2/entries:list`, init);
  assert.equal(status, 200, JSON.stringify(body));
  return (body["entries"] as unknown[] | undefined)?.length ?? 0;
}
