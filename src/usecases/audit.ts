/**
 * Shows the ledger to those who audit it: checkpoint, key, entries, inclusion proofs. Reads only;
 * what it signs is the tree head, by the ledger's own key.
 */

import { type Caller, mayDo } from "../domain/caller.ts";
import { checkpointBody, signedNote, verifierKeyText } from "../domain/checkpoint.ts";
import { createLedgerWalk, type LedgerVerdict } from "../domain/ledger_verification.ts";
import { createProofWalk, leafHash, rootHash } from "../domain/merkle.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import type { CheckpointSigner, Clock, LedgerStore, Log, SignedCheckpoint } from "./ports.ts";

/** RFC 6962 inclusion proof. Hashes are lower-case hex. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: string;
  readonly rootHash: string;
  readonly proof: readonly string[];
}

export interface Audit {
  /** A fresh checkpoint of the whole log, as a signed note. */
  checkpoint(caller: Caller): Promise<Outcome<SignedCheckpoint>>;
  /** The log's verifier key. */
  key(caller: Caller): Promise<Outcome<string>>;
  /** Up to `limit` leaves with an index above `after`. */
  entries(caller: Caller, after: number, limit: number): Promise<Outcome<readonly string[]>>;
  /** @param size the tree to prove against; null for the whole log */
  proof(caller: Caller, index: number, size: number | null): Promise<Outcome<InclusionProof>>;
  /** Every leaf from `after` on, for exports. @throws PartFault */
  leaves(after: number): AsyncGenerator<string>;
  /** Recomputes the whole log against a checkpoint just signed. @throws PartFault, SignerFault */
  verify(): Promise<LedgerVerdict>;
}

/** Leaves read from the store in one step. */
const PAGE = 1000;

export function createAudit(
  { store, signer, origin, clock, log }: {
    readonly store: LedgerStore;
    readonly signer: CheckpointSigner;
    readonly origin: string;
    readonly clock: Pick<Clock, "sleep">;
    readonly log: Log;
  },
): Audit {
  const guarded = async <T>(caller: Caller, deed: () => Promise<Outcome<T>>) => {
    if (!mayDo(caller, "ledger")) return refuse("caller_forbidden", "ledger");
    try {
      return await deed();
    } catch (error) {
      const isKey = error instanceof SignerFault;
      if (!isKey && !(error instanceof PartFault)) throw error;
      log.warn(isKey ? "audit.key_fault" : "audit.store_fault", { reason: error.reason });
      return refuse("ledger_unavailable", error.reason, retryAfterSeconds(error, 2));
    }
  };

  const sign = async (): Promise<SignedCheckpoint> => {
    const head = await store.head();
    const checkpoint = { origin, size: head.size, rootHash: rootHash(head) };
    const body = checkpointBody(checkpoint);
    const signature = await signer.sign(new TextEncoder().encode(body));
    const key = { name: origin, publicKey: await signer.publicKey() };
    return { note: signedNote(body, key, signature), checkpoint };
  };

  /** Pages in order. Others get their turn between them: a store on disk answers without a pause. */
  async function* pages(after: number): AsyncGenerator<readonly string[]> {
    for (let last = after;;) {
      const page = await store.read(last, PAGE);
      yield page;
      last += page.length;
      if (page.length < PAGE) return;
      await clock.sleep(0);
    }
  }

  async function* leaves(after: number): AsyncGenerator<string> {
    for await (const page of pages(after)) yield* page;
  }

  return {
    checkpoint: (caller) => guarded(caller, async () => accept(await sign())),
    key: (caller) =>
      guarded(
        caller,
        async () => accept(verifierKeyText({ name: origin, publicKey: await signer.publicKey() })),
      ),
    entries: (caller, after, limit) =>
      guarded(caller, async () => accept(await store.read(after, limit))),
    proof: (caller, index, size) =>
      guarded(caller, async () => {
        const head = await store.head();
        const wanted = size ?? head.size;
        if (wanted > head.size || index >= wanted) return refuse("not_found", "outside_the_log");
        const walk = createProofWalk(index);
        let left = wanted;
        for await (const page of pages(-1)) {
          for (const leaf of page.slice(0, left)) walk.next(leafHash(leaf));
          left -= page.length;
          if (left <= 0) break;
        }
        return accept({ index, size: wanted, ...walk.finish() });
      }),
    leaves,
    async verify() {
      const { checkpoint } = await sign();
      const walk = createLedgerWalk();
      let seen = 0;
      for await (const leaf of leaves(-1)) {
        // Entries may arrive while we read; the checkpoint vouches for the ones before it.
        if (seen++ === checkpoint.size) break;
        walk.next(leaf);
      }
      return walk.finish(checkpoint);
    },
  };
}
