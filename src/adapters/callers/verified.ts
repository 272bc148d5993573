/**
 * Tokens that were verified, by digest, until they end: a hit costs no look at a signature. A key that its
 * issuer withdrew ends the tokens it signed all the same, because each is looked at again from time to
 * time, behind an answer. Bounded: the oldest makes room, and what was forgotten is simply verified
 * again.
 */

import { isWithin } from "../../domain/within.ts";
import type { Finding, KnownCaller } from "./finding.ts";

export interface Verified {
  find(token: string, digest: string): KnownCaller | undefined;
  put(digest: string, known: KnownCaller): void;
}

/** Between looks at one token. */
const CHECK_EVERY_MS = 10 * 60_000;

export function createVerified(
  { judge, now, max }: {
    readonly judge: (token: string) => Promise<Finding>;
    /** Milliseconds since the epoch. */
    readonly now: () => number;
    readonly max: number;
  },
): Verified {
  const tokens = new Map<string, KnownCaller & { checkedAt: number }>();

  /** An issuer that is down has withdrawn nothing. */
  const check = async (token: string, digest: string): Promise<void> => {
    const finding = await judge(token);
    if (finding.caller === null && finding.reason !== "issuer_unusable") tokens.delete(digest);
  };

  return {
    find(token, digest) {
      const found = tokens.get(digest);
      if (found === undefined) return undefined;
      if (now() >= found.until) {
        tokens.delete(digest);
        return undefined;
      }
      const at = now();
      if (!isWithin(found.checkedAt, CHECK_EVERY_MS, at)) {
        found.checkedAt = at;
        void check(token, digest);
      }
      return found;
    },
    put(digest, known) {
      tokens.delete(digest);
      const [oldest] = tokens.keys();
      if (tokens.size >= max && oldest !== undefined) tokens.delete(oldest);
      tokens.set(digest, { ...known, checkedAt: now() });
    },
  };
}
