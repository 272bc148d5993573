/**
 * Google's credentials as Cloud KMS's own client finds them, for the one other service of Google's that
 * is asked: so that there is one way to be somebody at Google, and one library that knows it. They are
 * asked for with a scope of that service, and are good for nothing else.
 */

import type { GoogleAccess } from "../../domain/google_identity.ts";
import { once } from "../../domain/once.ts";
import { SignerFault } from "../../domain/signer_fault.ts";
import { type KmsSdk, loadKmsSdk } from "./kms_client.ts";

/** Headers that say who asks. Fresh ones each time: they expire. @throws SignerFault */
export type GoogleCredentials = () => Promise<Readonly<Record<string, string>>>;

export interface GoogleCredentialsOptions {
  /** Whoever's project: without one, Google's library asks the Resource Manager for it. */
  readonly projectId: string;
  /** `https://www.googleapis.com/auth/…` */
  readonly scope: string;
  /** Who we are; null: Google's library is to find out. */
  readonly access: GoogleAccess | null;
  /** For tests: how the package is loaded. */
  readonly loadSdk?: () => Promise<KmsSdk>;
}

/** Nothing is loaded or looked for before the first call. */
export function createGoogleCredentials(options: GoogleCredentialsOptions): GoogleCredentials {
  const { projectId, scope, access, loadSdk = loadKmsSdk } = options;
  const auth = once(async () => {
    if (access !== null) return (await import("./google_access.ts")).openAccess(access, scope);
    const { KeyManagementServiceClient } = await loadSdk();
    // Without a scope of our own, a key file's tokens would be for Cloud KMS and nobody else.
    return new KeyManagementServiceClient({ fallback: true, projectId, scopes: [scope] }).auth;
  });
  return async () => {
    const found = await auth.get();
    try {
      const headers = await found.getRequestHeaders();
      return Object.fromEntries([...headers].filter(([name]) => SENT.includes(name.toLowerCase())));
    } catch (error) {
      if (error instanceof SignerFault) throw error;
      // What Google's library says repeats addresses and answers: it ends here.
      throw new SignerFault("unauthenticated");
    }
  };
}

/** Who asks, and who pays: a person's own credentials name a project for that. */
const SENT = ["authorization", "x-goog-user-project"];
