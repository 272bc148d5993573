/**
 * Whether the log continues what was signed of it: by the last checkpoint in the store, whoever signed
 * it, and by the longest one that this process has signed or seen signed, which no store can make
 * shorter.
 */

import {
  type Checkpoint,
  openCheckpoint,
  readUnverified,
  type VerifierKey,
} from "../domain/checkpoint.ts";
import { rootHash, type TreeHead } from "../domain/merkle.ts";
import { consistencyRanges, isConsistent } from "../domain/tree_proofs.ts";
import type { LedgerStore, Log, SignedCheckpoint } from "./ports.ts";
import { readRoots } from "./tree_reading.ts";

/** What is known of the last checkpoint. */
export interface LastCheckpoint {
  /** The text in the store, to be replaced by the next. */
  readonly note: string | null;
  /** What it says. Null if there is none, or it is no checkpoint. */
  readonly stored: SignedCheckpoint | null;
  /** The same, if it is signed by the log's key under the log's name. */
  readonly own: SignedCheckpoint | null;
  /** What this process remembered when the note was read. */
  readonly remembered: SignedCheckpoint | null;
}

export interface Continuity {
  /** To be asked before the head is read. @throws PartFault, SignerFault */
  readLast(): Promise<LastCheckpoint>;
  /** @throws PartFault */
  isContinued(last: LastCheckpoint, head: TreeHead): Promise<boolean>;
  /** What this process has signed. */
  remember(signed: SignedCheckpoint): void;
}

export function createContinuity(
  { store, keyOf, log }: {
    readonly store: LedgerStore;
    readonly keyOf: () => Promise<VerifierKey>;
    readonly log: Log;
  },
): Continuity {
  let held: SignedCheckpoint | null = null;

  const remember = (signed: SignedCheckpoint): void => {
    if (held === null || signed.checkpoint.size > held.checkpoint.size) held = signed;
  };

  return {
    remember,
    async readLast() {
      const note = await store.note("checkpoint");
      if (note === null) return { note, stored: null, own: null, remembered: held };
      const opened = openCheckpoint(note, await keyOf());
      if (opened === null) log.warn("ledger.checkpoint_foreign");
      // Of another name or key: the log must continue it all the same, or a new name would hide a loss.
      const checkpoint = opened ?? readUnverified(note);
      const stored = checkpoint === null ? null : { note, checkpoint };
      // As of now: what is signed while the head is read may be of a longer log.
      return { note, stored, own: opened === null ? null : stored, remembered: held };
    },
    async isContinued({ stored, own, remembered }, head) {
      if (stored !== null && !await continues(store, stored.checkpoint, head)) return false;
      if (remembered !== null && remembered.note !== stored?.note) {
        const { size } = remembered.checkpoint;
        // An archive that this process cannot read has what would prove it.
        if (stored !== null && size < await store.floor()) log.warn("ledger.not_proven", { size });
        else if (!await continues(store, remembered.checkpoint, head)) return false;
      }
      if (own !== null) remember(own);
      return true;
    },
  };
}

/** Whether the tree, by its tiles, begins with what was signed. */
async function continues(
  store: LedgerStore,
  older: Checkpoint,
  head: TreeHead,
): Promise<boolean> {
  const now = { size: head.size, rootHash: rootHash(head) };
  if (older.size === 0 || older.size >= now.size) return isConsistent(older, now, []);
  const proof = await readRoots(store, consistencyRanges(older.size, now.size));
  return isConsistent(older, now, proof);
}
