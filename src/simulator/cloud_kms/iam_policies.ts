/**
 * Allow policies of the stand-in's key rings and crypto keys, and of the projects that they are in: only
 * to be read. Nothing here allows or denies anything. A resource that nobody gave a policy has an empty
 * one, which Google writes as nothing but its etag.
 */
import type { Json } from "./answer.ts";
import { KmsError } from "./kms_error.ts";

export interface IamPolicies {
  /** @param resource a whole name, `projects/P` too. @throws KmsError PERMISSION_DENIED */
  get(resource: string): Json;
  /** Null: nobody may read it. */
  set(resource: string, policy: Json | null): void;
}

export function createIamPolicies(): IamPolicies {
  const policies = new Map<string, Json | null>();
  return {
    get(resource) {
      const policy = policies.get(resource);
      if (policy !== null) return policy ?? { etag: "ACAB" };
      const permission = resource.includes("/keyRings/")
        ? `cloudkms.${resource.includes("/cryptoKeys/") ? "cryptoKeys" : "keyRings"}.getIamPolicy`
        : "resourcemanager.projects.getIamPolicy";
      throw new KmsError(
        "PERMISSION_DENIED",
        `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`,
      );
    },
    set: (resource, policy) => void policies.set(resource, policy),
  };
}

/** A key's own account may sign and read the public key, and nobody else. */
export const KEY_POLICY: Json = {
  version: 1,
  etag: "BwYl0Zq3m2c=",
  bindings: ["roles/cloudkms.publicKeyViewer", "roles/cloudkms.signer"].map((role) => ({
    role,
    members: ["serviceAccount:box-office@box-office-sandbox.iam.gserviceaccount.com"],
  })),
};

/** Uses of keys are logged, everybody's. */
export const PROJECT_POLICY: Json = {
  version: 1,
  etag: "BwYl0Zq4n3d=",
  auditConfigs: [{
    service: "cloudkms.googleapis.com",
    auditLogConfigs: [{ logType: "DATA_READ" }],
  }],
};
