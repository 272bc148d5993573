/**
 * Signs the log's checkpoints: on demand, and by itself soon after the log has grown. Never signs a
 * tree that does not continue the one that was signed before, by what the store keeps of it and by what
 * this process remembers: a store that was rolled back or rewritten gets no checkpoint any more. A
 * process that has just started knows only what the store says.
 */

import { checkpointBody, signedNote, verifierKeyText } from "../domain/checkpoint.ts";
import { rootHash } from "../domain/merkle.ts";
import { PartFault } from "../domain/part_fault.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { createContinuity } from "./log_continuity.ts";
import type { CheckpointSigner, Clock, LedgerStore, Log, SignedCheckpoint } from "./ports.ts";

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
  /** Signs at once what would be within a minute, for a process that may not have one. Never throws. */
  settle(): Promise<void>;
  /** Resolves when nothing is being signed any more, and nothing waits to be. */
  drain(): Promise<void>;
}

export interface CheckpointsParts {
  readonly store: LedgerStore;
  readonly signer: CheckpointSigner;
  /** The log's name. */
  readonly origin: string;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}

/** From an entry to the checkpoint that covers it. Leaves ten seconds of the minute for the work. */
export const CHECKPOINT_DELAY_MS = 50_000;

export function createCheckpoints(parts: CheckpointsParts): Checkpoints {
  const { store, signer, origin, clock, log } = parts;
  const keyOf = async () => ({ name: origin, publicKey: await signer.publicKey() });
  const continuity = createContinuity({ store, keyOf, log });

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
    const last = await continuity.readLast();
    const head = await store.head();
    if (!await continuity.isContinued(last, head)) {
      const signed = (last.remembered ?? last.stored)!.checkpoint.size;
      log.error("ledger.inconsistent", { size: head.size, signed_size: signed });
      throw new PartFault("store", "inconsistent");
    }
    if (last.own?.checkpoint.size === head.size) return last.own;
    const checkpoint = { origin, size: head.size, rootHash: rootHash(head) };
    const body = checkpointBody(checkpoint);
    const signature = await signer.sign(new TextEncoder().encode(body));
    const signed = { note: signedNote(body, await keyOf(), signature), checkpoint };
    continuity.remember(signed);
    await keep(last.note, signed);
    return signed;
  };

  return {
    current,
    async status() {
      const last = await continuity.readLast();
      const head = await store.head();
      const isContinued = await continuity.isContinued(last, head);
      return { size: head.size, last: last.own ?? last.remembered, isContinued };
    },
    key: async () => verifierKeyText(await keyOf()),
    ...createPublishing(current, clock, log),
  };
}

/** Signs behind those who append. */
function createPublishing(
  current: () => Promise<SignedCheckpoint>,
  clock: Pick<Clock, "sleep">,
  log: Log,
): Pick<Checkpoints, "grown" | "settle" | "drain"> {
  const leaving = new AbortController();
  let publishing: Promise<void> | null = null;
  let hasGrown = false;

  const sign = async (): Promise<void> => {
    hasGrown = false;
    try {
      await current();
    } catch (error) {
      const isKnown = error instanceof PartFault || error instanceof SignerFault;
      log.warn("ledger.checkpoint_failed", isKnown ? { reason: error.reason } : { error });
    }
  };

  const publish = async (): Promise<void> => {
    while (hasGrown) {
      await clock.sleep(CHECKPOINT_DELAY_MS, leaving.signal);
      if (leaving.signal.aborted) return;
      await sign();
    }
  };

  return {
    grown() {
      if (leaving.signal.aborted) return;
      hasGrown = true;
      publishing ??= publish().finally(() => publishing = null);
    },
    settle: sign,
    async drain() {
      leaving.abort();
      await publishing;
    },
  };
}
