/**
 * The ledger's side of a reconciliation: every intent to use a key and what came of it, taken out of the
 * leaves in the walk that verifies them. Of a ledger that does not verify, nothing is given out.
 */

import type { Checkpoint } from "./checkpoint.ts";
import { type Instant, parseInstant } from "./instant.ts";
import type { Entry } from "./ledger_entry.ts";
import { createLedgerWalk, type LedgerVerdict } from "./ledger_verification.ts";

/** One attempt at a key, as it was written down before it was made. */
export interface SignIntent {
  readonly index: number;
  readonly at: Instant;
  readonly attempt: string;
  readonly keyVersion: string;
  /** Lower-case hex. */
  readonly digest: string;
  readonly requestId: string | null;
  readonly caller: string | null;
  readonly contextIdentifier: string | null;
  /** Null: no outcome was written. The call may never have arrived. */
  readonly result: "signed" | "failed" | null;
  /** Why it failed, in one word. */
  readonly error: string | null;
}

/** What the walk found: the verdict, and with a good one the intents. */
export type SignIntents =
  | (LedgerVerdict & { readonly ok: false })
  | {
    readonly ok: true;
    readonly size: number;
    /** In the order of the ledger. */
    readonly intents: readonly SignIntent[];
    /** Time of the newest entry of any kind. */
    readonly last: Instant;
  };

export interface SignIntentWalk {
  /** Takes the next leaf. */
  next(leaf: string): void;
  /** Key versions that were named so far. */
  keyVersions(): readonly string[];
  /** Entries so far. */
  size(): number;
  /** @param checkpoint what exactly these leaves must be, as in {@linkcode createLedgerWalk} */
  finish(checkpoint: Checkpoint | null): SignIntents;
}

/** A canary: a signature over nothing of anybody's, made to see whether the cloud's log shows it. */
export function isCanary({ caller, contextIdentifier }: SignIntent): boolean {
  return caller === null && contextIdentifier === null;
}

/** @param kept older checkpoints that the ledger must begin with */
export function createSignIntentWalk(kept: readonly Checkpoint[] = []): SignIntentWalk {
  const walk = createLedgerWalk(kept);
  const intents: SignIntent[] = [];
  const places = new Map<string, number>();
  const keyVersions = new Set<string>();
  let size = 0;
  let newest = "";
  /** The first entry whose time is none that can be compared. */
  let timeless: number | null = null;

  const note = (entry: Entry): void => {
    if (entry.kind === "sign_intent") {
      const at = parseInstant(entry.at);
      if (at === null) {
        timeless ??= size - 1;
        return;
      }
      keyVersions.add(entry.key_version);
      places.set(entry.attempt, intents.push(intentOf(entry, at)) - 1);
    } else if (entry.kind === "sign_outcome") {
      const place = places.get(entry.attempt);
      if (place === undefined) return;
      intents[place] = { ...intents[place]!, result: entry.result, error: entry.error };
      places.delete(entry.attempt);
    }
  };

  return {
    next(leaf) {
      walk.next(leaf);
      size++;
      newest = leaf;
      const entry = /"kind":"sign_/.test(leaf) ? read(leaf) : null;
      if (entry !== null) note(entry);
    },
    keyVersions: () => [...keyVersions],
    size: () => size,
    finish(checkpoint) {
      const verdict = walk.finish(checkpoint);
      if (!verdict.ok) return verdict;
      const last = parseInstant(read(newest)?.at);
      if (timeless !== null || last === null) {
        const why = "its time cannot be compared: it is beyond the year 9999";
        return { ok: false, index: timeless ?? size - 1, why };
      }
      return { ok: true, size, intents: [...intents], last };
    },
  };
}

/** What is no entry is for the walk to refuse: it sees the same leaf. */
function read(leaf: string): Entry | null {
  try {
    return JSON.parse(leaf);
  } catch {
    return null;
  }
}

function intentOf(entry: Entry & { readonly kind: "sign_intent" }, at: Instant): SignIntent {
  return {
    index: entry.index,
    at,
    attempt: entry.attempt,
    keyVersion: entry.key_version,
    digest: entry.digest_sha256,
    requestId: entry.request_id,
    caller: entry.caller,
    contextIdentifier: entry.context_identifier,
    result: null,
    error: null,
  };
}
