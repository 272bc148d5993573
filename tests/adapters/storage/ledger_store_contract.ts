/** What every ledger store must do. */

import assert from "node:assert/strict";
import { EMPTY_TREE, type TreeHead } from "../../../src/domain/merkle.ts";
import type { LedgerStore } from "../../../src/usecases/ports.ts";
import type { Facts } from "./contract.ts";
import { append, grow, treeOf } from "./samples.ts";

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
    const empty = { id: "a", leaves: [], next: EMPTY_TREE };
    await assert.rejects(store.append(EMPTY_TREE, empty), RangeError);
    const short = { ...append(EMPTY_TREE, ["a", "b"]), leaves: ["a"] };
    await assert.rejects(store.append(EMPTY_TREE, short), RangeError);
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
};

const APPENDED = { kind: "appended" } as const;

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
