import assert from "node:assert/strict";
import { canonicalText } from "../../src/domain/ledger_entry.ts";
import type { LedgerVerdict } from "../../src/domain/ledger_verification.ts";
import { shelfSource } from "../../src/usecases/archive.ts";
import {
  type LogSource,
  type VerificationOptions,
  verifyLog,
} from "../../src/usecases/verification.ts";
import { createNaiveTree } from "../support/naive_tree.ts";
import {
  createLogKey,
  exported,
  FILES,
  filesOf,
  KEY,
  LEAVES,
  NOTE,
  OTHERS,
  sign,
  SIZE,
} from "./signed_log.ts";

const OPTIONS: VerificationOptions = { checkpoint: NOTE, isLiving: false, kept: [], key: KEY };
const TILES = shelfSource({ read: (path) => Promise.resolve(FILES.get(path) ?? null) }, SIZE).tiles;
const RIGHT: LedgerVerdict = { ok: true, size: SIZE, rootHash: createNaiveTree(LEAVES).root() };

const UNSIGNED = "the checkpoint is malformed or not signed by this key";
const UNSIGNED_KEPT = "a checkpoint that was kept is malformed or not signed by this key";
const WHOLE = "some of entries 0 to 299 are not what the checkpoint covers";
const LEVEL_0 = "the tiles of level 0 are not what the checkpoint covers";

const thief = await createLogKey(9);
const elsewhere = await createLogKey(7, "other.example.com/ledger");
const fork = LEAVES.toSpliced(136, 3, ...OTHERS.slice(136, 139));

/** Checkpoints that are not the one of this log. */
const BAD: readonly (readonly [
  what: string,
  note: string,
  index: number | null,
  /** With tiles, and without where that is another sentence. */
  why: string,
  alone?: string,
])[] = [
  ["is signed by another key of the same name", await thief.sign(LEAVES), null, UNSIGNED],
  ["is of another name by the same key", await elsewhere.sign(LEAVES), null, UNSIGNED],
  ["is of another origin by the log's key", await sign(LEAVES, SIZE, "other"), null, UNSIGNED],
  ["is another log's", await elsewhere.sign(OTHERS), null, UNSIGNED],
  ["says another size", NOTE.replace("\n300\n", "\n299\n"), null, UNSIGNED],
  ["says another root", NOTE.replace(/\n./, "\nA"), null, UNSIGNED],
  ["has another's root", withRootOf(await sign(LEAVES, 200)), null, UNSIGNED],
  ["has a signature of another one", withSignatureOf(await sign(LEAVES, 200)), null, UNSIGNED],
  ["has no signature", NOTE.slice(0, NOTE.indexOf("\u2014")), null, UNSIGNED],
  ["is cut", NOTE.slice(0, -10), null, UNSIGNED],
  ["is empty", "", null, UNSIGNED],
  ["is garbage", "\ufffd", null, UNSIGNED],
  ["is older", await sign(LEAVES, 200), 200, "the checkpoint covers only 200 entries"],
  ["is of the empty log", await sign([]), 0, "the checkpoint covers only 0 entries"],
  [
    "is newer",
    await sign([...LEAVES, "one more"]),
    300,
    "the checkpoint covers 301 entries, here are 300",
  ],
  ["is of a fork, signed by the log's key", await sign(fork), null, LEVEL_0, WHOLE],
  ["is of another log, signed by the log's key", await sign(OTHERS), null, LEVEL_0, WHOLE],
];

function withRootOf(other: string): string {
  return NOTE.split("\n").with(2, other.split("\n")[2]!).join("\n");
}

function withSignatureOf(other: string): string {
  return NOTE.slice(0, NOTE.indexOf("\u2014")) + other.slice(other.indexOf("\u2014"));
}

const verify = (source: LogSource, bend: Partial<VerificationOptions>) =>
  verifyLog(source, { ...OPTIONS, ...bend });

for (const [what, checkpoint, index, why, alone = why] of BAD) {
  Deno.test(`an export that nobody has touched is refused if the checkpoint ${what}`, async () => {
    const beside = await verify(exported(LEAVES, TILES), { checkpoint });
    assert.deepEqual(beside, { ok: false, index, why });
    const without = await verify(exported(LEAVES, null), { checkpoint });
    assert.deepEqual(without, { ok: false, index, why: alone });
  });
}

Deno.test("a checkpoint counts for nothing without a key", async () => {
  const verdict = await verify(exported(LEAVES, TILES), { key: null });
  assert.deepEqual(verdict, { ok: false, index: null, why: UNSIGNED });
});

Deno.test("a living log is judged up to its checkpoint, wherever its pages end", async () => {
  const checkpoint = await sign(LEAVES, 200);
  for (const width of [1, 7, 200, 256, SIZE]) {
    const source: LogSource = {
      async *entries() {
        for (let at = 0; at < SIZE; at += width) yield LEAVES.slice(at, at + width);
      },
      tiles: TILES,
    };
    const verdict = await verify(source, { checkpoint, isLiving: true });
    assert.deepEqual(verdict, { ...RIGHT, size: 200, rootHash: createNaiveTree(LEAVES).root(200) });
    assert.equal((await verify(source, { checkpoint })).ok, false);
  }
});

Deno.test("checkpoints that were kept agree with the log that they are of", async () => {
  const kept = await Promise.all([256, 1, 300, 128, 255, 128].map((size) => sign(LEAVES, size)));
  for (const tiles of [TILES, null]) {
    assert.deepEqual(await verify(exported(LEAVES, tiles), { kept }), RIGHT);
    assert.deepEqual(await verify(exported(LEAVES, tiles), { kept, checkpoint: null }), RIGHT);
  }
});

/** One well-formed entry is another: without tiles only the checkpoints tell, as closely as they stand. */
const bent = LEAVES.with(
  137,
  canonicalText({ ...JSON.parse(LEAVES[137]!), signature_sha256: "cd".repeat(32) }),
);

const NARROWED: readonly (readonly [kept: readonly number[], why: string])[] = [
  [[], WHOLE],
  [[100], "some of entries 100 to 299 are not what the checkpoint covers"],
  [[100, 130], "some of entries 130 to 299 are not what the checkpoint covers"],
  [[200], "some of entries 0 to 199 are not what a checkpoint that was kept covers"],
  [[100, 200], "some of entries 100 to 199 are not what a checkpoint that was kept covers"],
  [[200, 100, 250], "some of entries 100 to 199 are not what a checkpoint that was kept covers"],
  [[136, 139], "some of entries 136 to 138 are not what a checkpoint that was kept covers"],
  [[137, 138], "entry 137 is not what a checkpoint that was kept covers"],
  [[299], "some of entries 0 to 298 are not what a checkpoint that was kept covers"],
];

for (const [sizes, why] of NARROWED) {
  Deno.test(`with checkpoints of ${sizes.join(", ") || "no other size"} kept, ${why}`, async () => {
    const kept = await Promise.all(sizes.map((size) => sign(LEAVES, size)));
    const verdict = await verify(exported(bent, null), { kept });
    assert.deepEqual(verdict, { ok: false, index: null, why });
    const beside = await verify(exported(bent, TILES), { kept });
    assert.deepEqual([beside.ok, !beside.ok && beside.index], [false, 137]);
  });
}

Deno.test("a log that was written anew and signed anew is told by what was kept, and only by that", async () => {
  const files = await filesOf(fork);
  const tiles =
    shelfSource({ read: (path) => Promise.resolve(files.get(path) ?? null) }, SIZE).tiles;
  const source = exported(fork, tiles);
  const checkpoint = await sign(fork);
  assert.ok((await verify(source, { checkpoint })).ok);
  assert.ok((await verify(source, { checkpoint, kept: [await sign(LEAVES, 136)] })).ok);
  const kept = [await sign(LEAVES, 136), await sign(LEAVES, 139)];
  assert.deepEqual(await verify(source, { checkpoint, kept }), {
    ok: false,
    index: null,
    why: "some of entries 136 to 138 are not what a checkpoint that was kept covers",
  });
});

/** Checkpoints that were kept and cannot be of this log as it is given. */
const BAD_KEPT: readonly (readonly [string, string, LedgerVerdict])[] = [
  ["by another key", await thief.sign(LEAVES, 100), unsigned()],
  ["of another name", await elsewhere.sign(LEAVES, 100), unsigned()],
  ["with another size", (await sign(LEAVES, 100)).replace("\n100\n", "\n101\n"), unsigned()],
  [
    "of more entries than the checkpoint covers",
    await sign([...LEAVES, "one more"]),
    { ok: false, index: 300, why: "a checkpoint that was kept covers 301 entries, this one fewer" },
  ],
  [
    "of the same size and another root",
    await sign(OTHERS),
    {
      ok: false,
      index: null,
      why: "some of entries 50 to 299 are not what a checkpoint that was kept covers",
    },
  ],
];

function unsigned(): LedgerVerdict {
  return { ok: false, index: null, why: UNSIGNED_KEPT };
}

for (const [what, note, expected] of BAD_KEPT) {
  Deno.test(`a log is refused beside a kept checkpoint ${what}`, async () => {
    for (const tiles of [TILES, null]) {
      const kept = [await sign(LEAVES, 50), note];
      assert.deepEqual(await verify(exported(LEAVES, tiles), { kept }), expected);
    }
  });
}

Deno.test("without a checkpoint of now, what was kept tells that entries are missing", async () => {
  const kept = [await sign(LEAVES)];
  const verdict = await verify(exported(LEAVES.slice(0, 290), null), { checkpoint: null, kept });
  const why = "a checkpoint that was kept covers 300 entries";
  assert.deepEqual(verdict, { ok: false, index: 290, why });
});
