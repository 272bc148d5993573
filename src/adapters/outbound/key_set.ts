/**
 * Public keys from a JWKS (RFC 7517), remembered. Finds the one key for a token's header: by `kid`,
 * or, without one, only if a single key fits the algorithm. Takes nothing from a header but `alg`
 * and `kid`: keys and addresses inside a token are never looked at.
 */

import { createLocalJWKSet, type CryptoKey, errors, type JSONWebKeySet } from "jose";
import { createRemembered } from "./remembered.ts";

/** What of a token's header selects its key. */
export interface KeyHint {
  readonly alg: string;
  readonly kid?: string;
}

export interface KeySet {
  /**
   * An unknown `kid` fetches the set again, at most once per 30 seconds or what the owner set.
   *
   * @returns null if no single key fits
   * @throws what `load` threw, now or within a second, when there are no keys at all
   */
  find(hint: KeyHint): Promise<CryptoKey | null>;
  /** The key of the set as it is held now. @throws as `find` */
  findHeld(hint: KeyHint): Promise<CryptoKey | null>;
  /** The key of a set that is fetched again for it, within the same pause. */
  findNewer(hint: KeyHint): Promise<CryptoKey | null>;
}

export interface KeySetOptions {
  /** Fetches the set. @throws the owner's fault */
  readonly load: () => Promise<unknown>;
  readonly now: () => number;
  /** The owner's fault for an answer that is no key set. */
  readonly unreadable: () => Error;
  /** Least time between fetches for unknown keys. */
  readonly pauseMs?: number;
}

const FRESH_MS = 10 * 60_000;
const STALE_MS = 24 * 3_600_000;
const PAUSE_MS = 30_000;
/** With no keys at all nobody gets in, so their source is asked again soon. */
const RETRY_MS = 1000;

export function createKeySet(options: KeySetOptions): KeySet {
  const remembered = createRemembered({
    load: async () => {
      const value = await options.load();
      try {
        return createLocalJWKSet(value as JSONWebKeySet);
      } catch {
        throw options.unreadable();
      }
    },
    freshMs: FRESH_MS,
    staleMs: STALE_MS,
    pauseMs: options.pauseMs ?? PAUSE_MS,
    retryMs: RETRY_MS,
    now: options.now,
  });
  const findNewer = async (hint: KeyHint): Promise<CryptoKey | null> => {
    const newer = await remembered.renew();
    return newer === null ? null : keyOf(await pick(newer, hint));
  };
  return {
    findNewer,
    findHeld: async (hint) => keyOf(await pick(await remembered.get(), hint)),
    async find(hint) {
      const found = await pick(await remembered.get(), hint);
      return found === "missing" ? await findNewer(hint) : found;
    },
  };
}

function keyOf(found: CryptoKey | "missing" | null): CryptoKey | null {
  return found === "missing" ? null : found;
}

/** Two keys for one hint are no key: guessing among them would make `kid` mean nothing. */
async function pick(
  keys: ReturnType<typeof createLocalJWKSet>,
  hint: KeyHint,
): Promise<CryptoKey | "missing" | null> {
  try {
    return await keys({ ...hint });
  } catch (error) {
    return error instanceof errors.JWKSNoMatchingKey ? "missing" : null;
  }
}
