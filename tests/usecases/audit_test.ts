import assert from "node:assert/strict";
import { leafHash, rootFromProof, rootHash } from "../../src/domain/merkle.ts";
import { decodeBundle, decodeTile } from "../../src/domain/tiles.ts";
import { isConsistent } from "../../src/domain/tree_proofs.ts";
import { createAudit } from "../../src/usecases/audit.ts";
import type { LedgerStore } from "../../src/usecases/ports.ts";
import { createLedgerWorld } from "../support/ledger_world.ts";
import { CALLER } from "../support/parts.ts";

const SIZE = 1_100;

/** A log whose readers' calls to the store are counted. */
async function createWorld() {
  const calls: string[] = [];
  const bend = (store: LedgerStore): LedgerStore => ({
    ...store,
    read(...args) {
      calls.push("read");
      return store.read(...args);
    },
    tiles(...args) {
      calls.push("tiles");
      return store.tiles(...args);
    },
  });
  const world = createLedgerWorld({ bend });
  await world.fill(SIZE);
  const leaves = await world.stores.ledger.read(-1, SIZE);
  return { ...world, calls, leaves };
}

Deno.test("a proof costs one read of tiles and none of entries, whatever the index and size", async () => {
  const { audit, calls, leaves, store, close } = await createWorld();
  for (const size of [1, 2, 255, 256, 257, 512, 777, SIZE]) {
    for (const index of new Set([0, Math.floor(size / 2), size - 1])) {
      const outcome = await audit.proof(CALLER, index, size);
      assert.ok(outcome.ok);
      const { proof, ...told } = outcome.value;
      const own = leafHash(leaves[index]!);
      const { rootHash: root } = told;
      assert.deepEqual(told, { index, size, leafHash: own, rootHash: root });
      assert.equal(rootFromProof(own, index, size, proof), root);
    }
  }
  const whole = await audit.proof(CALLER, 7, null);
  assert.ok(whole.ok);
  assert.equal(whole.value.rootHash, rootHash(await store.head()));
  assert.deepEqual([...new Set(calls)], ["tiles"]);
  assert.ok(calls.length <= 25, `${calls.length} reads for 23 proofs`);
  close();
});

Deno.test("any two sizes have a consistency proof, of one read of tiles", async () => {
  const { audit, calls, close } = await createWorld();
  const sizes = [1, 2, 3, 255, 256, 257, 600, 1024, SIZE];
  const pairs = sizes.flatMap((first) => sizes.map((second) => [first, second] as const))
    .filter(([first, second]) => first <= second);
  for (const [first, second] of pairs) {
    const outcome = await audit.consistency(CALLER, first, second);
    assert.ok(outcome.ok);
    const { firstRootHash, secondRootHash, proof } = outcome.value;
    const one = { size: first, rootHash: firstRootHash };
    const two = { size: second, rootHash: secondRootHash };
    assert.ok(isConsistent(one, two, proof), `${first} ${second}`);
    if (first < second) {
      assert.ok(!isConsistent({ ...one, rootHash: "ab".repeat(32) }, two, proof));
      assert.ok(!isConsistent(one, { ...two, rootHash: "ab".repeat(32) }, proof));
      assert.ok(!isConsistent(one, two, [...proof, firstRootHash]));
    }
  }
  assert.equal(calls.length, pairs.length);
  close();
});

Deno.test("there is no proof outside the log", async () => {
  const { audit, close } = await createWorld();
  const refusal = { code: "not_found", reason: "outside_the_log", retryAfterSeconds: null };
  for (
    const outcome of [
      await audit.proof(CALLER, 5, 5),
      await audit.proof(CALLER, 0, SIZE + 1),
      await audit.proof(CALLER, SIZE, null),
      await audit.consistency(CALLER, 5, SIZE + 1),
      await audit.consistency(CALLER, SIZE + 1, null),
    ]
  ) assert.deepEqual(outcome, { ok: false, refusal });
  close();
});

Deno.test("tiles are served full, and partial up to where the log is", async () => {
  const { audit, leaves, close } = await createWorld();
  const read = async (path: string) => {
    const outcome = await audit.tile(CALLER, path);
    return outcome.ok ? outcome.value : outcome.refusal.code;
  };
  const hashes = leaves.map(leafHash);
  assert.deepEqual(decodeTile(await read("tile/0/003") as Uint8Array), hashes.slice(768, 1024));
  assert.deepEqual(decodeTile(await read("tile/0/004.p/76") as Uint8Array), hashes.slice(1024));
  assert.deepEqual(decodeTile(await read("tile/0/003.p/2") as Uint8Array), hashes.slice(768, 770));
  assert.equal(decodeTile(await read("tile/1/000.p/4") as Uint8Array)?.length, 4);
  const bundle = decodeBundle(await read("tile/entries/004.p/76") as Uint8Array);
  assert.deepEqual(bundle, leaves.slice(1024));
  const missing = [
    "tile/0/004",
    "tile/0/004.p/77",
    "tile/0/005.p/1",
    "tile/1/000",
    "tile/2/000.p/1",
    "tile/entries/004",
    "tile/0/3",
    "tile/0/003.p/256",
    "tile/0/003.p/0",
    "tile/0/x000/003",
    "tile/9/000",
    "tile/entries/000.p/01",
    "tile/data/000",
    "tile/../checkpoint",
    "checkpoint",
    "",
  ];
  for (const path of missing) assert.equal(await read(path), "not_found", path);
  close();
});

Deno.test("entries come in pages between which others have their turn", async () => {
  const sleeps: number[] = [];
  const { store, checkpoints, log, fill, leaves, close } = await createWorld();
  const clock = { sleep: (ms: number) => Promise.resolve(void sleeps.push(ms)) };
  const audit = createAudit({ store, checkpoints, clock, log });
  await fill(2_500);
  const all: string[] = [];
  for await (const leaf of audit.leaves(-1)) all.push(leaf);
  assert.equal(all.length, SIZE + 2_500);
  assert.deepEqual(all.slice(0, SIZE), leaves);
  assert.deepEqual(sleeps, [0, 0, 0]);
  close();
});

Deno.test("an entry that is not what its hash says is not shown, the others are", async () => {
  const world = await createWorld();
  const { log, checkpoints, leaves, close } = world;
  const store: LedgerStore = {
    ...world.stores.ledger,
    async read(after, limit) {
      const found = await world.stores.ledger.read(after, limit);
      const place = 700 - after - 1;
      return place in found
        ? found.toSpliced(place, 1, found[place]!.replace('"c"', '"d"'))
        : found;
    },
  };
  const audit = createAudit({ store, checkpoints, clock: { sleep: () => Promise.resolve() }, log });
  for (const [after, limit] of [[-1, 1000], [699, 1], [600, 200]] as const) {
    const outcome = await audit.entries(CALLER, after, limit);
    assert.ok(!outcome.ok && outcome.refusal.reason === "inconsistent", `${after} ${limit}`);
  }
  const { event, fields } = log.lines[0]!;
  assert.deepEqual([event, fields], ["ledger.inconsistent", { index: 700 }]);
  for (const [after, limit] of [[-1, 700], [700, 1000], [699, 0], [SIZE, 10]] as const) {
    const outcome = await audit.entries(CALLER, after, limit);
    assert.ok(outcome.ok);
    assert.deepEqual(outcome.value, leaves.slice(after + 1, after + 1 + limit));
  }
  close();
});

Deno.test("a caller without the permission gets nothing, and nothing is read for it", async () => {
  const { audit, calls, close } = await createWorld();
  const stranger = { ...CALLER, permissions: new Set(["ticket", "tenants", "relay"] as const) };
  const deeds = [
    audit.checkpoint(stranger),
    audit.status(stranger),
    audit.key(stranger),
    audit.entries(stranger, -1, 1),
    audit.proof(stranger, 0, null),
    audit.consistency(stranger, 1, 2),
    audit.tile(stranger, "tile/0/000"),
    audit.note(stranger, "checkpoint"),
  ];
  for (const outcome of await Promise.all(deeds)) {
    assert.ok(!outcome.ok && outcome.refusal.code === "caller_forbidden");
  }
  assert.deepEqual(calls, []);
  close();
});
