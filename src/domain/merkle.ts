/**
 * The Merkle tree of RFC 6962, section 2.1, over SHA-256. The head keeps only the roots of the
 * perfect subtrees (the compact range), so appending costs O(log n) hashes and needs no old leaf.
 */

import { createHash } from "node:crypto";
import { TILE_HEIGHT } from "./tiles.ts";

/**
 * A tree's head. `frontier` holds the lower-case hex roots of its perfect subtrees, largest first;
 * their sizes are the one bits of `size`.
 */
export interface TreeHead {
  readonly size: number;
  readonly frontier: readonly string[];
}

export const EMPTY_TREE: TreeHead = { size: 0, frontier: [] };

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** @returns lower-case hex hash of a leaf's bytes */
export function leafHash(leaf: string): string {
  return createHash("sha256").update(LEAF_PREFIX).update(leaf, "utf8").digest("hex");
}

/** @returns lower-case hex hash of an inner node */
export function nodeHash(left: string, right: string): string {
  return createHash("sha256").update(NODE_PREFIX).update(left, "hex").update(right, "hex")
    .digest("hex");
}

/** What an append adds to a tree. */
export interface Growth {
  readonly head: TreeHead;
  /**
   * New hashes by level of tiles, level 0 being the leaves' own. Those of a level follow the ones it
   * has: `floor(size / 256 ** level)` before and after.
   */
  readonly hashes: readonly (readonly string[])[];
}

/** @returns the head after more leaves, and what the tiles get */
export function grow(head: TreeHead, leafHashes: readonly string[]): Growth {
  const frontier = [...head.frontier];
  const hashes: string[][] = [];
  let size = head.size;
  for (const hash of leafHashes) {
    let node = hash;
    let height = 0;
    (hashes[0] ??= []).push(node);
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(frontier.pop()!, node);
      height++;
      if (height % TILE_HEIGHT === 0) (hashes[height / TILE_HEIGHT] ??= []).push(node);
    }
    frontier.push(node);
    size++;
  }
  return { head: { size, frontier }, hashes };
}

/** @returns the head after one more leaf */
export function extend(head: TreeHead, hash: string): TreeHead {
  return grow(head, [hash]).head;
}

/** @returns lower-case hex root of the tree; the hash of nothing for an empty one */
export function rootHash(head: TreeHead): string {
  if (head.frontier.length === 0) return createHash("sha256").digest("hex");
  return head.frontier.slice(0, -1).reduceRight(
    (right, left) => nodeHash(left, right),
    head.frontier.at(-1)!,
  );
}

/**
 * Computes the root that a leaf and its audit path lead to.
 *
 * @returns lower-case hex root, or null if the path does not fit the index and size
 */
export function rootFromProof(
  hash: string,
  index: number,
  size: number,
  proof: readonly string[],
): string | null {
  if (!(index >= 0 && index < size)) return null;
  let node = hash;
  let position = index;
  let last = size - 1;
  for (const sibling of proof) {
    if (last === 0) return null;
    if (position % 2 === 1 || position === last) {
      node = nodeHash(sibling, node);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(node, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : null;
}
