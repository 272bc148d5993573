/** What both flavours of the exchange share: the question, and what an answer may turn out to be. */

import type { ContextId } from "../../domain/context_id.ts";
import type { Secret } from "../../domain/secret.ts";

export interface ExchangeQuestion {
  readonly clientSecret: Secret;
  readonly contextIdentifier: ContextId;
  readonly signedSystemToken: Secret;
}

export type ExchangeVerdict =
  /** The JWT that was returned, not yet verified. */
  | { readonly kind: "token"; readonly token: Secret }
  | { readonly kind: "refused" }
  /** No answer of an exchange at all; `reason` is one constant word. */
  | { readonly kind: "unfit"; readonly reason: string }
  /** SuperOffice cannot answer now. */
  | { readonly kind: "down" };

/** Statuses that say come again: too many requests, or a gateway without a service behind it. */
export const BUSY: readonly number[] = [429, 502, 503, 504];
