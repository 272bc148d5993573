import assert from "node:assert/strict";
import { startKms } from "../support/kms.ts";
import { call, errorOf, pull, sharedCloudKms, sign, signBody } from "./cloud_kms_client.ts";

const kms = await sharedCloudKms();

/** JSON lines. */
async function auditCount(): Promise<number> {
  const text = await (await fetch(`${kms.url}/_control/kms_audit`)).text();
  return text.split("\n").filter((line) => line !== "").length;
}

Deno.test("the control API lists its verbs, and the same verbs can be mounted elsewhere", async () => {
  const { verbs } = (await call(`${kms.url}/_control`)).body as { verbs: { verb: string }[] };
  assert.deepEqual(verbs.map(({ verb }) => verb), [
    "kms_audit",
    "kms_audit_delay",
    "kms_signatures",
    "kms_key_versions",
    "kms_add_key_version",
    "kms_set_state",
    "kms_pending",
    "kms_disabling",
    "kms_require_bearer",
    "kms_expire_import_job",
    "kms_iam_policy",
    "kms_fault",
    "kms_armed_fault",
    "kms_clear_fault",
  ]);
  assert.deepEqual(Object.keys(kms.verbs), verbs.map(({ verb }) => verb));
});

Deno.test("another process can count signatures", async () => {
  const before = kms.signatures();
  await sign(kms);
  assert.deepEqual((await pull(kms, "kms_signatures")).result, { signatures: before + 1 });
});

Deno.test("another process can add versions, see them and set their states", async () => {
  const members = { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protection_level: "SOFTWARE" };
  const added = (await pull(kms, "kms_add_key_version", members)).result;
  const keyVersion = (added as { key_version: string }).key_version;
  assert.equal((await sign(kms, signBody, { keyVersion })).body["protectionLevel"], "SOFTWARE");
  const listed = async () => {
    const versions = (await pull(kms, "kms_key_versions")).result as { name: string }[];
    return versions.find(({ name }) => name === keyVersion);
  };
  const row = { name: keyVersion, ...members };
  assert.deepEqual(await listed(), { ...row, state: "ENABLED" });
  const disabled = await pull(kms, "kms_set_state", { key_version: keyVersion, state: "DISABLED" });
  assert.deepEqual(disabled, { status: 200, result: null });
  assert.deepEqual(await listed(), { ...row, state: "DISABLED" });
  assert.equal((await sign(kms, signBody, { keyVersion })).status, 400);
  await pull(kms, "kms_set_state", { key_version: keyVersion, state: "ENABLED" });
  const late = { key_version: keyVersion, state: "DISABLED", effective_after_ms: 3_600_000 };
  await pull(kms, "kms_set_state", late);
  assert.equal((await sign(kms, signBody, { keyVersion })).status, 200);
});

Deno.test("another process can arm a fault and clear it", async () => {
  await pull(kms, "kms_fault", { kind: "status", status: "INTERNAL" });
  assert.equal(errorOf(await sign(kms)).status, "INTERNAL");
  assert.deepEqual(await pull(kms, "kms_clear_fault", {}), { status: 200, result: null });
  assert.equal((await sign(kms)).status, 200);
  await pull(kms, "kms_fault", { kind: "wrong_protection_level", protection_level: "EXTERNAL" });
  assert.equal((await sign(kms)).body["protectionLevel"], "EXTERNAL");
});

Deno.test("another process can see the fault that is armed, until its calls are used up", async () => {
  const armed = async () => (await pull(kms, "kms_armed_fault")).result;
  assert.equal(await armed(), null);
  const fault = { kind: "status", status: "INTERNAL", calls: 1 };
  await pull(kms, "kms_fault", fault);
  assert.deepEqual(await armed(), fault);
  await sign(kms);
  assert.equal(await armed(), null);
  await pull(kms, "kms_fault", { kind: "wrong_name" });
  await pull(kms, "kms_clear_fault", {});
  assert.equal(await armed(), null);
});

Deno.test("the delay of the audit log can be changed while it runs", async () => {
  const before = await auditCount();
  await pull(kms, "kms_audit_delay", { milliseconds: 3_600_000 });
  await sign(kms);
  assert.equal(await auditCount(), before);
  await pull(kms, "kms_audit_delay", { milliseconds: 0 });
  await sign(kms);
  assert.equal(await auditCount(), before + 1, "the delayed entry stays delayed");
});

Deno.test("a disabling by a caller of the API is felt late when asked to, an enabling at once", async () => {
  let now = Date.parse("2026-11-22T12:00:00Z");
  const slow = await startKms({ clock: () => now });
  await pull(slow, "kms_disabling", { milliseconds: 60_000 });
  const patch = (state: string) =>
    call(`${slow.url}/v1/${slow.keyVersion}?updateMask=state`, {
      method: "PATCH",
      body: JSON.stringify({ state }),
    });
  assert.equal((await patch("DISABLED")).body["state"], "DISABLED");
  now += 59_999;
  assert.equal((await sign(slow)).status, 200);
  now += 1;
  assert.equal((await sign(slow)).status, 400);
  await patch("ENABLED");
  assert.equal((await sign(slow)).status, 200);
  await slow.close();
});

Deno.test("a lever that is pulled wrongly says so and moves nothing", async () => {
  const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ["kms_fault", { kind: "explosion" }],
    ["kms_fault", { kind: "status", status: "SAD" }],
    ["kms_fault", { kind: "slow" }],
    ["kms_fault", { kind: "wrong_pem", method: "getPublicKey" }],
    ["kms_fault", { kind: "reset", calls: 0 }],
    ["kms_fault", { kind: "reset", method: "macSign" }],
    ["kms_fault", { kind: "reset", until: "noon" }],
    ["kms_fault", { kind: "corrupt_signature", method: "getPublicKey" }],
    ["kms_fault", { kind: "wrong_name", method: "listKeyRings" }],
    ["kms_fault", { kind: "wrong_protection_level", protection_level: "PAPER" }],
    ["kms_fault", {}],
    ["kms_set_state", { key_version: kms.keyVersion, state: "TIRED" }],
    ["kms_set_state", { key_version: "nothing", state: "DISABLED" }],
    ["kms_set_state", { key_version: kms.keyVersion, state: "DISABLED", effective_after_ms: "1" }],
    ["kms_add_key_version", { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION" }],
    ["kms_audit_delay", { milliseconds: -1 }],
    ["kms_pending", { milliseconds: "long" }],
    ["kms_disabling", {}],
    ["kms_expire_import_job", { import_job: "nothing" }],
    ["kms_iam_policy", { resource: "projects/box-office-sandbox" }],
    ["kms_iam_policy", { resource: "projects/box-office-sandbox", policy: [] }],
  ];
  const versions = kms.keyVersions().length;
  for (const [verb, members] of wrong) {
    const { status, result } = await pull(kms, verb, members);
    assert.equal(status, 400, JSON.stringify(members));
    assert.match((result as { error: string }).error, /^Cannot /, JSON.stringify(members));
  }
  assert.equal((await sign(kms)).status, 200);
  assert.equal(kms.keyVersions().length, versions);
});

Deno.test("what only reads answers to GET, what changes something does not", async () => {
  assert.equal((await pull(kms, "kms_clear_fault")).status, 405);
  assert.equal((await pull(kms, "kms_no_such_verb", {})).status, 404);
});

Deno.test("a credential is wanted as soon as the lever says so, and no longer", async () => {
  const kms = await startKms();
  try {
    const key = `${kms.url}/v1/${kms.keyVersion}/publicKey`;
    const statusWith = async (headers: HeadersInit) => {
      const answer = await fetch(key, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    const init = (required: boolean) => ({ method: "POST", body: JSON.stringify({ required }) });
    await (await fetch(`${kms.url}/_control/kms_require_bearer`, init(true))).body?.cancel();
    const given = [{}, { authorization: "Basic eA==" }, { authorization: "Bearer any" }];
    assert.deepEqual(await Promise.all(given.map(statusWith)), [401, 401, 200]);
    await (await fetch(`${kms.url}/_control/kms_require_bearer`, init(false))).body?.cancel();
    assert.equal(await statusWith({}), 200);
  } finally {
    await kms.close();
  }
});
