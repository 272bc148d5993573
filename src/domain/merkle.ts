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

/** A tree whose leaves come one by one, for the root and the audit path of one of them. */
export interface ProofWalk {
  /** @param hash of the next leaf */
  next(hash: string): void;
  /**
   * What was seen so far: the leaf's own hash, and its path (RFC 6962, section 2.1.1), the leaf's
   * sibling first. All lower-case hex.
   *
   * @throws RangeError if the index is outside the tree
   */
  finish(): {
    readonly leafHash: string;
    readonly rootHash: string;
    readonly proof: readonly string[];
  };
}

/** Starts at index 0. Keeps O(log n) hashes, whatever the size of the tree. */
export function createProofWalk(index: number): ProofWalk {
  const frontier: string[] = [];
  const proof: string[] = [];
  let size = 0;
  let own: string | null = null;
  /** Place in the frontier of the subtree that holds the leaf; -1 before it came. */
  let holder = -1;

  return {
    next(hash) {
      let node = hash;
      let isHolder = size === index;
      if (isHolder) own = hash;
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
        const left = frontier.pop()!;
        if (isHolder) proof.push(left);
        else if (holder === frontier.length) {
          proof.push(node);
          isHolder = true;
        }
        node = nodeHash(left, node);
      }
      if (isHolder) holder = frontier.length;
      frontier.push(node);
      size++;
    },
    finish() {
      if (own === null) {
        throw new RangeError("Cannot prove inclusion: the index is outside the tree");
      }
      const path = [...proof];
      let place = frontier.length - 1;
      let node = frontier[place]!;
      // What is folded so far holds the leaf once its subtree is part of it.
      while (place-- > 0) {
        const left = frontier[place]!;
        if (holder > place) path.push(left);
        else if (holder === place) path.push(node);
        node = nodeHash(left, node);
      }
      return { leafHash: own, rootHash: node, proof: path };
    },
  };
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
