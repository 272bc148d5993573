/**
 * Every expected *no* of the service as one union of codes. A refusal says what the caller may know
 * and nothing about which check said it; details go to the log through `reason`.
 */

/** The codes of the HTTP API's problem documents. */
export type RefusalCode =
  | "invalid_request"
  | "caller_unknown"
  | "caller_forbidden"
  | "tenant_unknown"
  | "not_found"
  | "method_not_allowed"
  | "payload_too_large"
  | "consent_withdrawn"
  | "tenant_suspended"
  | "rate_limited"
  | "exchange_failed"
  | "signer_unavailable"
  | "store_unavailable"
  | "ledger_unavailable"
  | "upstream_unavailable";

/** An expected no. `reason` is one constant word for the log, never a value from outside. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
  /** Whole seconds after which asking again makes sense; null where time does not help. */
  readonly retryAfterSeconds: number | null;
}

/** Either a value or a refusal. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

/** Wraps a value. */
export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** Builds a refusal as an outcome. */
export function refuse(
  code: RefusalCode,
  reason: string,
  retryAfterSeconds: number | null = null,
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, reason, retryAfterSeconds } };
}
