/**
 * Who we are at Google, where we are told and need not find out. Only shapes: what may be in one is the
 * configuration's to check, and it is held to hosts of Google's there.
 */

import type { Secret } from "./secret.ts";

export type GoogleIdentity = ServiceAccountKey | WorkloadFederation;

/** A service account's own key: signs its tokens itself, and is good until somebody takes it away. */
export interface ServiceAccountKey {
  readonly kind: "service_account";
  readonly email: string;
  /** Null: Google tries every key of the account. */
  readonly keyId: string | null;
  /** PKCS#8, PEM. */
  readonly privateKey: Secret;
}

/**
 * Somebody else's token about us, which Google's Security Token Service takes for one of its own.
 * Source: "Workload Identity Federation", Google Cloud IAM.
 */
export interface WorkloadFederation {
  readonly kind: "federation";
  /** `//iam.googleapis.com/projects/…/providers/…`: the provider that vouches for the token. */
  readonly audience: string;
  /** `urn:ietf:params:oauth:token-type:…` */
  readonly subjectTokenType: string;
  readonly tokenUrl: string;
  /** As which service account we act. Null: as ourselves. */
  readonly impersonation: { readonly url: string; readonly lifetimeSeconds: number } | null;
  readonly source: SubjectTokenSource;
}

/** Where that token comes from. `field`: the member of a JSON that holds it; null where all of it is. */
export type SubjectTokenSource =
  | { readonly kind: "file"; readonly path: string; readonly field: string | null }
  | {
    readonly kind: "url";
    readonly url: Secret;
    /** A JSON object of header fields: there is a credential in one. */
    readonly headers: Secret;
    readonly field: string | null;
  }
  /** Whoever starts the program gives it. */
  | { readonly kind: "supplier" };

/**
 * Says who we are, to this audience, for a few minutes.
 *
 * @param audience `https://iam.googleapis.com/projects/…/providers/…`
 * @returns a JWT
 */
export type IdentityToken = (audience: string) => Promise<string>;

/** An identity, and what supplies its token if it does not name another source. */
export interface GoogleAccess {
  readonly identity: GoogleIdentity;
  readonly identityToken: IdentityToken | null;
}
