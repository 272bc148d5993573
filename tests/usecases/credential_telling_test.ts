/** A change of what is in use reaches the ledger, whatever fails between the record and it. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { createWorld } from "../support/credential_world.ts";

const MINUTE = 60_000;

const CHANGE = { kind: "key_changed", from: "key/1", to: "key/2" };

/** The key changes, and one of two instances finds out; between record and ledger this happens. */
async function changeThrough(trouble: (world: ReturnType<typeof createWorld>) => void) {
  const world = createWorld();
  const [one, other] = [world.instance(), world.instance()];
  await world.ask(one);
  await other.ready();
  world.takes = { ...world.takes, key: "key/2" };
  trouble(world);
  assert.equal(await world.ask(one), 2, "the caller notices nothing");
  assert.deepEqual([world.deeds, world.record?.key.inUse], [[], "key/2"]);
  Object.assign(world, { isLedgerDown: false, swapped: () => {} });
  return { world, one, other };
}

Deno.test("a change that the ledger could not be told is told by whoever comes later, once", async () => {
  const { world, one, other } = await changeThrough((world) => world.isLedgerDown = true);
  await other.refresh();
  assert.deepEqual(world.deeds, [], "whoever made it may still be at it");
  world.clock.advance(MINUTE);
  await Promise.all([one.refresh(), other.refresh(), world.instance().ready()]);
  assert.deepEqual([world.deeds, world.toldFor], [[CHANGE], ["request"]]);
  assert.equal(world.record?.untold, undefined);
  world.clock.advance(MINUTE);
  await Promise.all([one.refresh(), other.refresh()]);
  assert.equal(world.deeds.length, 1);
});

Deno.test("a change whose writing was not answered is told, too", async () => {
  const lost = () => {
    throw new PartFault("store", "timeout");
  };
  const { world, other } = await changeThrough((world) => world.swapped = lost);
  world.clock.advance(MINUTE);
  assert.equal(await world.ask(other), 2, "it is behind, and follows");
  await world.instance().ready();
  assert.deepEqual(world.deeds, [CHANGE]);
});

Deno.test("while the ledger stays down a change waits, and the next one with it", async () => {
  const { world, one, other } = await changeThrough((world) => world.isLedgerDown = true);
  world.isLedgerDown = true;
  world.clock.advance(MINUTE);
  await one.refresh();
  world.takes = { ...world.takes, key: "key/1" };
  assert.equal(await world.ask(one), 2);
  assert.deepEqual(world.deeds, []);
  world.isLedgerDown = false;
  world.clock.advance(MINUTE);
  await other.refresh();
  assert.deepEqual(world.deeds, [CHANGE, { kind: "key_changed", from: "key/2", to: "key/1" }]);
  assert.equal(world.record?.untold, undefined);
});
