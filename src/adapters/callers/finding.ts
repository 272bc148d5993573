/**
 * What was found about a credential: whose it is, or why it is nobody's. For the log and for operators;
 * the one who sent it hears nothing of it.
 */

import type { Caller } from "../../domain/caller.ts";

/** Whose a credential is, and how long that holds. */
export interface KnownCaller {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Nobody's. Holds nothing of a credential that was not verified. */
export interface Nobody {
  readonly caller: null;
  readonly reason: NobodyReason;
  /** One of the configured ones. */
  readonly issuer?: string;
  /** Of a token that its issuer really signed. Not longer than `MAX_SUBJECT`. */
  readonly subject?: string;
  /** The entries of that issuer, and what of each fits the token. */
  readonly rules?: readonly RuleFinding[];
}

export type Finding = KnownCaller | Nobody;

/** One constant word. */
export type NobodyReason =
  | "missing"
  /** No `Bearer`, too long, or a JWT that is none. */
  | "malformed"
  | "api_key_unknown"
  /** It has our prefix and not our checksum: cut off, or mistyped. */
  | "api_key_mistyped"
  | "algorithm"
  | "issuer_unknown"
  | "issuer_unusable"
  | "key_unknown"
  | "signature"
  | "expired"
  | "not_yet"
  | "claims"
  /** A good token that no entry is about. */
  | "rules";

export interface RuleFinding {
  /** The entry's id. */
  readonly caller: string;
  readonly matched: readonly string[];
  readonly unmatched: readonly string[];
}

/** Characters of a subject that are shown. */
export const MAX_SUBJECT = 200;

export function nobody(reason: NobodyReason, more: Omit<Nobody, "caller" | "reason"> = {}): Nobody {
  return { caller: null, reason, ...more };
}
