/** The Terraform example makes what the program asks for: the key, the roles, the logging and the alarms. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { importKey, planKeyImport } from "../src/adapters/signing/key_import.ts";
import { openImportMaterial } from "../src/adapters/signing/key_import_material.ts";
import { createWaiting } from "../src/adapters/signing/key_import_waiting.ts";
import { createKmsAdmin } from "../src/adapters/signing/kms_admin.ts";
import { ED25519, RSA_PKCS1_SHA256 } from "../src/adapters/signing/kms_checks.ts";
import { createThreadHost } from "../src/adapters/signing/kms_host.ts";
import { parseCryptoKeyName } from "../src/domain/crypto_key_name.ts";
import { keyUseLogging, readIamPolicy, signersBy } from "../src/domain/iam_policy.ts";
import { LOCATION, once, sdkClient } from "./simulator/cloud_kms_sdk.ts";
import { sharedCloudKms } from "./simulator/cloud_kms_client.ts";
import {
  attributeOf,
  blockOf,
  blocksOf,
  EXAMPLE,
  quotedIn,
  TERRAFORM,
} from "./support/terraform.ts";
import { testKeyPem } from "./support/test_keys.ts";

const page = (name: string) =>
  Deno.readTextFileSync(new URL(`../docs/${name}.md`, import.meta.url));

const APP_KEY = blockOf('resource "google_kms_crypto_key" "app"');
const LEDGER_KEY = blockOf('resource "google_kms_crypto_key" "ledger"');
const KEY_POLICY = blockOf('data "google_iam_policy" "key"');
const RING = "of-terraform";

const kms = await sharedCloudKms();
const google = await sdkClient(kms);

const rolesIn = (text: string) =>
  new Set([...text.matchAll(/\broles\/[\w.]+\w/g)].map(([role]) => role));

const allowsSigning = (role: string) =>
  signersBy({ bindings: [{ role, members: ["user:x"] }], auditConfigs: [] }).length > 0;

Deno.test("the key that Terraform makes takes an import, which makes no key of its own", async () => {
  await google.createKeyRing({ parent: LOCATION, keyRingId: RING, keyRing: {} }, once);
  await google.createCryptoKey({
    parent: `${LOCATION}/keyRings/${RING}`,
    cryptoKeyId: "app-online",
    skipInitialVersionCreation: attributeOf(APP_KEY, "skip_initial_version_creation") === "true",
    cryptoKey: {
      purpose: attributeOf(APP_KEY, "purpose") as "ASYMMETRIC_SIGN",
      importOnly: attributeOf(APP_KEY, "import_only") === "true",
      versionTemplate: {
        algorithm: "RSA_SIGN_PKCS1_2048_SHA256",
        protectionLevel: attributeOf(APP_KEY, "protection_level") as "HSM",
      },
    },
  }, once);
  const endpoint = new URL(kms.url);
  const shared = { endpoint, timeoutMs: 10_000, userAgent: "t/1", pause: () => Promise.resolve() };
  const options = {
    admin: createKmsAdmin({ ...shared, projectId: "box-office-sandbox", access: null }),
    proving: { ...shared, host: createThreadHost(), protectionLevel: "HSM" },
    material: openImportMaterial(Buffer.from(testKeyPem("rsa4096"))),
    cryptoKey: parseCryptoKeyName(`${LOCATION}/keyRings/${RING}/cryptoKeys/app-online`)!,
    protectionLevel: "HSM",
    importJobId: null,
    now: Date.now(),
    waiting: createWaiting(60_000, Date.now, () => Promise.resolve()),
    tell: () => {},
  } as const;
  const { keyRing, cryptoKey, importOnly } = await planKeyImport(options);
  assert.deepEqual({ keyRing, cryptoKey, importOnly }, {
    keyRing: "there",
    cryptoKey: "there",
    importOnly: true,
  });
  const { isNew, keyVersion } = await importKey(options);
  assert.ok(isNew);
  assert.equal(keyVersion, `${options.cryptoKey.name}/cryptoKeyVersions/1`);
  const made = kms.auditEntries().map((entry) => JSON.stringify(entry))
    .filter((entry) => /"methodName":"Create(?:KeyRing|CryptoKey)"/.test(entry));
  assert.equal(made.length, 2, "the import made a ring or a key");
});

Deno.test("keys are of the algorithms that the program takes, and are not destroyed by Terraform", () => {
  const [, pattern = ""] = /regex\("\^(RSA[^"]*)\$"/.exec(TERRAFORM) ?? [];
  const allowed = [2048, 3072, 4096].map((bits) => pattern.replace(/\(.*\)/, String(bits)));
  for (const algorithm of [...allowed, ...quotedIn(EXAMPLE).filter((it) => it.includes("RSA"))]) {
    assert.match(algorithm, RSA_PKCS1_SHA256.algorithm);
  }
  assert.match(attributeOf(LEDGER_KEY, "algorithm"), ED25519.algorithm);
  assert.equal(attributeOf(LEDGER_KEY, "purpose"), "ASYMMETRIC_SIGN");
  for (
    const block of [APP_KEY, LEDGER_KEY, blockOf('resource "google_kms_key_ring" "box_office"')]
  ) {
    assert.equal(attributeOf(block, "prevent_destroy"), "true");
  }
});

Deno.test("the service alone may sign, with the roles that the pages name, on its key", () => {
  const standing = blocksOf("binding", KEY_POLICY).map((block) => ({
    role: attributeOf(block, "role"),
    members: /members = (.*)/.exec(block)?.[1],
  }));
  const own = "local.services[each.value.environment]";
  assert.deepEqual(standing, [
    { role: "roles/cloudkms.signer", members: `[${own}]` },
    {
      role: "roles/cloudkms.publicKeyViewer",
      members: `distinct(concat([${own}], local.auditors))`,
    },
  ]);
  const [, row = ""] = /^\| the service +\|(.*)$/m.exec(page("reconcile")) ?? [];
  assert.deepEqual(rolesIn(row), new Set(standing.map(({ role }) => role)));
  // Whatever else is granted, on the project too, lets nobody sign.
  const granted = TERRAFORM.match(/^resource "google_project_iam_member"[\s\S]*?^\}/gm) ?? [];
  assert.ok(granted.length >= 2);
  for (const role of rolesIn(granted.join("\n"))) assert.ok(!allowsSigning(role), role);
  const signing = [...rolesIn(TERRAFORM)].filter(allowsSigning);
  assert.deepEqual(signing.toSorted(), ["roles/cloudkms.signer", "roles/cloudkms.signerVerifier"]);
});

Deno.test("a ceremony has the roles that docs/keys.md names, where it says, until its end", () => {
  const [, section = ""] = page("keys").split("\n## Roles\n");
  const rows = [...section.matchAll(/^\| `(roles\/[\w.]+)` +\| ([^|]+)\|/gm)];
  const on = (place: RegExp) =>
    new Set(rows.filter(([, , where]) => place.test(where!)).map(([, role]) => role));
  const listed = (name: string) => rolesIn(new RegExp(`${name} .*`).exec(TERRAFORM)?.[0] ?? "");
  assert.equal(rows.length, 4);
  assert.deepEqual(listed("ceremony_on_ring"), on(/^the key ring/));
  assert.deepEqual(listed("ceremony_on_key"), on(/(?:^|; )the key[, ](?!ring)/));
  const dynamic = [...blocksOf('dynamic "binding"', TERRAFORM)];
  assert.equal(dynamic.length, 2);
  for (const block of dynamic) {
    assert.ok(
      block.includes('expression = "request.time < timestamp(\\"${var.ceremony.ends}\\")"'),
    );
  }
});

Deno.test("every role is on the page, and the doctor's reader is the doctor's", () => {
  assert.deepEqual(
    rolesIn(page("terraform").split("## What it makes")[1]!.split("\n## ")[0]!),
    rolesIn(TERRAFORM),
  );
  assert.match(page("doctor"), /`roles\/iam\.securityReviewer`/);
  assert.match(
    blockOf('resource "google_project_iam_member" "policy_readers"'),
    /"roles\/iam\.securityReviewer"/,
  );
});

Deno.test("the audit configuration is one that the doctor finds nothing wrong with", () => {
  const block = blockOf('resource "google_project_iam_audit_config" "kms"');
  const auditLogConfigs = blocksOf("audit_log_config", block).map((config) => ({
    logType: attributeOf(config, "log_type"),
    exemptedMembers: /^ *exempted_members/m.test(config) ? ["somebody"] : [],
  }));
  const policy = readIamPolicy({
    auditConfigs: [{ service: attributeOf(block, "service"), auditLogConfigs }],
  });
  assert.ok(policy !== null);
  assert.deepEqual(keyUseLogging(policy), { isOn: true, exempted: [] });
  assert.equal(attributeOf(block, "prevent_destroy"), "true");
});

Deno.test("the example sets what has no default, and nothing that there is not", () => {
  const variables = [...TERRAFORM.matchAll(/^variable "(\w+)"/gm)].map(([, name]) => name!);
  const required = variables.filter((name) =>
    !/^ {2}default +=/m.test(blockOf(`variable "${name}"`))
  );
  const set = [...EXAMPLE.matchAll(/^(?:# )?(\w+) += /gm)].map(([, name]) => name!);
  assert.deepEqual(required, ["project", "environments"]);
  assert.deepEqual(required.filter((name) => !set.includes(name)), []);
  assert.deepEqual(set.filter((name) => !variables.includes(name)), []);
});
