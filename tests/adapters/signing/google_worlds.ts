/** Ways to be somebody at a Google on loopback, and a host of Cloud KMS's client that ends with it. */

import assert from "node:assert/strict";
import { createThreadHost, type KmsHost } from "../../../src/adapters/signing/kms_host.ts";
import { createWorkerHost } from "../../../src/adapters/signing/kms_worker_host.ts";
import type {
  GoogleAccess,
  IdentityToken,
  SubjectTokenSource,
  WorkloadFederation,
} from "../../../src/domain/google_identity.ts";
import {
  AUDIENCE,
  type FakeGoogle,
  startFakeGoogle,
  SUBJECT_TOKEN,
} from "../../support/fake_google.ts";
import { testKeyPem } from "../../support/test_keys.ts";
import { signerFor, text } from "./fixtures.ts";

export function federation(google: FakeGoogle, source: SubjectTokenSource): WorkloadFederation {
  return {
    kind: "federation",
    audience: AUDIENCE,
    subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
    tokenUrl: google.tokenUrl,
    impersonation: { url: google.impersonationUrl, lifetimeSeconds: 3600 },
    source,
  };
}

/** Counts, and checks whom the token is for. */
export function supplier(give: () => Promise<string> = () => Promise.resolve(SUBJECT_TOKEN)) {
  let calls = 0;
  const identityToken: IdentityToken = (audience) => {
    calls++;
    assert.equal(audience, `https:${AUDIENCE}`);
    return give();
  };
  return { identityToken, calls: () => calls };
}

export function supplied(google: FakeGoogle, identityToken: IdentityToken): GoogleAccess {
  return { identity: federation(google, { kind: "supplier" }), identityToken };
}

const hosts = { thread: createThreadHost, worker: createWorkerHost };

/** A Google of its own, and a host that ends with it. */
export function withGoogle(
  where: keyof typeof hosts,
  accessOf: (google: FakeGoogle) => GoogleAccess,
  deed: (google: FakeGoogle, host: KmsHost) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const google = await startFakeGoogle(testKeyPem("signing"));
    const host = hosts[where](accessOf(google));
    try {
      await deed(google, host);
    } finally {
      host.close();
      await google.close();
    }
  };
}

export async function signs(google: FakeGoogle, host: KmsHost): Promise<void> {
  const { keyVersion } = await signerFor(google.kms, { host }).sign(text, { attempt: "a" });
  assert.equal(keyVersion, google.kms.keyVersion);
}
