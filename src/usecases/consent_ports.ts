/** What consents need from the outside world. The rules are those of `ports.ts`. */

import type { ContextId } from "../domain/context_id.ts";
import type { Secret } from "../domain/secret.ts";

/** What one browser's consent needs to be remembered between leaving and coming back. */
export interface PendingConsent {
  readonly nonce: string;
  readonly codeVerifier: Secret;
  /** SHA-256 (hex) of the browser-binding cookie. */
  readonly browser: string;
  /** The tenant that the administrator was asked to connect, if any. */
  readonly tenant: ContextId | null;
}

/**
 * A finished consent, shown once more to the browser that made it. Names the tenant and nothing else of
 * it: what is kept here is not looked for when the tenant is removed.
 */
export interface FinishedConsent {
  readonly contextIdentifier: ContextId;
  /** True if the tenant had consented before. */
  readonly isRenewed: boolean;
}

/**
 * State of consents under way, shared between instances. Forgets after `untilMs`, not before; what
 * is over may stay for another minute, and no longer once anything changes.
 */
export interface ConsentStore {
  begin(state: string, pending: PendingConsent, untilMs: number, now: number): Promise<void>;
  /** Reads and removes in one step: a state works once. Null if unknown, used or over. */
  take(state: string, now: number): Promise<PendingConsent | null>;
  /** @returns true the first time a digest is claimed, false ever after until it is forgotten */
  claim(digest: string, untilMs: number, now: number): Promise<boolean>;
  /** Takes a claim back: what it was for did not happen. */
  unclaim(digest: string): Promise<void>;
  finish(
    browser: string,
    finished: FinishedConsent,
    untilMs: number,
    now: number,
  ): Promise<void>;
  finished(browser: string, now: number): Promise<FinishedConsent | null>;
}
