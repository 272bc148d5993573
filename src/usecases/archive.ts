/**
 * Copies the log to a shelf as C2SP tlog-tiles, and moves its old part there for good. Nothing leaves
 * the store before the shelf, read back from its first entry on, verified against a checkpoint.
 */

import { openCheckpoint, parseVerifierKey, type VerifierKey } from "../domain/checkpoint.ts";
import type { LedgerVerdict } from "../domain/ledger_verification.ts";
import {
  bundlePath,
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  levelSize,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from "../domain/tiles.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { LedgerStore, SignedCheckpoint, TileShelf } from "./ports.ts";
import { type LogSource, verifyLog } from "./verification.ts";

/** What was done, or why not: nothing was removed then. */
export type ArchiveAnswer =
  | { readonly kind: "archived"; readonly from: number; readonly to: number; readonly size: number }
  /** The shelf holds tiles of another log, or damaged ones. */
  | { readonly kind: "foreign"; readonly path: string }
  | { readonly kind: "unverified"; readonly verdict: LedgerVerdict & { readonly ok: false } }
  /** Others keep older checkpoints all the time: try again. */
  | { readonly kind: "busy" };

export interface Archive {
  /**
   * Copies everything that the shelf lacks, verifies the whole of it, and writes the checkpoint.
   *
   * @throws PartFault, SignerFault
   */
  copy(): Promise<ArchiveAnswer>;
  /**
   * Copies, then removes from the store what is older than an instant, in full bundles.
   *
   * @throws PartFault, SignerFault
   */
  move(olderThan: number): Promise<ArchiveAnswer>;
}

export function createArchive(
  { store, shelf, checkpoints }: {
    readonly store: LedgerStore;
    readonly shelf: TileShelf;
    readonly checkpoints: Checkpoints;
  },
): Archive {
  const copy = async (): Promise<ArchiveAnswer> => {
    const signed = await checkpoints.current();
    const { size } = signed.checkpoint;
    const floor = await store.floor();
    const foreign = await copyTo(store, shelf, size, floor);
    if (foreign !== null) return { kind: "foreign", path: foreign };
    const verdict = await verifyShelf(shelf, signed, await checkpoints.key());
    if (!verdict.ok) return { kind: "unverified", verdict };
    await shelf.write("checkpoint", new TextEncoder().encode(signed.note));
    return { kind: "archived", from: floor, to: floor, size };
  };

  /**
   * Whether the checkpoint beside the log covers what is to be removed: the next one is proven from it,
   * and could not be from one below the floor. Another instance may have kept an older one meanwhile.
   */
  const isCovered = async (to: number): Promise<boolean> => {
    const key = parseVerifierKey(await checkpoints.key());
    for (let tries = 0; tries < 5; tries++) {
      const note = await store.note("checkpoint");
      if (note !== null && key !== null && (shelfSize(note, key) ?? 0) >= to) return true;
      await checkpoints.current();
    }
    return to === 0;
  };

  return {
    copy,
    async move(olderThan) {
      const copied = await copy();
      if (copied.kind !== "archived") return copied;
      const full = Math.floor(copied.size / TILE_WIDTH);
      let bundle = copied.from / TILE_WIDTH;
      while (bundle < full && await lastOf(store, bundle) < olderThan) bundle++;
      const to = bundle * TILE_WIDTH;
      if (!await isCovered(to)) return { kind: "busy" };
      // COMMIT POINT: from here on the shelf is the only place of these entries. A crash in the middle
      // leaves the floor at some border between bundles; the next run goes on from there.
      for (let below = copied.from; below < to;) {
        below = Math.min(to, below + STEP);
        await store.forget(below);
      }
      return { ...copied, to };
    },
  };
}

/** @returns the path that holds something else, null if all is as it must be */
async function copyTo(
  store: LedgerStore,
  shelf: TileShelf,
  size: number,
  floor: number,
): Promise<string | null> {
  for (let number = floor / TILE_WIDTH; number * TILE_WIDTH < size; number++) {
    const width = Math.min(TILE_WIDTH, size - number * TILE_WIDTH);
    const leaves = await store.read(number * TILE_WIDTH - 1, width);
    const path = bundlePath(number, width);
    if (!await put(shelf, path, encodeBundle(leaves))) return path;
  }
  for (let level = 0; levelSize(size, level) > 0; level++) {
    const first = level === 0 ? floor / TILE_WIDTH : 0;
    for (let number = first; number * TILE_WIDTH < levelSize(size, level); number++) {
      const tile = { level, number };
      const [hashes] = await store.tiles([tile]);
      const width = tileWidth(tile, size);
      const path = tilePath(tile, width);
      if (!await put(shelf, path, encodeTile(hashes!.slice(0, width)))) return path;
    }
  }
  return null;
}

/** A file never changes: another one under its name is another log's. */
async function put(
  shelf: TileShelf,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const there = await shelf.read(path);
  if (there !== null) return isSame(there, bytes);
  await shelf.write(path, bytes);
  return true;
}

/** Entries removed in one step: others get their turn between them. */
const STEP = 64 * TILE_WIDTH;

/** When the last entry of a full bundle was written. */
async function lastOf(store: LedgerStore, bundle: number): Promise<number> {
  const [leaf] = await store.read((bundle + 1) * TILE_WIDTH - 2, 1);
  return Date.parse(JSON.parse(leaf!).at);
}

async function verifyShelf(
  shelf: Pick<TileShelf, "read">,
  { note, checkpoint }: SignedCheckpoint,
  key: string,
): Promise<LedgerVerdict> {
  return await verifyLog(shelfSource(shelf, checkpoint.size), {
    checkpoint: note,
    isLiving: false,
    kept: [],
    key: parseVerifierKey(key),
  });
}

/** A shelf as the source of a log of that size. What is not there, or no tile, counts as empty. */
export function shelfSource(shelf: Pick<TileShelf, "read">, size: number): LogSource {
  const read = async <T>(
    full: string,
    partial: string,
    decode: (bytes: Uint8Array) => T[] | null,
  ): Promise<T[]> => {
    const bytes = await shelf.read(partial) ?? await shelf.read(full);
    return bytes === null ? [] : decode(bytes) ?? [];
  };
  return {
    async *entries() {
      for (let number = 0; number * TILE_WIDTH < size; number++) {
        const width = Math.min(TILE_WIDTH, size - number * TILE_WIDTH);
        const full = bundlePath(number, TILE_WIDTH);
        const leaves = await read(full, bundlePath(number, width), decodeBundle);
        yield leaves.slice(0, width);
        if (leaves.length < width) return;
      }
    },
    tiles: async (tiles) =>
      await Promise.all(tiles.map(async (tile) => {
        const width = tileWidth(tile, size);
        return await read(tilePath(tile, TILE_WIDTH), tilePath(tile, width), decodeTile);
      })),
  };
}

/** How many entries a shelf's checkpoint promises. Null if there is none that this key signed. */
export function shelfSize(note: string, key: VerifierKey): number | null {
  return openCheckpoint(note, key)?.size ?? null;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}
