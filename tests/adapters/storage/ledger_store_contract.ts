/** What every ledger store must do. */

import assert from "node:assert/strict";
import { EMPTY_TREE, leafHash, rootHash, type TreeHead } from "../../../src/domain/merkle.ts";
import type { LedgerStore } from "../../../src/usecases/ports.ts";
import type { Facts } from "./contract.ts";
import { append, assertReason, grow, treeOf } from "./samples.ts";

export const ledgerStoreFacts: Facts<LedgerStore> = {
  "a new log is empty": async (store) => {
    assert.deepEqual(await store.head(), EMPTY_TREE);
    assert.deepEqual(await store.read(-1, 10), []);
  },

  "an append moves the head and keeps the leaves as they are": async (store) => {
    const leaves = ['{"a":1}', "OK", "", "æøå 🎟", "null", "b".repeat(5_000)];
    assert.deepEqual(await store.append(EMPTY_TREE, append(EMPTY_TREE, leaves)), APPENDED);
    assert.deepEqual(await store.head(), treeOf(leaves));
    assert.deepEqual(await store.read(-1, 10), leaves);
  },

  "an append to an older head is a conflict that names the newer": async (store) => {
    await store.append(EMPTY_TREE, append(EMPTY_TREE, ["first"]));
    const answer = await store.append(EMPTY_TREE, append(EMPTY_TREE, ["second"]));
    assert.deepEqual(answer, { kind: "conflict", head: treeOf(["first"]) });
    assert.deepEqual(await store.read(-1, 10), ["first"]);
  },

  "a head of the same size and another root is a conflict": async (store) => {
    await store.append(EMPTY_TREE, append(EMPTY_TREE, ["first"]));
    const forked = treeOf(["forged"]);
    const answer = await store.append(forked, append(forked, ["second"]));
    assert.deepEqual(answer, { kind: "conflict", head: treeOf(["first"]) });
    assert.deepEqual(await store.head(), treeOf(["first"]));
  },

  "the same append twice is done once and answered appended": async (store) => {
    const first = append(EMPTY_TREE, ["first"]);
    assert.deepEqual(await store.append(EMPTY_TREE, first), APPENDED);
    assert.deepEqual(await store.append(EMPTY_TREE, first), APPENDED);
    const head = await store.head();
    await store.append(head, append(head, ["second"]));
    assert.deepEqual(await store.append(EMPTY_TREE, first), APPENDED);
    assert.deepEqual(await store.read(-1, 10), ["first", "second"]);
    assert.deepEqual(await store.head(), treeOf(["first", "second"]));
  },

  "an append that met a conflict may come again with its id": async (store) => {
    await store.append(EMPTY_TREE, append(EMPTY_TREE, ["first"]));
    const id = "the-same-id";
    const lost = await store.append(EMPTY_TREE, append(EMPTY_TREE, ["second"], id));
    assert(lost.kind === "conflict");
    assert.deepEqual(await store.append(lost.head, append(lost.head, ["second"], id)), APPENDED);
    assert.deepEqual(await store.read(-1, 10), ["first", "second"]);
  },

  "an append whose next head does not fit is refused": async (store) => {
    const empty = { id: "a", leaves: [], next: EMPTY_TREE, hashes: [] };
    await assert.rejects(store.append(EMPTY_TREE, empty), RangeError);
    const short = { ...append(EMPTY_TREE, ["a", "b"]), leaves: ["a"] };
    await assert.rejects(store.append(EMPTY_TREE, short), RangeError);
    const two = append(EMPTY_TREE, ["a", "b"]);
    for (const hashes of [[], [two.hashes[0]!.slice(1)], [["x", "y"]], [...two.hashes, ["x"]]]) {
      await assert.rejects(store.append(EMPTY_TREE, { ...two, hashes }), RangeError);
    }
    const [full] = append(EMPTY_TREE, Array.from({ length: 256 }, () => "leaf")).hashes;
    const rootless = { ...append(EMPTY_TREE, Array(256).fill("leaf")), hashes: [full!] };
    await assert.rejects(store.append(EMPTY_TREE, rootless), RangeError);
    assert.deepEqual(await store.head(), EMPTY_TREE);
  },

  "twenty concurrent appenders make one dense log without a fork": async (store) => {
    const names = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(names.map((name) => appendAll(store, [`${name}:0`, `${name}:1`])));
    const leaves = await store.read(-1, 1000);
    assert.equal(leaves.length, 40);
    assert.equal(new Set(leaves).size, 40);
    for (const name of names) {
      assert.equal(leaves.indexOf(`${name}:1`), leaves.indexOf(`${name}:0`) + 1);
    }
    assert.deepEqual(await store.head(), treeOf(leaves));
  },

  "pages go on after an index, across the store's own bounds": async (store) => {
    const all = Array.from({ length: 2_345 }, (_, index) => `leaf ${index}`);
    let head = EMPTY_TREE;
    for (let at = 0; at < all.length; at += 777) {
      const leaves = all.slice(at, at + 777);
      assert.deepEqual(await store.append(head, append(head, leaves)), APPENDED);
      head = grow(head, leaves);
    }
    for (const [after, limit] of PAGES) {
      const page = await store.read(after, limit);
      assert.deepEqual(page, all.slice(after + 1, after + 1 + limit), `${after} ${limit}`);
    }
    assert.deepEqual(await store.head(), head);
  },

  "tiles hold the hashes of the leaves and the roots of full tiles, and no more than there is":
    async (
      store,
    ) => {
      const all = await fill(store, 66_000);
      const hashes = all.map(leafHash);
      const [last, full, root, top, beyond, none] = await store.tiles([
        { level: 0, number: 257 },
        { level: 0, number: 3 },
        { level: 1, number: 1 },
        { level: 2, number: 0 },
        { level: 0, number: 258 },
        { level: 3, number: 0 },
      ]);
      assert.deepEqual(last, hashes.slice(257 * 256));
      assert.deepEqual(full, hashes.slice(3 * 256, 4 * 256));
      assert.deepEqual(root, [rootHash(treeOf(all.slice(65_536, 65_792)))]);
      assert.deepEqual(top, [rootHash(treeOf(all.slice(0, 65_536)))]);
      assert.deepEqual([beyond, none], [[], []]);
    },

  "what is forgotten is archived, the rest stays, and the log goes on": async (store) => {
    const all = await fill(store, 700);
    assert.equal(await store.floor(), 0);
    for (const unfit of [255, 700, 768, 1.5, -256]) {
      await assert.rejects(store.forget(unfit), RangeError, String(unfit));
    }
    await store.forget(512);
    await store.forget(512);
    await store.forget(256);
    assert.equal(await store.floor(), 512);
    for (const after of [-1, 0, 510]) {
      await assert.rejects(store.read(after, 10), assertReason("archived"));
    }
    await assert.rejects(store.tiles([{ level: 0, number: 1 }]), assertReason("archived"));
    assert.deepEqual(await store.read(511, 1000), all.slice(512));
    const [row, roots] = await store.tiles([{ level: 0, number: 2 }, { level: 1, number: 0 }]);
    assert.deepEqual(row, all.slice(512).map(leafHash));
    assert.equal(roots!.length, 2);
    const head = await store.head();
    assert.deepEqual(await store.append(head, append(head, ["next"])), APPENDED);
    assert.deepEqual(await store.read(699, 5), ["next"]);
  },

  "a note is replaced only by whoever knows the last one": async (store) => {
    assert.equal(await store.note("checkpoint"), null);
    assert.equal(await store.keepNote("checkpoint", "unknown", "a"), false);
    assert.equal(await store.keepNote("checkpoint", null, "a\n— b"), true);
    assert.equal(await store.keepNote("checkpoint", null, "c"), false);
    assert.equal(await store.keepNote("checkpoint", "a", "c"), false);
    assert.equal(await store.note("checkpoint"), "a\n— b");
    assert.equal(await store.keepNote("checkpoint", "a\n— b", "d"), true);
    assert.equal(await store.note("checkpoint"), "d");
    assert.equal(await store.note("reconciliation"), null);
  },
};

const APPENDED = { kind: "appended" } as const;

/** @returns the leaves of a new log of that size */
async function fill(store: LedgerStore, size: number): Promise<string[]> {
  const all = Array.from({ length: size }, (_, index) => `leaf ${index}`);
  let head = EMPTY_TREE;
  for (let at = 0; at < size; at += 6_000) {
    const leaves = all.slice(at, at + 6_000);
    await store.append(head, append(head, leaves));
    head = grow(head, leaves);
  }
  return all;
}

const PAGES: readonly (readonly [number, number])[] = [
  [-1, 1],
  [-1, 1000],
  [-1, 5000],
  [-1, 25_000],
  [0, 999],
  [0, 1000],
  [998, 2],
  [999, 1],
  [999, 1000],
  [500, 1700],
  [2343, 10],
  [2344, 10],
  [9_000, 10],
  [5, 0],
];

/** Appends as a use case does: with what it knows, and again with what a conflict tells. */
export async function appendAll(store: LedgerStore, leaves: readonly string[]): Promise<number> {
  let head: TreeHead = await store.head();
  for (let conflicts = 0;; conflicts++) {
    const answer = await store.append(head, append(head, leaves));
    if (answer.kind === "appended") return conflicts;
    head = answer.head;
  }
}
