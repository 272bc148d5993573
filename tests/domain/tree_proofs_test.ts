import assert from "node:assert/strict";
import fc from "fast-check";
import { EMPTY_TREE, grow, leafHash, rootFromProof, rootHash } from "../../src/domain/merkle.ts";
import { TILE_WIDTH, type TileId, tileWidth } from "../../src/domain/tiles.ts";
import {
  consistencyRanges,
  inclusionRanges,
  isConsistent,
  type LeafRange,
  rootsOfRanges,
  tilesOfRanges,
} from "../../src/domain/tree_proofs.ts";
import { createNaiveTree, type NaiveTree } from "../support/naive_tree.ts";
import {
  PUBLISHED_LEAVES,
  PUBLISHED_PATHS,
  PUBLISHED_PROOFS,
  PUBLISHED_ROOTS,
} from "./published_tree.ts";

/** A tree in its tiles, and the same tree by naive recursion. */
interface Grown {
  readonly naive: NaiveTree;
  readonly leaves: readonly string[];
  /** Roots of ranges, from just the tiles that are said to be needed. */
  roots(ranges: readonly LeafRange[]): string[] | null;
}

function growTree(leaves: readonly string[], batch = leaves.length): Grown {
  const levels: string[][] = [];
  let head = EMPTY_TREE;
  for (let at = 0; at < leaves.length; at += batch) {
    const grown = grow(head, leaves.slice(at, at + batch).map(leafHash));
    grown.hashes.forEach((row, level) => (levels[level] ??= []).push(...row));
    head = grown.head;
  }
  const read = (tile: TileId) => {
    assert.ok(tileWidth(tile, leaves.length) > 0, `no tile ${tile.level}/${tile.number}`);
    return levels[tile.level]!.slice(tile.number * TILE_WIDTH, (tile.number + 1) * TILE_WIDTH);
  };
  return {
    naive: createNaiveTree(leaves),
    leaves,
    roots(ranges) {
      const tiles = tilesOfRanges(ranges);
      assert.equal(
        new Set(tiles.map(({ level, number }) => `${level}/${number}`)).size,
        tiles.length,
      );
      return rootsOfRanges(ranges, tiles, tiles.map(read));
    },
  };
}

const [OTHER, ANOTHER] = PUBLISHED_ROOTS as [string, string];

const leavesOf = (size: number, name = "leaf") =>
  Array.from({ length: size }, (_, index) => `${name} ${index}`);

/** Both proofs are the naive ones, and verify. */
function requirePath({ naive, leaves, roots }: Grown, index: number, size: number): void {
  const proof = roots(inclusionRanges(index, size));
  assert.deepEqual(proof, naive.path(index, size), `${index} of ${size}`);
  assert.equal(rootFromProof(leafHash(leaves[index]!), index, size, proof!), naive.root(size));
}

function requireProof({ naive, roots }: Grown, first: number, second: number): void {
  const ranges = first === second ? [] : consistencyRanges(first, second);
  const proof = roots(ranges);
  assert.deepEqual(proof, naive.proof(first, second), `${first} to ${second}`);
  assert.ok(isConsistent(treeOf(naive, first), treeOf(naive, second), proof!));
}

const treeOf = (naive: NaiveTree, size: number) => ({ size, rootHash: naive.root(size) });

Deno.test("the published inclusion proofs come from tiles and lead to the published roots", () => {
  const tree = growTree(PUBLISHED_LEAVES);
  for (const [index, size, path] of PUBLISHED_PATHS) {
    assert.deepEqual(tree.roots(inclusionRanges(index, size)), path);
    assert.deepEqual(tree.naive.path(index, size), path);
    requirePath(tree, index, size);
  }
});

Deno.test("the published consistency proofs come from tiles and are accepted", () => {
  const tree = growTree(PUBLISHED_LEAVES);
  for (const [first, second, proof] of PUBLISHED_PROOFS) {
    assert.deepEqual(tree.naive.proof(first, second), proof);
    requireProof(tree, first, second);
  }
});

Deno.test("in trees up to 40 every leaf and every pair of sizes has the naive recursion's proof", () => {
  const tree = growTree(leavesOf(40), 7);
  for (let second = 1; second <= 40; second++) {
    for (let index = 0; index < second; index++) {
      requirePath(tree, index, second);
      requireProof(tree, index + 1, second);
    }
  }
});

Deno.test("in random trees up to 5,000 leaves all proofs from tiles are the naive recursion's", () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const parts = fc.array(fc.tuple(part, part), { minLength: 20, maxLength: 20 });
  const sizes = fc.integer({ min: 1, max: 5_000 });
  const batches = fc.integer({ min: 1, max: 1_000 });
  fc.assert(
    fc.property(sizes, batches, parts, (whole, batch, pairs) => {
      const tree = growTree(leavesOf(whole, `tree of ${whole}`), batch);
      for (const [one, other] of pairs) {
        const size = 1 + Math.floor(one * (whole - 1));
        const index = Math.floor(other * (size - 1));
        requirePath(tree, index, size);
        requireProof(tree, index + 1, size);
      }
    }),
    { seed: 6962, numRuns: 25 },
  );
});

Deno.test("at the borders of tiles of every level the proofs are the naive recursion's", () => {
  const tree = growTree(leavesOf(65_536 + 300), 5_000);
  const borders = [1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 65_836];
  for (const second of borders) {
    for (const first of borders.filter((size) => size <= second)) {
      requirePath(tree, first - 1, second);
      requireProof(tree, first, second);
    }
  }
});

Deno.test("a proof takes one tile a level, or two where the log's edge is another", () => {
  for (const [index, size] of [[0, 300], [299, 300], [65_000, 65_836], [12_345_678, 20_000_000]]) {
    const tiles = tilesOfRanges(inclusionRanges(index!, size!));
    const levels = Math.ceil(Math.log2(size!) / 8);
    assert.ok(tiles.length <= 2 * levels, `${tiles.length} tiles for ${index} of ${size}`);
  }
});

Deno.test("roots of ranges are null where a tile lacks a hash or is missing", () => {
  const tree = growTree(leavesOf(600));
  const ranges = [{ start: 0, end: 600 }];
  const tiles = tilesOfRanges(ranges);
  const full = tiles.map(({ level, number }) =>
    Array.from({ length: tileWidth({ level, number }, 600) }, (_, at) => {
      const width = TILE_WIDTH ** level;
      const start = (number * TILE_WIDTH + at) * width;
      return tree.naive.hash(start, start + width);
    })
  );
  assert.deepEqual(rootsOfRanges(ranges, tiles, full), [tree.naive.root()]);
  for (const place of tiles.keys()) {
    const short = full.with(place, full[place]!.slice(0, -1));
    assert.equal(rootsOfRanges(ranges, tiles, short), null);
    assert.equal(rootsOfRanges(ranges, tiles.toSpliced(place, 1), full.toSpliced(place, 1)), null);
  }
  assert.equal(rootsOfRanges([{ start: 3, end: 3 }], tiles, full), null, "no range at all");
});

/** The other nibble in the middle. */
const flip = (hash: string) =>
  `${hash.slice(0, 31)}${(parseInt(hash[31]!, 16) ^ 1).toString(16)}${hash.slice(32)}`;

/** What can be done to any proof. */
function bends(proof: readonly string[]): readonly (readonly string[])[] {
  const each = [...proof.keys()].flatMap((place) => [
    proof.with(place, flip(proof[place]!)),
    proof.toSpliced(place, 1),
    proof.toSpliced(place, 0, proof[place]!),
  ]);
  const swapped = [...proof.keys()].slice(1).map((place) =>
    proof.with(place, proof[place - 1]!).with(place - 1, proof[place]!)
  );
  return [...each, ...swapped, [...proof, OTHER], [OTHER, ...proof]];
}

Deno.test("an inclusion proof that was bent leads to another root or to none", () => {
  const { naive, leaves } = growTree(leavesOf(300));
  let bent = 0;
  for (const [index, size] of [[0, 1], [0, 300], [255, 256], [256, 257], [137, 299], [299, 300]]) {
    const hash = leafHash(leaves[index!]!);
    const proof = naive.path(index!, size!);
    const refuse = (...args: Parameters<typeof rootFromProof>) => {
      bent++;
      assert.notEqual(rootFromProof(...args), naive.root(size!), JSON.stringify(args));
    };
    for (const other of bends(proof)) refuse(hash, index!, size!, other);
    refuse(flip(hash), index!, size!, proof);
    for (const other of [index! - 1, index! + 1]) refuse(hash, other, size!, proof);
  }
  assert.ok(bent > 100, `${bent}`);
});

Deno.test("a consistency proof that was bent is refused", () => {
  const { naive } = growTree(leavesOf(300));
  let bent = 0;
  for (const [first, second] of [[1, 2], [3, 7], [128, 256], [200, 256], [256, 300], [137, 299]]) {
    const [one, two] = [treeOf(naive, first!), treeOf(naive, second!)];
    const proof = naive.proof(first!, second!);
    assert.ok(isConsistent(one, two, proof));
    const refuse = (...args: Parameters<typeof isConsistent>) => {
      bent++;
      assert.ok(!isConsistent(...args), JSON.stringify(args));
    };
    for (const other of bends(proof)) refuse(one, two, other);
    refuse(one, two, []);
    refuse({ ...one, rootHash: flip(one.rootHash) }, two, proof);
    refuse(one, { ...two, rootHash: flip(two.rootHash) }, proof);
    refuse(two, one, proof);
    refuse({ ...one, size: first! - 1 }, two, proof);
    refuse({ ...one, size: first! + 1 }, two, proof);
    refuse(one, { ...two, size: first! }, proof);
    refuse(one, { ...two, size: 2 * second! }, proof);
  }
  assert.ok(bent > 100, `${bent}`);
});

Deno.test("trees of one size are consistent if they are the same, empty ones with every other", () => {
  const empty = { size: 0, rootHash: rootHash(EMPTY_TREE) };
  const [one, other] = [{ size: 5, rootHash: OTHER }, { size: 5, rootHash: ANOTHER }];
  assert.ok(isConsistent(one, one, []));
  assert.ok(!isConsistent(one, one, [OTHER]));
  assert.ok(!isConsistent(one, other, []));
  assert.ok(isConsistent(empty, one, []));
  assert.ok(isConsistent(empty, empty, []));
  assert.ok(!isConsistent(empty, one, [OTHER]));
  assert.ok(!isConsistent({ size: 0, rootHash: OTHER }, one, []), "no empty tree has that root");
});
