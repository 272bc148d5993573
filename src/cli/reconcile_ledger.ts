/**
 * The ledger's side of `ledger reconcile`: the configured store, or an export. What a checkpoint vouches
 * for is read and verified, all of it and no more: an entry that nobody vouches for excuses no signature.
 */

import type { OpenedLedger } from "./ledger.ts";
import { textOf } from "./reconcile_sources.ts";
import type { Checkpoint } from "../domain/checkpoint.ts";
import { PartFault } from "../domain/part_fault.ts";
import { createSignIntentWalk, type SignIntents } from "../domain/sign_intents.ts";

export interface LedgerSource {
  readonly leaves: (after: number) => AsyncIterable<string>;
  /** It is the store: read again after the log, it has an intent of every call there. */
  readonly isLiving: boolean;
  /** Checkpoints that it must begin with. */
  readonly kept: readonly Checkpoint[];
  /** What vouches for the ledger as it is now. Null: nothing does. */
  readonly checkpoint: () => Promise<Checkpoint | null>;
}

export interface LedgerReader {
  /** Reads on, and verifies everything from the beginning. */
  read(): Promise<SignIntents>;
  /** Key versions that were named so far. */
  keyVersions(): readonly string[];
  /** Entries that lie beyond the checkpoint, passed over. */
  beyond(): number;
}

export function createLedgerReader(source: LedgerSource): LedgerReader {
  const walk = createSignIntentWalk(source.kept);
  let beyond = 0;
  const read = async (): Promise<SignIntents> => {
    const checkpoint = await source.checkpoint();
    for await (const leaf of source.leaves(walk.size() - 1)) {
      if (walk.size() !== checkpoint?.size) walk.next(leaf);
      else if (source.isLiving) break;
      else beyond++;
    }
    return walk.finish(checkpoint);
  };
  return {
    read: () =>
      read().catch((error: unknown) => {
        const why = error instanceof PartFault ? DAMAGE[error.reason] : undefined;
        if (why === undefined) throw error;
        return { ok: false, index: null, why };
      }),
    keyVersions: walk.keyVersions,
    beyond: () => beyond,
  };
}

/** Of a store that answers, but not with its own log. */
const DAMAGE: Readonly<Record<string, string>> = {
  inconsistent: "the stored log does not continue its last checkpoint",
  unreadable: "the store's own records are not whole",
};

/** The configured store, up to a checkpoint of now. @param kept an older one that it must continue */
export function storedLedger(
  { audit, checkpoints }: OpenedLedger,
  kept: Checkpoint | null,
): LedgerSource {
  return {
    leaves: (after) => audit.leaves(after),
    isLiving: true,
    kept: kept === null ? [] : [kept],
    async checkpoint() {
      const { isContinued } = await checkpoints.status();
      if (!isContinued) throw new PartFault("store", "inconsistent");
      return (await checkpoints.current()).checkpoint;
    },
  };
}

/** An export, as far as its checkpoint covers it; without one all of it. */
export function exportedLedger(path: string, checkpoint: Checkpoint | null): LedgerSource {
  return {
    // A file does not grow: what follows is nothing.
    leaves: (after) => after < 0 ? leavesIn(path) : none(),
    isLiving: false,
    kept: [],
    checkpoint: () => Promise.resolve(checkpoint),
  };
}

async function* none(): AsyncGenerator<string> {}

/** Lines as they stand: the walk judges them. A last line that is cut off says so itself. */
async function* leavesIn(path: string): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const piece of textOf(path)) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    rest = "\ufffd";
  }
  if (rest !== "") yield rest;
}
