/**
 * The Merkle tree of RFC 6962, section 2.1, over SHA-256. The head keeps only the roots of the
 * perfect subtrees (the compact range), so appending costs O(log n) hashes and needs no old leaf.
 */

import { createHash } from "node:crypto";

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

function nodeHash(left: string, right: string): string {
  return createHash("sha256").update(NODE_PREFIX).update(left, "hex").update(right, "hex")
    .digest("hex");
}

/** @returns the head after one more leaf */
export function extend(head: TreeHead, hash: string): TreeHead {
  const frontier = [...head.frontier];
  let node = hash;
  for (let rest = head.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    node = nodeHash(frontier.pop()!, node);
  }
  frontier.push(node);
  return { size: head.size + 1, frontier };
}

/** @returns lower-case hex root of the tree; the hash of nothing for an empty one */
export function rootHash(head: TreeHead): string {
  if (head.frontier.length === 0) return createHash("sha256").digest("hex");
  return head.frontier.slice(0, -1).reduceRight(
    (right, left) => nodeHash(left, right),
    head.frontier.at(-1)!,
  );
}

/** The largest power of two smaller than `size`, for `size` of two and more. */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function subtreeRoot(hashes: readonly string[], from: number, to: number): string {
  let head = EMPTY_TREE;
  for (let index = from; index < to; index++) head = extend(head, hashes[index]!);
  return rootHash(head);
}

/**
 * The audit path of one leaf (RFC 6962, section 2.1.1).
 *
 * @param hashes leaf hashes of the whole tree of that size, in order
 * @returns lower-case hex hashes, the leaf's sibling first
 * @throws RangeError if the index is outside the tree
 */
export function inclusionProof(hashes: readonly string[], index: number): string[] {
  if (!(index >= 0 && index < hashes.length)) {
    throw new RangeError("Cannot prove inclusion: the index is outside the tree");
  }
  const proof: string[] = [];
  let from = 0;
  let to = hashes.length;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      proof.push(subtreeRoot(hashes, middle, to));
      to = middle;
    } else {
      proof.push(subtreeRoot(hashes, from, middle));
      from = middle;
    }
  }
  return proof.reverse();
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
