import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { encodeBundle } from "../../src/domain/tiles.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { type VerificationOptions, verifyLog } from "../../src/usecases/verification.ts";
import {
  atService,
  exported,
  FILES,
  type Files,
  filesOf,
  inFolder,
  inStore,
  KEY,
  LEAVES,
  logOf,
  NOTE,
  OTHERS,
  SIZE,
} from "./signed_log.ts";

const OPTIONS: VerificationOptions = { checkpoint: NOTE, isLiving: false, kept: [], key: KEY };

const FULL_BUNDLE = "tile/entries/000";
const LAST_BUNDLE = "tile/entries/001.p/44";
const FULL_TILE = "tile/0/000";
const LAST_TILE = "tile/0/001.p/44";
const UPPER_TILE = "tile/1/000.p/1";

const OTHER_FILES = await filesOf(OTHERS);
const encoder = new TextEncoder();

type Bytes = Uint8Array<ArrayBuffer>;

const change = (path: string, to: (bytes: Bytes) => Bytes | null): Files => {
  const files = new Map(FILES);
  const bytes = to(FILES.get(path)!);
  if (bytes === null) files.delete(path);
  else files.set(path, bytes);
  return files;
};

const without = (path: string) => change(path, () => null);
const cut = (path: string, by: number) => change(path, (bytes) => bytes.slice(0, -by));
const fromOther = (...paths: readonly string[]): Files =>
  new Map(
    [...FILES].map(([path, bytes]) =>
      paths.includes(path) ? [path, OTHER_FILES.get(path)!] : [path, bytes]
    ),
  );
const flip = (path: string, at: number) =>
  change(path, (bytes) => bytes.map((byte, place) => place === at ? byte ^ 1 : byte));
const turned = (path: string, one: number, other: number) =>
  change(path, (bytes) => {
    const [hash, next] = [
      bytes.slice(one * 32, one * 32 + 32),
      bytes.slice(other * 32).slice(0, 32),
    ];
    const bent = bytes.slice();
    bent.set(next, one * 32);
    bent.set(hash, other * 32);
    return bent;
  });

/** The place of an entry's last letter but two in a full bundle. */
const letterOf = (index: number) => encodeBundle(LEAVES.slice(0, index + 1)).length - 3;

/** Tiles of hashes that are not the log's: nothing can be named, as long as no entry gives itself away. */
const LEVEL_0 = "the tiles of level 0 are not what the checkpoint covers";
const LEVEL_0_CUT = "a tile of level 0 is not whole";
const LEVEL_1 = "hash 0 of level 1 is not the root of its tile below";
const LEVEL_1_CUT = "a tile of level 1 is not whole";

/** What was done to the files, and which entry is named, or why none can be. */
const BENT: readonly (readonly [what: string, files: Files, named: number | string])[] = [
  ["the first bundle is missing", without(FULL_BUNDLE), 0],
  ["the last bundle is missing", without(LAST_BUNDLE), 256],
  ["a bundle is empty", change(FULL_BUNDLE, () => new Uint8Array()), 0],
  ["a bundle is garbage", change(LAST_BUNDLE, (bytes) => bytes.map(() => 0xff)), 256],
  ["a bundle ends within an entry", cut(LAST_BUNDLE, 1), 256],
  ["a bundle ends early", change(LAST_BUNDLE, () => encodeBundle(LEAVES.slice(256, 290))), 290],
  ["a full bundle ends early", change(FULL_BUNDLE, () => encodeBundle(LEAVES.slice(0, 255))), 255],
  [
    "a full bundle has one entry too many",
    change(FULL_BUNDLE, () => encodeBundle(LEAVES.slice(0, 257))),
    0,
  ],
  ["one bit of an entry is another", flip(FULL_BUNDLE, letterOf(137)), 137],
  ["one bit of an entry's length is another", flip(FULL_BUNDLE, 1), 0],
  ["a bundle's lengths are turned round", change(LAST_BUNDLE, turnLengths), 256],
  ["a bundle is another log's", fromOther(LAST_BUNDLE), 256],
  ["all bundles are another log's", fromOther(FULL_BUNDLE, LAST_BUNDLE), 0],
  ["one bundle stands for the other", change(FULL_BUNDLE, () => FILES.get(LAST_BUNDLE)!), 0],
  ["a bundle is a page of a web server", change(LAST_BUNDLE, page), 256],

  ["one bit of a hash is another", flip(FULL_TILE, 137 * 32), LEVEL_0],
  ["one bit of the last hash is another", flip(LAST_TILE, 43 * 32 + 31), LEVEL_0],
  ["two hashes are swapped", turned(FULL_TILE, 10, 11), LEVEL_0],
  ["a tile is another log's", fromOther(FULL_TILE), LEVEL_0],
  ["all tiles are another log's", fromOther(FULL_TILE, LAST_TILE, UPPER_TILE), LEVEL_0],
  ["everything is another log's", OTHER_FILES, LEVEL_0],
  ["a tile and its bundle are another log's", fromOther(LAST_TILE, LAST_BUNDLE), LEVEL_0],
  [
    "a whole attempt and its hashes are another log's",
    bendBoth(137, 140),
    LEVEL_0,
  ],
  ["a tile is missing", without(FULL_TILE), LEVEL_0_CUT],
  ["the last tile is missing", without(LAST_TILE), LEVEL_0_CUT],
  ["a tile is empty", change(LAST_TILE, () => new Uint8Array()), LEVEL_0_CUT],
  ["a tile ends within a hash", cut(FULL_TILE, 1), LEVEL_0_CUT],
  ["a tile lacks a hash", cut(LAST_TILE, 32), LEVEL_0_CUT],
  ["a full tile has a hash too many", change(FULL_TILE, repeatLast), LEVEL_0_CUT],
  ["a tile is garbage", change(FULL_TILE, (bytes) => bytes.map(() => 0)), LEVEL_0],
  ["an upper tile is another", flip(UPPER_TILE, 0), LEVEL_1],
  ["an upper tile is another log's", fromOther(UPPER_TILE), LEVEL_1],
  ["an upper tile is missing", without(UPPER_TILE), LEVEL_1_CUT],
  ["an upper tile ends within its hash", cut(UPPER_TILE, 1), LEVEL_1_CUT],
];

function turnLengths(bytes: Bytes): Bytes {
  const bent = bytes.slice();
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 2 + view.getUint16(at)) {
    new DataView(bent.buffer).setUint16(at, view.getUint16(at), true);
  }
  return bent;
}

function page(): Bytes {
  return encoder.encode("<!DOCTYPE html><title>It works!</title>");
}

function repeatLast(bytes: Bytes): Bytes {
  return new Uint8Array([...bytes, ...bytes.slice(-32)]);
}

/** As somebody would do who knows that there are hashes. */
function bendBoth(from: number, to: number): Files {
  const tile = FILES.get(FULL_TILE)!.slice();
  tile.set(OTHER_FILES.get(FULL_TILE)!.slice(from * 32 - 32, to * 32 - 32), from * 32 - 32);
  const entries = LEAVES.slice(0, 256).toSpliced(
    from - 1,
    to - from,
    ...OTHERS.slice(from - 1, to - 1),
  );
  return new Map([...FILES, [FULL_TILE, tile], [FULL_BUNDLE, encodeBundle(entries)]]);
}

const WAYS = { "a folder of tiles": inFolder, "a service": atService } as const;

for (const [name, give] of Object.entries(WAYS)) {
  for (const [what, files, named] of BENT) {
    const told = typeof named === "string" ? "no entry" : `entry ${named}`;
    Deno.test(`${name} is refused, ${told} named, if ${what}`, () =>
      give(files, async (source) => {
        const verdict = await verifyLog(source, OPTIONS);
        assert.ok(!verdict.ok, "it is accepted");
        const found = typeof named === "string" ? verdict.why : verdict.index;
        assert.equal(found, named, JSON.stringify(verdict));
        if (typeof named === "string") assert.equal(verdict.index, null);
      }));
  }
}

Deno.test("bent tiles beside an export that is right are told of, and no entry is blamed", () =>
  inFolder(flip(FULL_TILE, 0), async ({ tiles }) => {
    const verdict = await verifyLog(exported(LEAVES, tiles), OPTIONS);
    assert.deepEqual(verdict, { ok: false, index: null, why: LEVEL_0 });
  }));

Deno.test("beside bent tiles an entry is still named if it gives itself away", () =>
  inFolder(flip(FULL_TILE, 0), async ({ tiles }) => {
    const verdict = await verifyLog(exported(LEAVES.toSpliced(137, 1), tiles), OPTIONS);
    assert.deepEqual([verdict.ok, !verdict.ok && verdict.index], [false, 137]);
  }));

Deno.test("a folder that has grown since its checkpoint was signed holds the log up to there", async () => {
  const grown = new Map([...FILES, ...await filesOf(logOf("ours", 700))]);
  // As the specification allows: what is full now need not be there in part.
  assert.ok(grown.delete(LAST_BUNDLE) && grown.delete(LAST_TILE));
  await inFolder(grown, async (source) => {
    const verdict = await verifyLog(source, OPTIONS);
    assert.deepEqual([verdict.ok, verdict.ok && verdict.size], [true, SIZE]);
  });
});

Deno.test("a service whose tiles change while they are read is refused all the same", async () => {
  const bent = bendBoth(137, 140);
  let reads = 0;
  await inFolder(FILES, (honest) =>
    inFolder(bent, async (lying) => {
      const source = {
        entries: lying.entries,
        // Honest until the root has been compared, which takes three reads.
        tiles: (tiles: Parameters<NonNullable<typeof honest.tiles>>[0]) =>
          (++reads > 2 ? lying : honest).tiles!(tiles),
      };
      const verdict = await verifyLog(source, OPTIONS);
      assert.deepEqual([verdict.ok, !verdict.ok && verdict.index], [false, null]);
      assert.ok(reads > 2);
    }));
});

/** What somebody did to the rows behind the hashes, and what is told. */
const STORED: readonly (readonly [string, (database: DatabaseSync) => void, string])[] = [
  [
    "a hash",
    (database) =>
      database.exec(
        "UPDATE ledger_hashes SET hash = zeroblob(32) WHERE level = 0 AND position = 9",
      ),
    LEVEL_0,
  ],
  [
    "a hash of an upper level",
    (database) => database.exec("UPDATE ledger_hashes SET hash = zeroblob(32) WHERE level = 1"),
    LEVEL_1,
  ],
];

for (const [what, bend, why] of STORED) {
  Deno.test(`the store is refused if ${what} is another`, () =>
    inStore(bend, async (source) => {
      const verdict = await verifyLog(source, { ...OPTIONS, isLiving: true });
      assert.deepEqual(verdict, { ok: false, index: null, why });
    }));
}

for (const table of ["ledger_hashes", "ledger_leaves"]) {
  Deno.test(`a store that lacks a row of ${table} in the middle cannot be read`, () =>
    inStore(
      (database) => database.exec(`DELETE FROM ${table} WHERE position = 137`),
      async (it) => {
        const reading = verifyLog(it, { ...OPTIONS, isLiving: true });
        await assert.rejects(
          reading,
          (error) => error instanceof PartFault && error.reason === "unreadable",
        );
      },
    ));
}
