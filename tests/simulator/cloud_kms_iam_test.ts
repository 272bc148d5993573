/** Allow policies at the stand-in, as Cloud KMS and the Resource Manager answer them. */

import assert from "node:assert/strict";
import { createIamPolicies } from "../../src/adapters/signing/iam_policies.ts";
import { keyUseLogging, readIamPolicy, signersBy } from "../../src/domain/iam_policy.ts";
import { SignerFault } from "../../src/domain/signer_fault.ts";
import { startKms } from "../support/kms.ts";

const PROJECT = "projects/box-office-sandbox";
const RING = `${PROJECT}/locations/europe-west4/keyRings/box-office`;
const KEY = `${RING}/cryptoKeys/system-user`;
const OWN = "serviceAccount:box-office@box-office-sandbox.iam.gserviceaccount.com";

const { signal } = new AbortController();

function because(reason: string) {
  return (error: unknown) => error instanceof SignerFault && error.reason === reason;
}

Deno.test("policies of key, ring and project are read, and refused where nobody may read them", async () => {
  const kms = await startKms();
  const unwanted = () => Promise.reject(new Error("Credentials were looked for"));
  const policies = createIamPolicies({
    endpoint: new URL(kms.url),
    credentials: { cloudKms: unwanted, resourceManager: unwanted },
    userAgent: "test/1",
  });
  try {
    assert.deepEqual(signersBy(await policies.ofKey(KEY, signal)), [
      { member: OWN, role: "roles/cloudkms.signer", isCertain: true },
    ]);
    assert.deepEqual(await policies.ofKey(RING, signal), { bindings: [], auditConfigs: [] });
    const project = await policies.ofProject("box-office-sandbox", signal);
    assert.deepEqual(keyUseLogging(project), { isOn: true, exempted: [] });
    await assert.rejects(policies.ofKey(`${RING}/cryptoKeys/none`, signal), because("not_found"));
    for (const resource of [PROJECT, RING, KEY]) kms.iamPolicy(resource, null);
    await assert.rejects(policies.ofKey(KEY, signal), because("denied"));
    await assert.rejects(policies.ofKey(RING, signal), because("denied"));
    await assert.rejects(policies.ofProject("box-office-sandbox", signal), because("denied"));
    kms.iamPolicy(KEY, { bindings: "all" });
    await assert.rejects(policies.ofKey(KEY, signal), because("invalid"));
    assert.equal(kms.auditEntries().length, 0);
  } finally {
    await kms.close();
  }
  await assert.rejects(policies.ofKey(KEY, signal), because("network"));
  await assert.rejects(policies.ofKey(KEY, AbortSignal.abort()), because("timeout"));
});

Deno.test("whoever is named as Cloud KMS is asked with its own credentials, not with the Resource Manager's", async () => {
  const told = (name: string) => () => Promise.reject(new Error(name));
  const policies = createIamPolicies({
    endpoint: new URL("https://kms.example"),
    credentials: { cloudKms: told("kms"), resourceManager: told("manager") },
    userAgent: "test/1",
  });
  await assert.rejects(policies.ofKey(KEY, signal), { message: "kms" });
  await assert.rejects(policies.ofProject("acme", signal), { message: "manager" });
});

Deno.test("who may sign is told by Google's roles; what a role of somebody's own allows is not known", () => {
  const policy = readIamPolicy({
    etag: "x",
    bindings: [
      { role: "roles/cloudkms.admin", members: ["user:a@example.com"] },
      { role: "roles/owner", members: ["user:b@example.com"] },
      { role: "projects/p/roles/keyUser", members: ["group:c@example.com"] },
      { role: "roles/cloudkms.cryptoOperator" },
    ],
  });
  assert.deepEqual(signersBy(policy!), [
    { member: "user:b@example.com", role: "roles/owner", isCertain: true },
    { member: "group:c@example.com", role: "projects/p/roles/keyUser", isCertain: false },
  ]);
});

Deno.test("logging of all services and of Cloud KMS adds up, and so do the exempted", () => {
  const of = (...auditConfigs: unknown[]) => keyUseLogging(readIamPolicy({ auditConfigs })!);
  const log = (logType: string, ...exemptedMembers: string[]) => ({ logType, exemptedMembers });
  const config = (service: string, ...auditLogConfigs: unknown[]) => ({ service, auditLogConfigs });
  assert.deepEqual(of(), { isOn: false, exempted: [] });
  assert.deepEqual(of(config("cloudkms.googleapis.com", log("DATA_WRITE"), log("ADMIN_READ"))), {
    isOn: false,
    exempted: [],
  });
  assert.deepEqual(of(config("storage.googleapis.com", log("DATA_READ"))).isOn, false);
  const all = config("allServices", log("DATA_READ", "user:a@example.com"));
  const kms = config("cloudkms.googleapis.com", log("DATA_READ", "user:b@example.com"));
  assert.deepEqual(of(all, kms), {
    isOn: true,
    exempted: ["user:a@example.com", "user:b@example.com"],
  });
  for (const odd of [null, [], "x", { bindings: {} }, { bindings: [{}] }, { auditConfigs: [1] }]) {
    assert.equal(readIamPolicy(odd), null, JSON.stringify(odd));
  }
});
