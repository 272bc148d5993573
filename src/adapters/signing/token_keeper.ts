/**
 * Keeps an access token while it is good. Those who need a new one at the same time share one look-up;
 * near its end it is renewed behind the answer, and one that is still valid is used until that works.
 * Hands out no token past its end.
 */

import type { Secret } from "../../domain/secret.ts";
import { SignerFault } from "../../domain/signer_fault.ts";
import { within } from "./deadline.ts";

/** What a look-up brings. Milliseconds since the epoch. */
export interface AccessToken {
  readonly token: Secret;
  readonly until: number;
}

export interface TokenKeeper {
  /** @throws SignerFault if there is none */
  get(): Promise<Secret>;
  /**
   * Google refuses it.
   *
   * @returns whether it had been in use before, so that a new one may do better
   */
  forget(token: Secret): boolean;
}

export interface TokenKeeperOptions {
  /** One look-up. Rejects with SignerFault. */
  readonly look: () => Promise<AccessToken>;
  readonly now: () => number;
  /** Of one look-up. */
  readonly deadlineMs: number;
}

interface Kept extends AccessToken {
  /** From here on it is renewed behind the answer. */
  readonly renewAt: number;
  /** How often it was given to somebody. */
  uses: number;
}

/** Nothing is looked up before the first `get`. */
export function createTokenKeeper({ look, now, deadlineMs }: TokenKeeperOptions): TokenKeeper {
  let kept: Kept | null = null;
  let flight: Promise<void> | null = null;
  let restUntil = 0;

  const renew = (): Promise<void> => {
    flight ??= (async () => {
      try {
        const found = await within(look(), { timeoutMs: deadlineMs });
        const at = now();
        kept = { ...found, renewAt: at + RENEW_AFTER * (found.until - at), uses: 0 };
      } catch (error) {
        restUntil = now() + REST_MS;
        throw error;
      } finally {
        flight = null;
      }
    })();
    return flight;
  };

  return {
    async get() {
      const at = now();
      if (kept === null || at >= kept.until - MARGIN_MS) await renew();
      // Whoever comes next is no worse off if this fails: the token is still good.
      else if (at >= kept.renewAt && at >= restUntil) renew().catch(() => {});
      if (kept === null) throw new SignerFault("unauthenticated");
      kept.uses++;
      return kept.token;
    },
    forget(token) {
      if (kept?.token !== token) return true;
      const wasUsed = kept.uses > 1;
      kept = null;
      return wasUsed;
    },
  };
}

/** Of its life. */
const RENEW_AFTER = 0.8;

/** A token that ends on its way is of no use. */
const MARGIN_MS = 10_000;

/** After a renewal that failed. */
const REST_MS = 5000;
