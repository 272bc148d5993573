import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bundlePath,
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  hashesOfNode,
  levelSize,
  MAX_ENTRY_BYTES,
  parseTilePath,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from "../../src/domain/tiles.ts";
import { tilesOfSize } from "../support/tree_tiles.ts";

/** Widths of a tree's tiles, by level. */
function widthsOf(size: number): number[][] {
  const levels: number[][] = [];
  for (const tile of tilesOfSize(size)) {
    (levels[tile.level] ??= [])[tile.number] = tileWidth(tile, size);
  }
  return levels;
}

const full = (count: number) => Array<number>(count).fill(256);

Deno.test("the specification's examples of trees have the tiles that it tells of", () => {
  // c2sp.org/tlog-tiles, section "Partial Tiles".
  assert.deepEqual(widthsOf(70_000), [[...full(273), 112], [256, 17], [1]]);
  assert.deepEqual(widthsOf(256), [[256], [1]]);
  assert.deepEqual(widthsOf(0), []);
  assert.deepEqual(widthsOf(1), [[1]]);
  assert.deepEqual(widthsOf(255), [[255]]);
  assert.deepEqual(widthsOf(257), [[256, 1], [1]]);
});

Deno.test("a tile that a tree does not have is empty", () => {
  assert.equal(tileWidth({ level: 0, number: 274 }, 70_000), 0);
  assert.equal(tileWidth({ level: 3, number: 0 }, 70_000), 0);
  assert.equal(tileWidth({ level: 0, number: 0 }, 0), 0);
});

Deno.test("paths are the specification's", () => {
  // c2sp.org/tlog-tiles, section "Merkle Tree": index 1234067 is x001/x234/067.
  assert.equal(tilePath({ level: 0, number: 1_234_067 }, 256), "tile/0/x001/x234/067");
  assert.equal(tilePath({ level: 1, number: 0 }, 17), "tile/1/000.p/17");
  assert.equal(tilePath({ level: 0, number: 273 }, 112), "tile/0/273.p/112");
  assert.equal(tilePath({ level: 2, number: 1_000 }, 1), "tile/2/x001/000.p/1");
  assert.equal(bundlePath(1_234_067, 256), "tile/entries/x001/x234/067");
  assert.equal(bundlePath(0, 255), "tile/entries/000.p/255");
});

Deno.test("every path that is made is read as what it was made of", () => {
  const numbers = fc.oneof(fc.nat(2_000), fc.integer({ min: 0, max: 10 ** 15 - 1 }));
  const widths = fc.integer({ min: 1, max: 256 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 }), numbers, widths, (level, number, width) => {
      const tile = { level, number };
      assert.deepEqual(parseTilePath(tilePath(tile, width)), { kind: "hashes", tile, width });
      assert.deepEqual(parseTilePath(bundlePath(number, width)), {
        kind: "entries",
        number,
        width,
      });
    }),
    { seed: 7, numRuns: 300 },
  );
});

/** None of them is the one spelling of a path. */
const NO_PATHS = [
  "",
  "tile",
  "tile/0",
  "tile/0/",
  "/tile/0/000",
  "./tile/0/000",
  "tile//000",
  "tile/0/000/",
  "tile/0/0",
  "tile/0/00",
  "tile/0/0000",
  "tile/00/000",
  "tile/-1/000",
  "tile/7/000",
  "tile/63/000",
  "tile/data/000",
  "tile/Entries/000",
  "TILE/0/000",
  "tile/0/x000",
  "tile/0/x000/000",
  "tile/0/x000/x001/234",
  "tile/0/001/234",
  "tile/0/x001/x234",
  "tile/0/x001/x234/x067",
  "tile/0/X001/234",
  "tile/0/x01/234",
  "tile/0/x001/x001/x001/x001/x001/001",
  "tile/0/000.p",
  "tile/0/000.p/",
  "tile/0/000.p/0",
  "tile/0/000.p/05",
  "tile/0/000.p/256",
  "tile/0/000.p/999",
  "tile/0/000.p/1000",
  "tile/0/000.p/-1",
  "tile/0/000.p/+1",
  "tile/0/000.p/1.0",
  "tile/0/000.p/1/",
  "tile/0/000.p/1 ",
  "tile/0/000.P/1",
  "tile/0/000p/1",
  "tile/0/000\n",
  "tile/0/000\0",
  "tile/0/٠٠٠",
  "tile/0/%30%30%30",
  "tile/0/../0/000",
  "tile/0/000?width=1",
  "tile/0/000#",
  "tile/0/000.p/1.p/1",
  "checkpoint",
];

Deno.test("no other spelling is a path", () => {
  for (const path of NO_PATHS) assert.equal(parseTilePath(path), null, JSON.stringify(path));
  assert.notEqual(parseTilePath("tile/0/000"), null);
});

Deno.test("whatever is read as a path is spelt as it would be made", () => {
  const piece = fc.constantFrom("tile", "/", "entries", "0", "1", "00", "x", "x001", "234", ".p");
  let read = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const path = `tile/${pieces.join("")}`;
      const parsed = parseTilePath(path);
      if (parsed === null) return;
      read++;
      const made = parsed.kind === "hashes"
        ? tilePath(parsed.tile, parsed.width)
        : bundlePath(parsed.number, parsed.width);
      assert.equal(made, path);
    }),
    { seed: 7, numRuns: 20_000 },
  );
  assert.ok(read > 0, "nothing was read");
});

const hash = (byte: number) => byte.toString(16).padStart(2, "0").repeat(32);

Deno.test("a tile is its hashes, 32 bytes each, and nothing else is one", () => {
  assert.deepEqual([...encodeTile([hash(1), hash(255)])], [...full32(1), ...full32(255)]);
  for (const count of [0, 1, 17, 256]) {
    const hashes = Array.from({ length: count }, (_, place) => hash(place));
    const bytes = encodeTile(hashes);
    assert.equal(bytes.length, 32 * count);
    assert.deepEqual(decodeTile(bytes), hashes);
    // As a view into something larger.
    const within = new Uint8Array([9, 9, 9, ...bytes, 9]).subarray(3, 3 + bytes.length);
    assert.deepEqual(decodeTile(within), hashes);
  }
  for (const length of [1, 31, 33, 257 * 32]) {
    assert.equal(decodeTile(new Uint8Array(length)), null, `${length} bytes`);
  }
});

const full32 = (byte: number) => Array<number>(32).fill(byte);

Deno.test("a bundle is each entry behind its length, and is read as it was written", () => {
  const bytes = encodeBundle(["", "a", "æ"]);
  assert.deepEqual([...bytes], [0, 0, 0, 1, 0x61, 0, 2, 0xc3, 0xa6]);
  const longest = "x".repeat(MAX_ENTRY_BYTES);
  for (const leaves of [[], [""], [longest], ["\ufeffmark", "🎟"], Array(256).fill("e")]) {
    assert.deepEqual(decodeBundle(encodeBundle(leaves)), leaves);
  }
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { maxLength: 256 }),
      (leaves) => assert.deepEqual(decodeBundle(encodeBundle(leaves)), leaves),
    ),
    { seed: 7, numRuns: 50 },
  );
});

Deno.test("an entry that is too long for its length is refused, in bytes and not in letters", () => {
  assert.throws(() => encodeBundle(["x".repeat(MAX_ENTRY_BYTES + 1)]), RangeError);
  assert.throws(() => encodeBundle(["a", "æ".repeat(MAX_ENTRY_BYTES / 2 + 1)]), RangeError);
});

Deno.test("bytes that are no whole entries of UTF-8, or too many, are no bundle", () => {
  const good = encodeBundle(["first", "second"]);
  const bent: Readonly<Record<string, Uint8Array>> = {
    "half an entry": good.subarray(0, good.length - 1),
    "half a length": good.subarray(0, 8),
    "a length without its entry": good.subarray(0, 9),
    "a byte more": new Uint8Array([...good, 0]),
    "a length beyond the end": Uint8Array.of(0xff, 0xff, 0x61),
    "half a character": Uint8Array.of(0, 1, 0xc3),
    "a surrogate": Uint8Array.of(0, 3, 0xed, 0xa0, 0x80),
    "a character in too many bytes": Uint8Array.of(0, 2, 0xc0, 0x80),
    "an entry too many": encodeBundle(Array(TILE_WIDTH + 1).fill("e")),
  };
  for (const [what, bytes] of Object.entries(bent)) assert.equal(decodeBundle(bytes), null, what);
  assert.deepEqual(decodeBundle(good), ["first", "second"]);
});

Deno.test("a perfect subtree's hashes lie in one tile", () => {
  assert.deepEqual(hashesOfNode(0, 5), { level: 0, first: 5, count: 1 });
  assert.deepEqual(hashesOfNode(7, 3), { level: 0, first: 384, count: 128 });
  assert.deepEqual(hashesOfNode(8, 3), { level: 1, first: 3, count: 1 });
  assert.deepEqual(hashesOfNode(17, 1), { level: 2, first: 2, count: 2 });
  for (let height = 0; height < 40; height++) {
    for (const index of [0, 1, 2, 77, 255, 256]) {
      const { level, first, count } = hashesOfNode(height, index);
      const tile = (place: number) => Math.floor(place / TILE_WIDTH);
      assert.equal(tile(first), tile(first + count - 1));
      assert.ok(levelSize((index + 1) * 2 ** height, level) >= first + count);
    }
  }
});
