import assert from "node:assert/strict";
import { shelfSource } from "../../src/usecases/archive.ts";
import {
  type LogSource,
  type VerificationOptions,
  verifyLog,
} from "../../src/usecases/verification.ts";
import { createNaiveTree } from "../support/naive_tree.ts";
import { type Bend, BENT, LONGER } from "./bent_entries.ts";
import {
  atService,
  exported,
  FILES,
  inFolder,
  inStore,
  KEY,
  LEAVES,
  NOTE,
  replaceLeaves,
  SIZE,
  type Use,
  withEntries,
} from "./signed_log.ts";

const OPTIONS: VerificationOptions = { checkpoint: NOTE, isLiving: false, kept: [], key: KEY };

const TILES = shelfSource({ read: (path) => Promise.resolve(FILES.get(path) ?? null) }, SIZE).tiles;

interface Way {
  readonly name: string;
  /** Gives what was made of the log's entries, beside the log's own hashes if there are any. */
  readonly give: Use<readonly string[]>;
  readonly hasHashes: boolean;
  /** Whether what stands behind the checkpoint is read at all: a living log has more by now. */
  readonly readsOn: boolean;
}

const WAYS: readonly Way[] = [
  {
    name: "an export with its tiles",
    give: (leaves, use) => use(exported(leaves, TILES)),
    hasHashes: true,
    readsOn: true,
  },
  {
    name: "an export alone",
    give: (leaves, use) => use(exported(leaves, null)),
    hasHashes: false,
    readsOn: true,
  },
  {
    name: "a folder of tiles",
    give: (leaves, use) => inFolder(withEntries(leaves), use),
    hasHashes: true,
    readsOn: false,
  },
  {
    name: "the store",
    give: (leaves, use) => inStore(replaceLeaves(leaves), use),
    hasHashes: true,
    readsOn: false,
  },
  {
    name: "a service that lies",
    give: (leaves, use) => atService(withEntries(leaves), use),
    hasHashes: true,
    readsOn: false,
  },
];

const RIGHT = { ok: true, size: SIZE, rootHash: createNaiveTree(LEAVES).root() };

const optionsOf = ({ name }: Way) => ({ ...OPTIONS, isLiving: name === "the store" });

async function refuse(source: LogSource, way: Way, bend: Bend): Promise<void> {
  const verdict = await verifyLog(source, optionsOf(way));
  assert.ok(!verdict.ok, "it is accepted");
  assert.equal(verdict.index, way.hasHashes ? bend.index : bend.alone, verdict.why);
  if (verdict.index !== null) return;
  assert.equal(verdict.why, `some of entries 0 to ${SIZE - 1} are not what the checkpoint covers`);
}

Deno.test("there are more than 25 kinds of tampering, and each touches the log", () => {
  const kinds = [...BENT, ...LONGER];
  assert.equal(new Set(kinds.map(({ what }) => what)).size, kinds.length);
  assert.ok(BENT.length > 25, `${BENT.length}`);
  assert.ok(BENT.every(({ index }) => index >= 0 && index < SIZE));
});

for (const way of WAYS) {
  Deno.test(`${way.name} verifies if nobody has touched it`, () =>
    way.give(LEAVES, async (source) => {
      assert.deepEqual(await verifyLog(source, optionsOf(way)), RIGHT);
    }));

  for (const bend of BENT) {
    const index = way.hasHashes ? bend.index : bend.alone;
    const named = index === null ? "no entry" : `entry ${index}`;
    Deno.test(`${way.name} is refused, ${named} named, if ${bend.what}`, () =>
      way.give(bend.leaves, (source) => refuse(source, way, bend)));
  }

  for (const bend of LONGER) {
    if (way.readsOn) {
      Deno.test(`${way.name} is refused, entry ${bend.index} named, if ${bend.what}`, () =>
        way.give(bend.leaves, (source) => refuse(source, way, bend)));
    } else {
      Deno.test(`${way.name} is read up to its checkpoint, also if ${bend.what}`, () =>
        way.give(bend.leaves, async (source) => {
          assert.deepEqual(await verifyLog(source, optionsOf(way)), RIGHT);
        }));
    }
  }
}

Deno.test("each tile is read twice at most, however short the pages are", async () => {
  const asked: string[] = [];
  const source: LogSource = {
    async *entries() {
      for (const leaf of LEAVES) yield [leaf];
    },
    tiles(tiles) {
      asked.push(...tiles.map(({ level, number }) => `${level}/${number}`));
      return TILES!(tiles);
    },
  };
  assert.deepEqual(await verifyLog(source, OPTIONS), RIGHT);
  assert.deepEqual(asked.toSorted(), ["0/0", "0/0", "0/1", "0/1", "1/0"]);
});
