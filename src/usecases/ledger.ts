/**
 * Writes ledger entries. An entry is durable when `record` resolves; if it rejects, the deed that
 * it was to witness must not happen. Entries of concurrent callers share one append, so a busy
 * process costs the store one round trip per batch, not per entry. Decides nothing about content.
 */

import type { ContextId } from "../domain/context_id.ts";
import {
  type EntryContext,
  type EntryDeed,
  type EntryDraft,
  leafText,
} from "../domain/ledger_entry.ts";
import { grow, leafHash, type TreeHead } from "../domain/merkle.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { refuse } from "../domain/refusal.ts";
import type { Clock, Ids, LedgerStore, Log } from "./ports.ts";

/** Who and what an entry is about. */
export interface LedgerContext {
  readonly requestId: string | null;
  readonly caller: string | null;
  readonly contextIdentifier: string | null;
}

/** Of what happens to a tenant without anybody's request. */
export function nobodyAsked(contextIdentifier: ContextId): LedgerContext {
  return { requestId: null, caller: null, contextIdentifier };
}

/** Thrown when an entry could not be made durable. */
export class LedgerFault extends Error {
  override readonly name = "LedgerFault";
  /** Least pause before another try makes sense; 0 if nothing is known. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs = 0) {
    super("Cannot write the ledger: the entry is not durable");
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a caller is told whose deed could not be put on record. */
export function refuseUnrecorded(fault: LedgerFault) {
  return refuse("ledger_unavailable", "ledger", retryAfterSeconds(fault, 2));
}

export interface Ledger {
  /** Durable when resolved. @throws LedgerFault */
  record(context: LedgerContext, deed: EntryDeed): Promise<void>;
  /** Resolves when nothing is being written any more. */
  drain(): Promise<void>;
}

/**
 * Other processes may win the head this often before we give up. Of several that append without a pause
 * each wins in its turn, by chance: ten lose a batch of theirs once in 40,000.
 */
const MAX_CONFLICTS = 100;

/** Bounds one append: memory, request size, and how long others wait. */
const MAX_BATCH = 256;

interface Waiting {
  readonly draft: EntryDraft;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createLedger(
  { store, clock, ids, log, grown = () => {} }: {
    readonly store: LedgerStore;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly log: Log;
    /** Called when entries were appended. Not waited for; never throws. */
    readonly grown?: () => void;
  },
): Ledger {
  const queue: Waiting[] = [];
  let known: TreeHead | null = null;
  let writing: Promise<void> | null = null;

  const append = async (drafts: readonly EntryDraft[]): Promise<void> => {
    const id = ids.next();
    let head = known ?? await store.head();
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const leaves = drafts.map((draft, offset) => leafText(head.size + offset, draft));
      const { head: next, hashes } = grow(head, leaves.map(leafHash));
      const answer = await store.append(head, { id, leaves, next, hashes });
      if (answer.kind === "appended") {
        known = next;
        return;
      }
      // At once, because what was learnt is stale in a moment: who pauses loses again.
      head = answer.head;
    }
    throw new LedgerFault();
  };

  const write = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH);
      try {
        await append(batch.map((waiting) => waiting.draft));
        for (const waiting of batch) waiting.resolve();
        grown();
      } catch (error) {
        // The append may have happened all the same: whoever continues must look at the head anew.
        known = null;
        log.error("ledger.append_failed", { entries: batch.length, error });
        const fault = new LedgerFault(error instanceof PartFault ? error.retryAfterMs : 0);
        for (const waiting of batch) waiting.reject(fault);
      }
    }
    writing = null;
  };

  return {
    record(context, deed) {
      return new Promise((resolve, reject) => {
        queue.push({ draft: { ...entryContext(context, clock.now()), ...deed }, resolve, reject });
        writing ??= write();
      });
    },
    async drain() {
      while (writing !== null) await writing;
    },
  };
}

function entryContext(context: LedgerContext, now: number): EntryContext {
  return {
    at: new Date(now).toISOString(),
    request_id: context.requestId,
    caller: context.caller,
    context_identifier: context.contextIdentifier,
  };
}
