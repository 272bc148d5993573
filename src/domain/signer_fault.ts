/**
 * A failed attempt at the signing key. Says what the attempt loop may do next; carries neither
 * request nor response.
 */

export type SignerFaultReason =
  | "timeout"
  | "network"
  | "unavailable"
  | "quota"
  | "internal"
  | "checksum"
  | "wrong_key"
  | "wrong_protection"
  | "bad_signature"
  | "key_not_enabled"
  | "denied"
  | "not_found"
  | "invalid"
  | "unauthenticated"
  | "aborted";

export interface SignerFaultOptions {
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

/** Thrown by a signer. `retryAfterMs` is the least pause before another attempt makes sense. */
export class SignerFault extends Error {
  override readonly name = "SignerFault";
  readonly reason: SignerFaultReason;
  readonly retryable: boolean;
  readonly retryAfterMs: number;

  constructor(reason: SignerFaultReason, options: SignerFaultOptions = {}) {
    super(`Cannot sign the text: ${reason.replaceAll("_", " ")}`);
    this.reason = reason;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}
