/**
 * Why something could not be done to keys in Cloud KMS. The message names the next step; nothing of
 * Google's own text is in it, because that repeats requests.
 */

import type { SignerFault } from "../../domain/signer_fault.ts";
import { toSignerFault } from "./kms_fault.ts";

/** What was attempted, and what it needs. */
export interface KmsDeed {
  /** After "Cannot": `create the import job`. */
  readonly what: string;
  /** `cloudkms.…` */
  readonly permission: string;
}

export class KmsAdminFault extends Error {
  override readonly name = "KmsAdminFault";
  readonly reason: SignerFault["reason"];
  /** The deed may have been done all the same. */
  readonly retryable: boolean;

  constructor({ what, permission }: KmsDeed, { reason, retryable }: SignerFault) {
    super(`Cannot ${what}: ${stateOf(reason, permission)}`);
    this.reason = reason;
    this.retryable = retryable;
  }
}

/** Runs it, and has whatever it throws say what was attempted. */
export async function attempting<T>(deed: KmsDeed, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof KmsAdminFault ? error : new KmsAdminFault(deed, toSignerFault(error));
  }
}

function stateOf(reason: SignerFault["reason"], permission: string): string {
  switch (reason) {
    case "denied":
      return `${permission} is refused; have it granted, roles are in docs/keys.md`;
    case "unauthenticated":
      return "Google knows nobody here; run `gcloud auth application-default login`, or set GOOGLE_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS";
    case "not_found":
      return "it is not there; look at the name";
    case "invalid":
      return "Cloud KMS does not take the request; look whether the location exists and has HSMs";
    case "key_not_enabled":
      return "it is not in the state for that; `cli key show` says in which one";
    case "wrong_key":
    case "checksum":
    case "bad_signature":
      return "the answer is damaged, or another key's; run the command again, and trust no key that stays so";
    case "wrong_protection":
      return "the key is protected less than asked for; use another key";
    default:
      return `Cloud KMS gave no answer (${
        reason.replaceAll("_", " ")
      }); run the command again, what is done already stays`;
  }
}
