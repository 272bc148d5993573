import assert from "node:assert/strict";
import { openCheckpoint } from "../../src/domain/checkpoint.ts";
import { EMPTY_TREE, grow, leafHash, rootHash } from "../../src/domain/merkle.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { SignerFault } from "../../src/domain/signer_fault.ts";
import { createLedger } from "../../src/usecases/ledger.ts";
import { CHECKPOINT_DELAY_MS, createCheckpoints } from "../../src/usecases/checkpoints.ts";
import type { CheckpointSigner, LedgerStore } from "../../src/usecases/ports.ts";
import { createLedgerWorld, DEED, ORIGIN } from "../support/ledger_world.ts";
import { createTestIds } from "../support/parts.ts";
import { createWaitingClock } from "../support/waiting_clock.ts";

const CONTEXT = { requestId: "r", caller: "c", contextIdentifier: "Cust1" };

Deno.test("a checkpoint covers the log as it is, and is kept for the next who asks", async () => {
  const world = createLedgerWorld();
  await world.fill(300);
  const { note, checkpoint } = await world.checkpoints.current();
  const leaves = await world.store.read(-1, 1000);
  const root = rootHash(grow(EMPTY_TREE, leaves.map(leafHash)).head);
  assert.deepEqual(checkpoint, { origin: ORIGIN, size: 300, rootHash: root });
  assert.deepEqual(openCheckpoint(note, await world.key()), checkpoint);
  assert.equal(await world.store.note("checkpoint"), note);
  world.close();
});

Deno.test("a log that has not grown is not signed again, by any instance", async () => {
  let signatures = 0;
  const plain = createLedgerWorld();
  const signer: CheckpointSigner = {
    publicKey: () => plain.signer.publicKey(),
    sign(body) {
      signatures++;
      return plain.signer.sign(body);
    },
  };
  const world = createLedgerWorld({ signer });
  await world.fill(3);
  const first = await world.checkpoints.current();
  assert.deepEqual(await world.checkpoints.current(), first);
  assert.deepEqual(await world.another().current(), first);
  assert.equal(signatures, 1);
  await world.fill(1);
  assert.equal((await world.another().current()).checkpoint.size, 4);
  assert.equal(signatures, 2);
  plain.close();
  world.close();
});

Deno.test("every size from nothing to 600 is signed after the one before it", async () => {
  const world = createLedgerWorld();
  for (const size of [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 600]) {
    await world.fill(size - (await world.store.head()).size);
    assert.equal((await world.checkpoints.current()).checkpoint.size, size);
  }
  assert.deepEqual(world.log.lines, []);
  world.close();
});

/** What becomes of a store behind a signed log of 300 entries. */
const REWRITTEN: readonly (readonly [what: string, size: number, entries: number])[] = [
  ["rolled back", 300, 200],
  ["rolled back and grown again to the same size", 300, 300],
  ["rolled back and grown beyond", 300, 500],
  ["emptied", 300, 0],
];

for (const [what, size, entries] of REWRITTEN) {
  Deno.test(`a log that was ${what} gets no checkpoint, and the log says so`, async () => {
    const original = createLedgerWorld();
    await original.fill(size);
    const { note } = await original.checkpoints.current();
    const world = createLedgerWorld();
    await world.fill(entries, "Cust999");
    await world.store.keepNote("checkpoint", null, note);
    const isInconsistent = (error: unknown) =>
      error instanceof PartFault && error.reason === "inconsistent";
    await assert.rejects(world.checkpoints.current(), isInconsistent);
    const fields = { size: entries, signed_size: size };
    assert.deepEqual(world.log.lines, [{ level: "error", event: "ledger.inconsistent", fields }]);
    assert.deepEqual((await world.checkpoints.status()).isContinued, false);
    assert.equal(await world.store.note("checkpoint"), note);
    original.close();
    world.close();
  });
}

for (const what of ["removed", "replaced by one of another log"]) {
  Deno.test(`a process remembers what it signed, although the stored checkpoint was ${what}`, async () => {
    let store: LedgerStore | null = null;
    const older = createLedgerWorld();
    const world = createLedgerWorld({
      // Another log takes the place of the one that was signed.
      bend: (first) => new Proxy(first, { get: (_, name: "head") => (store ?? first)[name] }),
    });
    await world.fill(10);
    await world.checkpoints.current();
    await older.fill(15, "Cust999");
    if (what !== "removed") await older.checkpoints.current();
    store = older.store;
    const isInconsistent = (error: unknown) =>
      error instanceof PartFault && error.reason === "inconsistent";
    await assert.rejects(world.checkpoints.current(), isInconsistent);
    await older.fill(100, "Cust999");
    await assert.rejects(world.checkpoints.current(), isInconsistent);
    assert.equal((await world.checkpoints.status()).isContinued, false);
    world.close();
    older.close();
  });
}

Deno.test("who reads the head while another signs a longer log sees no log that shrank", async () => {
  const slow = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let isFirst = true;
  const world = createLedgerWorld({
    bend: (store) => ({
      ...store,
      async head() {
        const head = await store.head();
        if (isFirst) {
          isFirst = false;
          asked.resolve();
          await slow.promise;
        }
        return head;
      },
    }),
  });
  await world.fill(100);
  const first = world.checkpoints.current();
  await asked.promise;
  await world.fill(5);
  assert.equal((await world.checkpoints.current()).checkpoint.size, 105);
  slow.resolve();
  assert.equal((await first).checkpoint.size, 100);
  assert.deepEqual(world.log.lines, []);
  world.close();
});

Deno.test("a log whose tiles do not lead to its head gets no checkpoint", async () => {
  const world = createLedgerWorld({
    bend: (store) => ({
      ...store,
      async tiles(wanted) {
        const found = await store.tiles(wanted);
        return found.map((hashes) => hashes.map((hash, at) => at === 1 ? "ab".repeat(32) : hash));
      },
    }),
  });
  await world.fill(5);
  await world.checkpoints.current();
  await world.fill(2);
  await assert.rejects(world.checkpoints.current(), PartFault);
  world.close();
});

Deno.test("a checkpoint of another key or name counts for nothing, is replaced and told", async () => {
  const world = createLedgerWorld();
  await world.fill(2);
  await world.store.keepNote("checkpoint", null, "garbage");
  assert.equal((await world.checkpoints.status()).last, null);
  assert.equal((await world.checkpoints.current()).checkpoint.size, 2);
  assert.equal(world.log.lines[0]?.event, "ledger.checkpoint_foreign");
  assert.equal((await world.checkpoints.status()).last?.checkpoint.size, 2);
  world.close();
});

Deno.test("a new name hides no loss: the log must continue what was signed under the old one", async () => {
  const original = createLedgerWorld();
  await original.fill(10);
  const { note } = await original.checkpoints.current();
  for (
    const [entries, tenant, isContinued] of [[12, "Cust12345", true], [12, "Cust9", false]] as const
  ) {
    const world = createLedgerWorld();
    await world.fill(entries, tenant);
    await world.store.keepNote("checkpoint", null, note);
    const { store, signer, log } = world;
    const clock = world.clock;
    const renamed = createCheckpoints({ store, signer, origin: "other.example/log", clock, log });
    assert.deepEqual(await renamed.status(), { size: 12, last: null, isContinued });
    if (isContinued) assert.equal((await renamed.current()).checkpoint.origin, "other.example/log");
    else await assert.rejects(renamed.current(), PartFault);
    assert.equal(log.lines[0]?.event, "ledger.checkpoint_foreign");
    world.close();
  }
  original.close();
});

function createGrowing(signer?: CheckpointSigner) {
  const clock = createWaitingClock();
  const world = createLedgerWorld({ clock, ...(signer && { signer }) });
  const { store, log } = world;
  const checkpoints = createCheckpoints({
    store,
    signer: world.signer,
    origin: ORIGIN,
    clock,
    log,
  });
  const grown = () => checkpoints.grown();
  const ledger = createLedger({ store, clock, ids: createTestIds(), log, grown });
  const signedSize = async () => (await checkpoints.status()).last?.checkpoint.size ?? 0;
  return { ...world, clock, checkpoints, signedSize, record: () => ledger.record(CONTEXT, DEED) };
}

Deno.test("an entry has a checkpoint within a minute, and a hundred entries cost one", async () => {
  const world = createGrowing();
  for (let entry = 0; entry < 100; entry++) await world.record();
  await world.clock.pass(CHECKPOINT_DELAY_MS - 1);
  assert.equal(await world.signedSize(), 0);
  await world.clock.pass(1);
  assert.equal(await world.signedSize(), 100);
  assert.equal(world.clock.sleepers, 0);
  await world.record();
  await world.clock.pass(60_000);
  assert.equal(await world.signedSize(), 101);
  await world.checkpoints.drain();
  world.close();
});

Deno.test("a key that is away costs a line in the log, and the next entry its checkpoint", async () => {
  const real = createLedgerWorld();
  let isAway = true;
  const world = createGrowing({
    publicKey: () => real.signer.publicKey(),
    sign: (body) => isAway ? Promise.reject(new SignerFault("network")) : real.signer.sign(body),
  });
  await world.record();
  await world.clock.pass(60_000);
  const line = { level: "warn", event: "ledger.checkpoint_failed", fields: { reason: "network" } };
  assert.deepEqual(world.log.lines, [line]);
  isAway = false;
  await world.record();
  await world.clock.pass(60_000);
  assert.equal(await world.signedSize(), 2);
  real.close();
  world.close();
});

Deno.test("draining waits for nobody's minute, and nothing is signed after it", async () => {
  const world = createGrowing();
  await world.record();
  await world.checkpoints.drain();
  assert.equal(world.clock.sleepers, 0);
  await world.record();
  await world.clock.pass(120_000);
  assert.equal(await world.signedSize(), 0);
  world.close();
});
