/**
 * Shows the ledger to those who audit it: checkpoint, key, entries, tiles, proofs. Reads only; what is
 * signed for it is the tree head, by the ledger's own key.
 */

import { type Caller, mayDo } from "../domain/caller.ts";
import { leafHash } from "../domain/merkle.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { encodeBundle, encodeTile, parseTilePath, TILE_WIDTH, tileWidth } from "../domain/tiles.ts";
import { consistencyRanges, inclusionRanges } from "../domain/tree_proofs.ts";
import type { Checkpoints, CheckpointStatus } from "./checkpoints.ts";
import type { Clock, LedgerNote, LedgerStore, Log, SignedCheckpoint } from "./ports.ts";
import { readRoots } from "./tree_reading.ts";

/** RFC 6962 inclusion proof. Hashes are lower-case hex. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: string;
  readonly rootHash: string;
  readonly proof: readonly string[];
}

/** RFC 6962 consistency proof. Hashes are lower-case hex. */
export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly firstRootHash: string;
  readonly secondRootHash: string;
  readonly proof: readonly string[];
}

/** For callers that may `ledger`; everybody else is refused before anything is read. */
export interface Audit {
  /** A checkpoint of the whole log, as a signed note. */
  checkpoint(caller: Caller): Promise<Outcome<SignedCheckpoint>>;
  /** What the last checkpoint is worth now. */
  status(caller: Caller): Promise<Outcome<CheckpointStatus>>;
  /** The log's verifier key. */
  key(caller: Caller): Promise<Outcome<string>>;
  /**
   * Up to `limit` leaves with an index above `after`, each held against its hash in the tree: the reason
   * is `inconsistent` if one differs. Whoever wants to see those, too, reads tiles.
   */
  entries(caller: Caller, after: number, limit: number): Promise<Outcome<readonly string[]>>;
  /** @param size the tree to prove against; null for the whole log */
  proof(caller: Caller, index: number, size: number | null): Promise<Outcome<InclusionProof>>;
  /** @param second the later tree; null for the whole log */
  consistency(
    caller: Caller,
    first: number,
    second: number | null,
  ): Promise<Outcome<ConsistencyProof>>;
  /** @param path as in C2SP tlog-tiles, `tile/0/000.p/5` */
  tile(caller: Caller, path: string): Promise<Outcome<Uint8Array<ArrayBuffer>>>;
  /** A text that is kept beside the log. */
  note(caller: Caller, name: LedgerNote): Promise<Outcome<string | null>>;
  /** Every leaf from `after` on, for exports. @throws PartFault */
  leaves(after: number): AsyncGenerator<string>;
}

/** Leaves read from the store in one step. */
const PAGE = 4 * TILE_WIDTH;

export function createAudit(
  { store, checkpoints, clock, log }: {
    readonly store: LedgerStore;
    readonly checkpoints: Checkpoints;
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
      if (error.reason === "archived") return refuse("not_found", "archived");
      log.warn(isKey ? "audit.key_fault" : "audit.store_fault", { reason: error.reason });
      return refuse("ledger_unavailable", error.reason, retryAfterSeconds(error, 2));
    }
  };

  return {
    checkpoint: (caller) => guarded(caller, async () => accept(await checkpoints.current())),
    status: (caller) => guarded(caller, async () => accept(await checkpoints.status())),
    key: (caller) => guarded(caller, async () => accept(await checkpoints.key())),
    entries: (caller, after, limit) =>
      guarded(caller, async () => accept(await readChecked(store, log, after, limit))),
    proof: (caller, index, size) =>
      guarded(caller, async () => {
        const head = await store.head();
        const wanted = size ?? head.size;
        if (wanted > head.size || index >= wanted) return refuse("not_found", "outside_the_log");
        return accept(await readProof(store, index, wanted));
      }),
    consistency: (caller, first, second) =>
      guarded(caller, async () => {
        const head = await store.head();
        const wanted = second ?? head.size;
        if (wanted > head.size || first > wanted) return refuse("not_found", "outside_the_log");
        return accept(await readConsistency(store, first, wanted));
      }),
    tile: (caller, path) => guarded(caller, () => readTile(store, path)),
    note: (caller, name) => guarded(caller, async () => accept(await store.note(name))),
    async *leaves(after) {
      for (let last = after;;) {
        const page = await store.read(last, PAGE);
        yield* page;
        last += page.length;
        if (page.length < PAGE) return;
        // Others get their turn between pages: a store on disk answers without a pause.
        await clock.sleep(0);
      }
    },
  };
}

async function readProof(
  store: LedgerStore,
  index: number,
  size: number,
): Promise<InclusionProof> {
  const leaf = { start: index, end: index + 1 };
  const parts = inclusionRanges(index, size);
  const roots = await readRoots(store, [leaf, { start: 0, end: size }, ...parts]);
  const [leafHash, rootHash, ...proof] = roots as [string, string, ...string[]];
  return { index, size, leafHash, rootHash, proof };
}

async function readConsistency(
  store: LedgerStore,
  first: number,
  second: number,
): Promise<ConsistencyProof> {
  const parts = consistencyRanges(first, second);
  const wholes = [{ start: 0, end: first }, { start: 0, end: second }];
  const roots = await readRoots(store, [...wholes, ...parts]);
  const [firstRootHash, secondRootHash, ...proof] = roots as [string, string, ...string[]];
  return { first, second, firstRootHash, secondRootHash, proof };
}

async function readTile(
  store: LedgerStore,
  path: string,
): Promise<Outcome<Uint8Array<ArrayBuffer>>> {
  const asked = parseTilePath(path);
  if (asked === null) return refuse("not_found", "no_such_tile");
  const { size } = await store.head();
  const id = asked.kind === "hashes" ? asked.tile : { level: 0, number: asked.number };
  if (tileWidth(id, size) < asked.width) return refuse("not_found", "outside_the_log");
  if (asked.kind === "entries") {
    return accept(encodeBundle(await store.read(id.number * TILE_WIDTH - 1, asked.width)));
  }
  const [hashes] = await store.tiles([id]);
  return accept(encodeTile(hashes!.slice(0, asked.width)));
}

/** Somebody who changes an entry in the store must not have it shown as one of the log. */
async function readChecked(
  store: LedgerStore,
  log: Log,
  after: number,
  limit: number,
): Promise<readonly string[]> {
  const leaves = await store.read(after, limit);
  const first = after + 1;
  const from = Math.floor(first / TILE_WIDTH);
  const count = Math.ceil((first + leaves.length) / TILE_WIDTH) - from;
  const tiles = Array.from({ length: leaves.length === 0 ? 0 : count }, (_, offset) => ({
    level: 0,
    number: from + offset,
  }));
  const hashes = (await store.tiles(tiles)).flat().slice(first % TILE_WIDTH);
  const wrong = leaves.findIndex((leaf, place) => leafHash(leaf) !== hashes[place]);
  if (wrong < 0) return leaves;
  log.error("ledger.inconsistent", { index: first + wrong });
  throw new PartFault("store", "inconsistent");
}
