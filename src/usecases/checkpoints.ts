/**
 * Signs the log's checkpoints: on demand, and by itself soon after the log has grown. Never signs a
 * tree that does not continue the one that was signed before, by what the store keeps of it and by what
 * this process remembers: a store that was rolled back or rewritten gets no checkpoint any more. A
 * process that has just started knows only what the store says.
 */

import {
  type Checkpoint,
  checkpointBody,
  openCheckpoint,
  readUnverified,
  signedNote,
  verifierKeyText,
} from "../domain/checkpoint.ts";
import { rootHash, type TreeHead } from "../domain/merkle.ts";
import { PartFault } from "../domain/part_fault.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { consistencyRanges, isConsistent } from "../domain/tree_proofs.ts";
import type { CheckpointSigner, Clock, LedgerStore, Log, SignedCheckpoint } from "./ports.ts";
import { readRoots } from "./tree_reading.ts";

/** What the log's last checkpoint is worth now. */
export interface CheckpointStatus {
  /** Entries in the log. */
  readonly size: number;
  /** Null if none was signed yet, or none by this key under this name. */
  readonly last: SignedCheckpoint | null;
  /** Whether the log continues what the last checkpoint says. True without one. */
  readonly isContinued: boolean;
}

export interface Checkpoints {
  /**
   * A checkpoint of the whole log as it is now: the last one if that is it.
   *
   * @throws PartFault (`inconsistent` if the log does not continue the last one), SignerFault
   */
  current(): Promise<SignedCheckpoint>;
  /** Signs nothing. @throws PartFault, SignerFault */
  status(): Promise<CheckpointStatus>;
  /** The log's verifier key as text. @throws SignerFault */
  key(): Promise<string>;
  /** The log has grown: it gets a checkpoint within a minute. Failures are logged. */
  grown(): void;
  /** Resolves when nothing is being signed any more, and nothing waits to be. */
  drain(): Promise<void>;
}

/** From an entry to the checkpoint that covers it. Leaves ten seconds of the minute for the work. */
export const CHECKPOINT_DELAY_MS = 50_000;

export function createCheckpoints(
  { store, signer, origin, clock, log }: {
    readonly store: LedgerStore;
    readonly signer: CheckpointSigner;
    readonly origin: string;
    readonly clock: Pick<Clock, "sleep">;
    readonly log: Log;
  },
): Checkpoints {
  const leaving = new AbortController();
  /** The longest log that this process has signed or seen signed: no store can make that shorter. */
  let held: SignedCheckpoint | null = null;
  let publishing: Promise<void> | null = null;
  let hasGrown = false;

  const keyOf = async () => ({ name: origin, publicKey: await signer.publicKey() });

  const readLast = async () => {
    const note = await store.note("checkpoint");
    const own = note === null ? null : openCheckpoint(note, await keyOf());
    if (note !== null && own === null) log.warn("ledger.checkpoint_foreign");
    // Of another name or key: the log must continue it all the same, or a new name would hide a loss.
    const checkpoint = note === null ? null : own ?? readUnverified(note);
    const stored = note === null || checkpoint === null
      ? null
      : { note, checkpoint, isOwn: own !== null };
    // As of now: what is signed while the head is read may be of a longer log.
    return { note, stored, remembered: held };
  };

  /** Whether the log is what was signed of it, by the store's word and by what is held here. */
  const continuesAll = async (
    { stored, remembered }: Awaited<ReturnType<typeof readLast>>,
    head: TreeHead,
  ): Promise<boolean> => {
    if (stored !== null && !await continues(store, stored.checkpoint, head)) return false;
    if (remembered !== null && remembered.note !== stored?.note) {
      const { size } = remembered.checkpoint;
      // An archive that this process cannot read has what would prove it.
      if (stored !== null && size < await store.floor()) log.warn("ledger.not_proven", { size });
      else if (!await continues(store, remembered.checkpoint, head)) return false;
    }
    if (stored?.isOwn === true) held = longer(held, signedOf(stored));
    return true;
  };

  /** Another instance may have kept a newer one meanwhile: ours is as true, and need not be kept. */
  const keep = async (last: string | null, { note }: SignedCheckpoint): Promise<void> => {
    try {
      await store.keepNote("checkpoint", last, note);
    } catch (error) {
      // Whoever asked has it all the same: a disk may be full and readable.
      if (!(error instanceof PartFault)) throw error;
      log.warn("ledger.checkpoint_not_kept", { reason: error.reason });
    }
  };

  const current = async (): Promise<SignedCheckpoint> => {
    // In this order: a log that others append to is then never shorter than its checkpoint.
    const last = await readLast();
    const { note, stored } = last;
    const head = await store.head();
    if (!await continuesAll(last, head)) {
      const signed = (last.remembered ?? stored)!.checkpoint.size;
      log.error("ledger.inconsistent", { size: head.size, signed_size: signed });
      throw new PartFault("store", "inconsistent");
    }
    if (stored?.isOwn === true && stored.checkpoint.size === head.size) return signedOf(stored);
    const checkpoint = { origin, size: head.size, rootHash: rootHash(head) };
    const body = checkpointBody(checkpoint);
    const signature = await signer.sign(new TextEncoder().encode(body));
    const signed = { note: signedNote(body, await keyOf(), signature), checkpoint };
    held = longer(held, signed);
    await keep(note, signed);
    return signed;
  };

  const publish = async (): Promise<void> => {
    while (hasGrown) {
      await clock.sleep(CHECKPOINT_DELAY_MS, leaving.signal);
      if (leaving.signal.aborted) return;
      hasGrown = false;
      try {
        await current();
      } catch (error) {
        const isKnown = error instanceof PartFault || error instanceof SignerFault;
        log.warn("ledger.checkpoint_failed", isKnown ? { reason: error.reason } : { error });
      }
    }
  };

  return {
    current,
    async status() {
      const last = await readLast();
      const head = await store.head();
      const isContinued = await continuesAll(last, head);
      const own = last.stored?.isOwn === true ? signedOf(last.stored) : last.remembered;
      return { size: head.size, last: own, isContinued };
    },
    key: async () => verifierKeyText(await keyOf()),
    grown() {
      if (leaving.signal.aborted) return;
      hasGrown = true;
      publishing ??= publish().finally(() => publishing = null);
    },
    async drain() {
      leaving.abort();
      await publishing;
    },
  };
}

function signedOf({ note, checkpoint }: SignedCheckpoint): SignedCheckpoint {
  return { note, checkpoint };
}

function longer(one: SignedCheckpoint | null, other: SignedCheckpoint): SignedCheckpoint {
  return one === null || other.checkpoint.size > one.checkpoint.size ? other : one;
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
