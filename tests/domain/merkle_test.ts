import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  createProofWalk,
  EMPTY_TREE,
  extend,
  leafHash,
  rootFromProof,
  rootHash,
} from "../../src/domain/merkle.ts";

/** Leaves and roots published with RFC 6962's reference implementation. */
const LEAVES = [
  "",
  "\x00",
  "\x10",
  " !",
  "01",
  "@ABC",
  "PQRSTUVW",
  "`abcdefghijklmno",
];
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** RFC 6962, section 2.1, word for word and as slow as that. */
function naiveRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return createHash("sha256").digest("hex");
  if (leaves.length === 1) {
    return createHash("sha256").update("\x00" + leaves[0]).digest("hex");
  }
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = naiveRoot(leaves.slice(0, split));
  const right = naiveRoot(leaves.slice(split));
  return createHash("sha256").update(Uint8Array.of(1)).update(left + right, "hex").digest("hex");
}

const head = (leaves: readonly string[]) =>
  leaves.reduce((tree, leaf) => extend(tree, leafHash(leaf)), EMPTY_TREE);

Deno.test("the compact range gives the published roots of RFC 6962", () => {
  for (const [last, root] of ROOTS.entries()) {
    assert.equal(rootHash(head(LEAVES.slice(0, last + 1))), root);
  }
});

Deno.test("the root of nothing is the hash of nothing", () => {
  assert.equal(
    rootHash(EMPTY_TREE),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

Deno.test("the compact range agrees with naive recursion on random trees", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 300 }), (leaves) => {
      assert.equal(rootHash(head(leaves)), naiveRoot(leaves));
    }),
    { seed: 6962, numRuns: 60 },
  );
});

function prove(hashes: readonly string[], index: number) {
  const walk = createProofWalk(index);
  for (const hash of hashes) walk.next(hash);
  return walk.finish();
}

Deno.test("every leaf of every tree up to 40 has a proof that leads to the root and to no other", () => {
  const leaves = Array.from({ length: 40 }, (_, index) => `leaf ${index}`);
  const hashes = leaves.map(leafHash);
  for (let size = 1; size <= leaves.length; size++) {
    const root = naiveRoot(leaves.slice(0, size));
    for (let index = 0; index < size; index++) {
      const { proof, ...told } = prove(hashes.slice(0, size), index);
      assert.deepEqual(told, { leafHash: hashes[index], rootHash: root });
      assert.equal(rootFromProof(hashes[index]!, index, size, proof), root);
      assert.notEqual(rootFromProof(leafHash("other"), index, size, proof), root);
      if (proof.length > 0) {
        assert.equal(rootFromProof(hashes[index]!, index, size, proof.slice(1)), null);
      }
      assert.equal(rootFromProof(hashes[index]!, index, size, [...proof, root]), null);
    }
  }
});

Deno.test("there is no proof outside the tree", () => {
  assert.throws(() => prove([leafHash("a")], 1), RangeError);
  assert.throws(() => prove([], 0), RangeError);
  assert.equal(rootFromProof(leafHash("a"), 1, 1, []), null);
});
