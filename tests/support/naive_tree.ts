/**
 * The Merkle tree of RFC 6962, section 2.1, word for word: every formula as the recursion that it is
 * there, over all leaves. A second implementation, so that the first one has somebody to agree with: it
 * shares nothing with it. Remembers the hash of each slice, or trees of some size would take forever.
 */

import { createHash } from "node:crypto";
import type { Buffer } from "node:buffer";

/** Everything there is to know about a list of leaves. Hashes are lower-case hex. */
export interface NaiveTree {
  /** Section 2.1: `MTH(D[size])`. */
  root(size?: number): string;
  /** Section 2.1.1: `PATH(m, D[size])`. */
  path(index: number, size?: number): string[];
  /** Section 2.1.2: `PROOF(m, D[second])`. */
  proof(first: number, second?: number): string[];
  /** `MTH(D[start:end])`, as tiles are made of. */
  hash(start: number, end: number): string;
}

/** @param leaves `D`, as text or bytes */
export function createNaiveTree(leaves: readonly (string | Uint8Array)[]): NaiveTree {
  const known = new Map<number, Buffer>();

  /** `MTH(D[start:end])`. */
  const mth = (start: number, end: number): Buffer => {
    const n = end - start;
    if (n === 0) return sha256();
    const name = start * (leaves.length + 1) + end;
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    const k = start + largestPowerOfTwoBelow(n);
    const hash = n === 1
      ? sha256(Uint8Array.of(0x00), leaves[start]!)
      : sha256(Uint8Array.of(0x01), mth(start, k), mth(k, end));
    known.set(name, hash);
    return hash;
  };

  /** `PATH(m, D[start:end])`; m counts from `start`. */
  const path = (m: number, start: number, end: number): Buffer[] => {
    const n = end - start;
    if (n === 1) return [];
    const k = largestPowerOfTwoBelow(n);
    return m < k
      ? [...path(m, start, start + k), mth(start + k, end)]
      : [...path(m - k, start + k, end), mth(start, start + k)];
  };

  /** `SUBPROOF(m, D[start:end], b)`; m counts from `start`. */
  const subproof = (m: number, start: number, end: number, b: boolean): Buffer[] => {
    const n = end - start;
    if (m === n) return b ? [] : [mth(start, end)];
    const k = largestPowerOfTwoBelow(n);
    return m <= k
      ? [...subproof(m, start, start + k, b), mth(start + k, end)]
      : [...subproof(m - k, start + k, end, false), mth(start, start + k)];
  };

  const hex = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString("hex"));
  const all = leaves.length;
  return {
    root: (size = all) => mth(0, size).toString("hex"),
    path: (index, size = all) => hex(path(index, 0, size)),
    proof: (first, second = all) => hex(subproof(first, 0, second, true)),
    hash: (start, end) => mth(start, end).toString("hex"),
  };
}

function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** "Let k be the largest power of two smaller than n": for n = 1 there is none, and none is used. */
function largestPowerOfTwoBelow(n: number): number {
  let k = 1;
  while (2 * k < n) k = 2 * k;
  return k;
}
