/** What the doctor finds of the keys: where they are, who may sign with them, and who sees that. */

import assert from "node:assert/strict";
import {
  createThreadHost,
  type KmsCallOptions,
  type KmsPlace,
} from "../../src/adapters/signing/kms_host.ts";
import { checkKmsKey } from "../../src/cli/doctor_key.ts";
import type { KmsKey } from "../../src/config_keys.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import {
  assertFound,
  KEY,
  OWN,
  type Planted,
  PROJECT,
  RING,
  withWorld,
  type World,
} from "../support/doctor_world.ts";
import { startKms } from "../support/kms.ts";

const signer = (...members: string[]) => ({
  bindings: [{ role: "roles/cloudkms.signer", members }],
});

const logging = (...exemptedMembers: string[]) => ({
  auditConfigs: [{
    service: "allServices",
    auditLogConfigs: [{ logType: "DATA_READ", exemptedMembers }],
  }],
});

const policy = (resource: string, value: Readonly<Record<string, unknown>> | null) => ({
  plant: ({ kms }: World) => kms.iamPolicy(resource, value),
  heal: ({ kms }: World) => {
    kms.iamPolicy(KEY, signer(OWN));
    kms.iamPolicy(RING, { etag: "ACAB" });
    kms.iamPolicy(PROJECT, logging());
  },
});

const version = (options: Parameters<CloudKmsSimulator["addKeyVersion"]>[0]) => ({
  plant: async ({ kms }: World) => ({ KMS_KEY_VERSION: await kms.addKeyVersion(options) }),
});

/** @returns the name of a version in a ring and key of its own, which nobody has a role on */
async function keyIn({ url }: CloudKmsSimulator, project: string): Promise<string> {
  const make = async (path: string, body: unknown) => {
    const answer = await fetch(`${url}/v1/${path}`, { method: "POST", body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  const location = `${project}/locations/europe-west4`;
  const template = { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "HSM" };
  await make(`${location}/keyRings?keyRingId=r`, {});
  await make(`${location}/keyRings/r/cryptoKeys?cryptoKeyId=k`, {
    purpose: "ASYMMETRIC_SIGN",
    versionTemplate: template,
  });
  return `${location}/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1`;
}

const PLANTED: readonly Planted[] = [
  {
    fault: "a key that is not in an HSM",
    ...version({ protectionLevel: "SOFTWARE" }),
    finds: { signing_key: "problem" },
    says: /protected less than KMS_PROTECTION_LEVEL/,
  },
  {
    fault: "a key of another algorithm",
    ...version({ algorithm: "RSA_SIGN_PSS_2048_SHA256" }),
    finds: { signing_key: "problem" },
    says: /algorithm is not RSA_SIGN_PKCS1/,
  },
  {
    fault: "a key version that is disabled",
    ...version({ state: "DISABLED" }),
    finds: { signing_key: "problem" },
    says: /not enabled/,
  },
  {
    fault: "a key version that there is not",
    plant: () => ({ KMS_KEY_VERSION: `${KEY}/cryptoKeyVersions/99` }),
    finds: { signing_key: "problem" },
    says: /no such version/,
  },
  {
    fault: "a public key that may not be read",
    plant: ({ kms }) =>
      kms.fault({ kind: "status", status: "PERMISSION_DENIED", method: "getPublicKey" }),
    heal: ({ kms }) => kms.fault(null),
    finds: { signing_key: "problem" },
    says: /may not read/,
  },
  {
    fault: "a standby that is destroyed",
    plant: async ({ kms }) => ({
      KMS_STANDBY_KEY_VERSION: await kms.addKeyVersion({ state: "DESTROYED" }),
    }),
    finds: { standby_key: "problem" },
  },
  {
    fault: "another signer, on the key",
    ...policy(KEY, signer(OWN, "user:eve@example.com")),
    signers: [OWN],
    finds: { signers: "problem" },
    says: /user:eve@example.com \(roles\/cloudkms.signer on cryptoKeys system-user\)/,
  },
  {
    fault: "another signer, on the project",
    ...policy(PROJECT, {
      ...logging(),
      bindings: [{ role: "roles/owner", members: ["user:eve@example.com"] }],
    }),
    signers: [OWN],
    finds: { signers: "problem" },
    says: /roles\/owner on project box-office-sandbox/,
  },
  {
    fault: "anybody as a signer, on the key ring",
    ...policy(RING, signer("allAuthenticatedUsers")),
    finds: { signers: "problem" },
    says: /anybody may sign/,
  },
  {
    fault: "two signers, of which nobody said who we are",
    ...policy(KEY, signer(OWN, "user:eve@example.com")),
    finds: { signers: "warning" },
    says: /2 may sign/,
  },
  {
    fault: "nobody who may sign",
    ...policy(KEY, { etag: "ACAB" }),
    finds: { signers: "warning" },
    says: /nobody may sign.*\. Grant roles\/cloudkms\.signer on the key to the service/,
  },
  {
    fault: "no Cloud KMS",
    plant: () => ({ KMS_ENDPOINT: "http://127.0.0.1:1" }),
    finds: { signing_key: "problem", signers: "problem", key_use_logging: "problem" },
    says: /the policies cannot be read: Google does not answer\. Look at the way there/,
  },
  {
    fault: "a signer of ours who may not sign",
    ...policy(KEY, { etag: "ACAB" }),
    signers: [OWN],
    finds: { signers: "warning" },
    says: /no --signer may sign/,
  },
  {
    fault: "a role of somebody's own",
    ...policy(RING, {
      bindings: [{ role: `${PROJECT}/roles/x`, members: ["user:eve@example.com"] }],
    }),
    finds: { signers: "warning" },
  },
  {
    fault: "a policy that may not be read",
    ...policy(PROJECT, null),
    finds: { signers: "warning", key_use_logging: "warning" },
    says: /securityReviewer/,
  },
  {
    fault: "no logging of uses",
    ...policy(PROJECT, {
      auditConfigs: [{
        service: "cloudkms.googleapis.com",
        auditLogConfigs: [{ logType: "DATA_WRITE" }],
      }],
    }),
    finds: { key_use_logging: "problem" },
    says: /are not logged in project/,
  },
  {
    fault: "somebody who is not logged",
    ...policy(PROJECT, logging("user:eve@example.com")),
    finds: { key_use_logging: "problem" },
    says: /user:eve@example.com/,
  },
  {
    fault: "a standby in another project, that others may sign with unseen",
    plant: async ({ kms }) => {
      const standby = await keyIn(kms, "projects/elsewhere");
      kms.iamPolicy(
        standby.slice(0, standby.indexOf("/cryptoKeyVersions/")),
        signer("user:eve@x.com"),
      );
      return { KMS_STANDBY_KEY_VERSION: standby };
    },
    signers: [OWN],
    finds: { signers: "problem", key_use_logging: "problem" },
    says: /user:eve@x\.com[\s\S]*not logged in project elsewhere/,
  },
];

Deno.test("of the keys the doctor finds what is wrong", (test) =>
  withWorld((world) => assertFound(test, world, PLANTED)));

Deno.test("live tenants' tickets are signed in an HSM of Google's, as Google says itself", async () => {
  const kms = await startKms();
  const host = createThreadHost();
  // The stand-in answers in Google's place, which nobody here can reach.
  const standing = {
    ...host,
    getPublicKey: (place: KmsPlace, name: string, options: KmsCallOptions) =>
      host.getPublicKey({ ...place, endpoint: kms.url }, name, options),
  };
  const { keyVersion } = kms;
  const key = { keyVersion, endpoint: null, protectionLevel: "HSM" } as const;
  const level = async (bend: Partial<KmsKey>, isLive = true) => {
    const ward = { host: standing, isLive };
    return (await checkKmsKey(ward, "KMS_KEY_VERSION", { ...key, ...bend })).level;
  };
  try {
    assert.equal(await level({}), "ok");
    const regional = new URL("https://cloudkms.europe-west4.rep.googleapis.com");
    assert.equal(await level({ endpoint: regional }), "ok");
    assert.equal(await level({ protectionLevel: "SOFTWARE" }), "warning");
    for (const at of [kms.url, "https://googleapis.com.example.com", "https://notgoogleapis.com"]) {
      assert.equal(await level({ endpoint: new URL(at) }), "warning", at);
      assert.equal(await level({ endpoint: new URL(at) }, false), "ok", at);
    }
  } finally {
    host.close();
    await kms.close();
  }
});
