/**
 * Whose credential was looked at a moment ago. A look-up costs a tenth of a digest, and a busy caller
 * asks a thousand times a second. It tells nothing by its time: what is compared first is a hash that
 * is seeded anew in each process. Bounded, and for seconds only: what stays known stays by its digest.
 */

import type { Caller } from "../../domain/caller.ts";
import type { KnownCaller } from "./finding.ts";

export interface Recent {
  find(credential: string, now: number): Caller | null;
  /** @param until the credential's own end. Milliseconds since the epoch */
  put(credential: string, caller: Caller, until: number, now: number): void;
}

/** @param forMs how long a credential is known without another look at its digest */
export function createRecent(max: number, forMs: number): Recent {
  const known = new Map<string, KnownCaller & { readonly since: number }>();
  return {
    find(credential, now) {
      const found = known.get(credential);
      // A clock that was set back would make seconds long.
      return found !== undefined && now >= found.since && now < found.until ? found.caller : null;
    },
    put(credential, caller, until, now) {
      known.delete(credential);
      const [oldest] = known.keys();
      if (known.size >= max && oldest !== undefined) known.delete(oldest);
      known.set(credential, { caller, since: now, until: Math.min(until, now + forMs) });
    },
  };
}
