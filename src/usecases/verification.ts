/**
 * Verifies a log from wherever it can be read: the store, an export, a folder of tiles, a service.
 * Needs the log's public key and trusts nothing else: tiles count only once their root is the one that
 * was signed, and then they tell which entry it is that differs.
 */

import { type Checkpoint, openCheckpoint, type VerifierKey } from "../domain/checkpoint.ts";
import { createLedgerWalk, type LedgerVerdict } from "../domain/ledger_verification.ts";
import { EMPTY_TREE, grow, rootHash, type TreeHead } from "../domain/merkle.ts";
import { levelSize, TILE_WIDTH, type TileId, tileWidth } from "../domain/tiles.ts";

/** A log as somebody gives it. Everything in it may be wrong. */
export interface LogSource {
  /** Every entry from the first on, those beyond the checkpoint included, in pages. */
  entries(): AsyncIterable<readonly string[]>;
  /**
   * Reads tiles: of each as many hashes as the source has of it. Null where there are none.
   */
  readonly tiles: ((tiles: readonly TileId[]) => Promise<readonly (readonly string[])[]>) | null;
}

export interface VerificationOptions {
  /** The checkpoint that says how many entries there are; null if there is none. */
  readonly checkpoint: string | null;
  /** Whether entries beyond the checkpoint are passed over: a living log grows meanwhile. */
  readonly isLiving: boolean;
  /** Older checkpoints that the auditor kept. */
  readonly kept: readonly string[];
  /** The log's key. Needed for checkpoints of any kind. */
  readonly key: VerifierKey | null;
}

const UNSIGNED: LedgerVerdict = {
  ok: false,
  index: null,
  why: "the checkpoint is malformed or not signed by this key",
};

const UNSIGNED_KEPT: LedgerVerdict = {
  ok: false,
  index: null,
  why: "a checkpoint that was kept is malformed or not signed by this key",
};

/** Reads the whole log. @throws what the source throws when it cannot be read */
export async function verifyLog(
  source: LogSource,
  { checkpoint: note, isLiving, kept: keptNotes, key }: VerificationOptions,
): Promise<LedgerVerdict> {
  const open = (text: string) => key === null ? null : openCheckpoint(text, key);
  const checkpoint = note === null ? null : open(note);
  if (note !== null && checkpoint === null) return UNSIGNED;
  const kept = keptNotes.map(open);
  if (kept.includes(null)) return UNSIGNED_KEPT;
  const older = kept as readonly Checkpoint[];
  const later = older.find(({ size }) => checkpoint !== null && size > checkpoint.size);
  if (later !== undefined && checkpoint !== null) {
    const why = `a checkpoint that was kept covers ${later.size} entries, this one fewer`;
    return { ok: false, index: checkpoint.size, why };
  }
  const tree = checkpoint === null || source.tiles === null
    ? null
    : await readTree(source.tiles, checkpoint);
  const walk = createLedgerWalk(older);
  let seen = 0;
  for await (const page of source.entries()) {
    const wanted = isLiving && checkpoint !== null ? page.slice(0, checkpoint.size - seen) : page;
    const hashes = tree?.why === null ? await tree.hashes(seen, wanted.length) : [];
    wanted.forEach((leaf, place) => walk.next(leaf, hashes[place]));
    seen += wanted.length;
    if (wanted.length < page.length) break;
  }
  const verdict = walk.finish(checkpoint);
  const isNamed = !verdict.ok && verdict.index !== null;
  // Without the tiles' help an entry is named only if it gives itself away.
  if (isNamed || tree === null || tree.why === null) return verdict;
  return { ok: false, index: null, why: tree.why };
}

/** The hashes of a tree whose root is the checkpoint's, or why they are not. */
async function readTree(tiles: NonNullable<LogSource["tiles"]>, checkpoint: Checkpoint) {
  const { size } = checkpoint;
  // Pages may be as short as one entry: a tile is read once for all of its entries.
  let held: { readonly first: number; readonly hashes: readonly string[] } = NOTHING_HELD;
  const hashes = async (first: number, count: number): Promise<readonly string[]> => {
    const end = Math.min(size, first + count);
    if (first >= end) return [];
    if (first < held.first || end > held.first + held.hashes.length) {
      const from = Math.floor(first / TILE_WIDTH);
      const ids = idsBetween(0, from, Math.ceil(end / TILE_WIDTH));
      const found = await readWhole(tiles, ids, size);
      held = found === null ? NOTHING_HELD : { first: from * TILE_WIDTH, hashes: found.flat() };
    }
    return held.hashes.slice(first - held.first, end - held.first);
  };
  return { hashes, why: await judgeTiles(tiles, checkpoint) };
}

const NOTHING_HELD = { first: 0, hashes: [] };

/** @returns what is wrong with the tiles of hashes, null if nothing is */
async function judgeTiles(
  tiles: NonNullable<LogSource["tiles"]>,
  { size, rootHash: signed }: Checkpoint,
): Promise<string | null> {
  let head: TreeHead = EMPTY_TREE;
  const upper: string[][] = [];
  for (let from = 0; from * TILE_WIDTH < size; from += TILES_AT_ONCE) {
    const to = Math.min(from + TILES_AT_ONCE, Math.ceil(size / TILE_WIDTH));
    const found = await readWhole(tiles, idsBetween(0, from, to), size);
    if (found === null) return "a tile of level 0 is not whole";
    const grown = grow(head, found.flat());
    grown.hashes.forEach((row, level) => level > 0 && (upper[level] ??= []).push(...row));
    head = grown.head;
  }
  if (rootHash(head) !== signed) return "the tiles of level 0 are not what the checkpoint covers";
  for (let level = 1; levelSize(size, level) > 0; level++) {
    const ids = idsBetween(level, 0, Math.ceil(levelSize(size, level) / TILE_WIDTH));
    const found = await readWhole(tiles, ids, size);
    if (found === null) return `a tile of level ${level} is not whole`;
    const wrong = found.flat().findIndex((hash, place) => hash !== upper[level]![place]);
    if (wrong >= 0) return `hash ${wrong} of level ${level} is not the root of its tile below`;
  }
  return null;
}

/** Two megabytes of text. */
const TILES_AT_ONCE = 64;

function idsBetween(level: number, from: number, to: number): TileId[] {
  return Array.from({ length: to - from }, (_, offset) => ({ level, number: from + offset }));
}

/** Tiles as a tree of that size has them; null if one has fewer hashes. */
async function readWhole(
  tiles: NonNullable<LogSource["tiles"]>,
  ids: readonly TileId[],
  size: number,
): Promise<string[][] | null> {
  const found = (await tiles(ids)).map((hashes, place) =>
    hashes.slice(0, tileWidth(ids[place]!, size))
  );
  return found.every((hashes, place) => hashes.length === tileWidth(ids[place]!, size))
    ? found
    : null;
}
