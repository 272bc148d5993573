/**
 * Proofs from tiles: RFC 6962 inclusion (section 2.1.1) and consistency (section 2.1.2), each first
 * as the ranges of leaves whose roots it is made of, so that all tiles it needs can be fetched in one
 * step. Verification of consistency as RFC 9162, section 2.1.4.2, tells it.
 */

import { EMPTY_TREE, nodeHash, rootHash } from "./merkle.ts";
import { hashesOfNode, TILE_HEIGHT, TILE_WIDTH, type TileId } from "./tiles.ts";

/** Leaves from `start`, `end` not among them. As parts of a proof they are whole subtrees. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The largest power of two below a size of at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** @returns what an inclusion proof is made of, the leaf's sibling first */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let range: LeafRange = { start: 0, end: size };
  while (range.end - range.start > 1) {
    const middle = range.start + splitOf(range.end - range.start);
    const isLeft = index < middle;
    ranges.push(isLeft ? { start: middle, end: range.end } : { start: range.start, end: middle });
    range = isLeft ? { start: range.start, end: middle } : { start: middle, end: range.end };
  }
  return ranges.reverse();
}

/** @returns what a consistency proof between two sizes is made of, 0 < first <= second */
export function consistencyRanges(first: number, second: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let range: LeafRange = { start: 0, end: second };
  // The verifier has the root of the first tree; it needs no part that is all of that.
  let isWhole = true;
  while (range.end !== first) {
    const middle = range.start + splitOf(range.end - range.start);
    if (first <= middle) {
      ranges.push({ start: middle, end: range.end });
      range = { start: range.start, end: middle };
    } else {
      ranges.push({ start: range.start, end: middle });
      range = { start: middle, end: range.end };
      isWhole = false;
    }
  }
  if (!isWhole) ranges.push(range);
  return ranges.reverse();
}

/** The perfect subtrees of a range, left to right, as height and index at that height. */
function subtrees({ start, end }: LeafRange): { height: number; index: number }[] {
  const found: { height: number; index: number }[] = [];
  for (let at = start; at < end;) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= end) height++;
    found.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return found;
}

/** @returns the tiles that hold everything for the roots of these ranges */
export function tilesOfRanges(ranges: readonly LeafRange[]): TileId[] {
  const wanted = new Map<string, TileId>();
  for (const { height, index } of ranges.flatMap(subtrees)) {
    const { level, first } = hashesOfNode(height, index);
    // A subtree's hashes never cross the border of a tile: their number divides 256.
    const tile = { level, number: Math.floor(first / TILE_WIDTH) };
    wanted.set(keyOf(tile), tile);
  }
  return [...wanted.values()];
}

/**
 * Computes the roots of ranges from their tiles.
 *
 * @param tiles the tiles asked for, and the hashes of each as far as there are any
 * @returns lower-case hex roots, or null if a tile lacks a hash
 */
export function rootsOfRanges(
  ranges: readonly LeafRange[],
  tiles: readonly TileId[],
  hashes: readonly (readonly string[])[],
): string[] | null {
  const byTile = new Map(tiles.map((tile, place) => [keyOf(tile), hashes[place] ?? []]));
  const node = (height: number, index: number): string | null => {
    const { level, first, count } = hashesOfNode(height, index);
    const tile = byTile.get(keyOf({ level, number: Math.floor(first / TILE_WIDTH) })) ?? [];
    let row = tile.slice(first % TILE_WIDTH, first % TILE_WIDTH + count);
    if (row.length !== count) return null;
    for (let step = height % TILE_HEIGHT; step > 0; step--) {
      row = Array.from(
        { length: row.length / 2 },
        (_, at) => nodeHash(row[at * 2]!, row[at * 2 + 1]!),
      );
    }
    return row[0]!;
  };
  const roots: string[] = [];
  for (const range of ranges) {
    const parts = subtrees(range).map(({ height, index }) => node(height, index));
    if (parts.length === 0 || parts.includes(null)) return null;
    roots.push((parts as string[]).reduceRight((right, left) => nodeHash(left, right)));
  }
  return roots;
}

function keyOf({ level, number }: TileId): string {
  return `${level}/${number}`;
}

/** One tree, by size and root. */
export interface TreeRoot {
  readonly size: number;
  /** Lower-case hex. */
  readonly rootHash: string;
}

/**
 * Whether the proof shows that the second tree begins with the first. An empty first tree is the
 * beginning of every tree, with an empty proof.
 */
export function isConsistent(
  first: TreeRoot,
  second: TreeRoot,
  proof: readonly string[],
): boolean {
  if (first.size > second.size) return false;
  if (first.size === second.size) {
    return proof.length === 0 && first.rootHash === second.rootHash;
  }
  if (first.size === 0) return proof.length === 0 && first.rootHash === rootHash(EMPTY_TREE);
  const isPower = Number.isInteger(Math.log2(first.size));
  const [start, ...rest] = isPower ? [first.rootHash, ...proof] : proof;
  if (start === undefined) return false;
  let fn = first.size - 1;
  let sn = second.size - 1;
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let one = start;
  let two = start;
  for (const hash of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      one = nodeHash(hash, one);
      two = nodeHash(hash, two);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      two = nodeHash(two, hash);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && one === first.rootHash && two === second.rootHash;
}

function half(value: number): number {
  return Math.floor(value / 2);
}
