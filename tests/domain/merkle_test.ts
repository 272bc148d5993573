import assert from "node:assert/strict";
import fc from "fast-check";
import {
  EMPTY_TREE,
  extend,
  grow,
  leafHash,
  rootFromProof,
  rootHash,
} from "../../src/domain/merkle.ts";
import { createNaiveTree } from "../support/naive_tree.ts";
import { PUBLISHED_LEAVES, PUBLISHED_ROOTS } from "./published_tree.ts";

const NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const head = (leaves: readonly string[]) =>
  leaves.reduce((tree, leaf) => extend(tree, leafHash(leaf)), EMPTY_TREE);

Deno.test("the compact range and the naive recursion give the published roots of RFC 6962", () => {
  const naive = createNaiveTree(PUBLISHED_LEAVES);
  for (const [last, root] of PUBLISHED_ROOTS.entries()) {
    assert.equal(rootHash(head(PUBLISHED_LEAVES.slice(0, last + 1))), root);
    assert.equal(naive.root(last + 1), root);
  }
});

Deno.test("the root of nothing is the hash of nothing", () => {
  assert.equal(rootHash(EMPTY_TREE), NOTHING);
  assert.equal(createNaiveTree([]).root(), NOTHING);
});

Deno.test("the compact range agrees with naive recursion on leaves of any text", () => {
  const texts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 300 });
  fc.assert(
    fc.property(texts, (leaves) => {
      assert.equal(rootHash(head(leaves)), createNaiveTree(leaves).root());
    }),
    { seed: 6962, numRuns: 60 },
  );
});

Deno.test("trees up to 5,000 leaves, grown in any batches, agree with naive recursion", () => {
  const batches = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 30 });
  let largest = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000 }), fc.nat(), batches, (size, name, cuts) => {
      const leaves = Array.from({ length: size }, (_, index) => `${name} ${index}`);
      const naive = createNaiveTree(leaves);
      const hashes = leaves.map(leafHash);
      const levels: string[][] = [[], [], []];
      let tree = EMPTY_TREE;
      for (let at = 0, cut = 0; at < size; cut++) {
        const batch = Math.max(cut % cuts.length === 0 ? 1 : 0, cuts[cut % cuts.length]!);
        const grown = grow(tree, hashes.slice(at, at + batch));
        grown.hashes.forEach((row, level) => levels[level]!.push(...row));
        tree = grown.head;
        at = Math.min(size, at + batch);
        assert.equal(tree.size, at);
        assert.equal(rootHash(tree), naive.root(at));
      }
      const full = Array.from({ length: Math.floor(size / 256) }, (_, at) => 256 * at);
      assert.deepEqual(levels, [hashes, full.map((at) => naive.hash(at, at + 256)), []]);
      largest = Math.max(largest, size);
    }),
    { seed: 6962, numRuns: 40 },
  );
  assert.ok(largest > 4_500, `the largest tree had ${largest} leaves`);
});

Deno.test("every leaf of every tree up to 40 has a proof that leads to the root and to no other", () => {
  const leaves = Array.from({ length: 40 }, (_, index) => `leaf ${index}`);
  const naive = createNaiveTree(leaves);
  for (let size = 1; size <= leaves.length; size++) {
    const root = naive.root(size);
    for (let index = 0; index < size; index++) {
      const hash = leafHash(leaves[index]!);
      const proof = naive.path(index, size);
      assert.equal(rootFromProof(hash, index, size, proof), root);
      assert.notEqual(rootFromProof(leafHash("other"), index, size, proof), root);
      if (proof.length > 0) {
        assert.equal(rootFromProof(hash, index, size, proof.slice(1)), null);
      }
      assert.equal(rootFromProof(hash, index, size, [...proof, root]), null);
    }
  }
});

Deno.test("there is no proof outside the tree", () => {
  for (const [index, size] of [[1, 1], [0, 0], [-1, 1], [NaN, 1], [0, NaN]] as const) {
    assert.equal(rootFromProof(leafHash("a"), index, size, []), null);
  }
});
