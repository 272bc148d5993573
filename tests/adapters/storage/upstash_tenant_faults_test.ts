/** Faults of the shared store while tenants change and notices are delivered; then the world again. */

import assert from "node:assert/strict";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { requires } from "../../support/requirement.ts";
import type { Bridge, Fault } from "../../support/upstash_bridge.ts";
import { openUpstash, withBridge } from "./backends.ts";
import { assertReason, CONSENT, notice, NOW, TENANT, tenantOf, WITHDRAWN } from "./samples.ts";

const UNAVAILABLE: Fault = { kind: "unavailable" };
const LOST: Fault = { kind: "lost" };
const MINUTE = 60_000;

function test(name: string, work: (bridge: Bridge, stores: Stores) => Promise<void>): void {
  Deno.test({
    name,
    ...requires("redis-server"),
    fn: () => withBridge((bridge) => work(bridge, openUpstash(bridge, { prefix: "p" }))),
  });
}

/** Ids of what is due. */
async function due({ notices }: Stores, now = NOW): Promise<string[]> {
  return (await notices.take(now, 10, now + MINUTE)).map(({ id }) => id);
}

test("a consent whose reply was lost is stored once: one sequence, one change, one notice", async (
  bridge,
  stores,
) => {
  const { tenants } = stores;
  bridge.next(LOST);
  const answer = await tenants.put(CONSENT, notice("a"));
  assert(answer.kind === "stored");
  assert.deepEqual(answer.tenant, await tenants.get(TENANT));
  assert.equal(answer.tenant.sequence, 1);
  assert.equal((await tenants.list(0, 10)).length, 1);
  assert.equal((await tenants.changes(0, 10)).newest, 1);
  assert.deepEqual(await due(stores), ["a"]);
});

test("a consent that failed is not stored, nor its notice", async (bridge, stores) => {
  const { tenants } = stores;
  bridge.next(UNAVAILABLE);
  await assert.rejects(tenants.put(CONSENT, notice("a")), assertReason("protocol"));
  assert.equal(await tenants.get(TENANT), null);
  assert.deepEqual(await tenants.changes(0, 10), { newest: 0, changes: [] });
  assert.deepEqual(await due(stores), []);
});

test(
  "a mark and a removal whose replies were lost say that they happened, and happened once",
  async (
    bridge,
    stores,
  ) => {
    const { tenants } = stores;
    await tenants.put(CONSENT, null);
    bridge.next(LOST);
    assert.equal(await tenants.mark(TENANT, NOW, WITHDRAWN, notice("marked")), true);
    const marked = { tenant: TENANT, number: 2, standing: WITHDRAWN };
    assert.deepEqual(await tenants.changes(0, 10), { newest: 2, changes: [marked] });
    bridge.next(LOST);
    assert.equal(await tenants.remove(TENANT, notice("removed")), true);
    const removed = { tenant: TENANT, number: 3, standing: null };
    assert.deepEqual(await tenants.changes(0, 10), { newest: 3, changes: [removed] });
    assert.deepEqual(await due(stores), ["marked", "removed"]);
    assert.equal(await tenants.remove(TENANT, notice("again")), false);
  },
);

test("a mark and a removal that failed changed nothing", async (bridge, stores) => {
  const { tenants } = stores;
  await tenants.put(CONSENT, null);
  const before = [await tenants.get(TENANT), await tenants.changes(0, 10)];
  bridge.next(UNAVAILABLE, UNAVAILABLE);
  const marked = tenants.mark(TENANT, NOW, WITHDRAWN, notice("marked"));
  await assert.rejects(marked, assertReason("protocol"));
  await assert.rejects(tenants.remove(TENANT, notice("removed")), assertReason("protocol"));
  assert.deepEqual([await tenants.get(TENANT), await tenants.changes(0, 10)], before);
  assert.deepEqual(await due(stores), []);
});

test("a removal whose replies were both lost rejects, and the tenant is gone", async (
  bridge,
  stores,
) => {
  await stores.tenants.put(CONSENT, null);
  bridge.next(LOST, LOST);
  const removal = stores.tenants.remove(TENANT, notice("removed"));
  await assert.rejects(removal, assertReason("network"));
  assert.equal(await stores.tenants.get(TENANT), null);
  assert.deepEqual(await due(stores), ["removed"]);
});

test("a change whose reply was lost is put on record once although others change meanwhile", async (
  bridge,
  { tenants },
) => {
  bridge.next(LOST, LOST, LOST);
  const names = Array.from({ length: 10 }, (_, index) => tenantOf(index + 1));
  await Promise.all(
    names.map((contextIdentifier) =>
      tenants.put({ ...CONSENT, contextIdentifier }, notice(contextIdentifier))
    ),
  );
  const { newest, changes } = await tenants.changes(0, 100);
  assert.deepEqual(changes.map(({ number }) => number), names.map((_, index) => index + 1));
  assert.equal(newest, 10);
});

test("what was taken by a reply that was lost waits for its time, and is not lost", async (
  bridge,
  stores,
) => {
  for (const id of ["a", "b", "c"]) await stores.tenants.put(CONSENT, notice(id));
  bridge.next(LOST);
  const taken = await stores.notices.take(NOW, 2, NOW + MINUTE);
  assert.deepEqual(taken.map(({ id }) => id), ["c"]);
  assert.deepEqual(await due(stores, NOW + MINUTE - 1), []);
  assert.deepEqual(await due(stores, NOW + MINUTE), ["a", "b", "c"]);
});

test(
  "a delivery and a burial whose replies were lost are done",
  async (bridge, { tenants, notices }) => {
    for (const id of ["a", "b"]) await tenants.put(CONSENT, notice(id));
    bridge.next(LOST);
    await notices.done("a");
    bridge.next(LOST);
    await notices.bury("b", NOW, "status_410");
    const [buried] = await notices.buried(10);
    assert.deepEqual(buried, { ...notice("b"), attempts: 1, buriedAt: NOW, error: "status_410" });
    assert.deepEqual(await notices.count(), { waiting: 0, buried: 1 });
  },
);

test("an attempt and a revival whose replies were lost reject, and count once", async (
  bridge,
  { tenants, notices },
) => {
  await tenants.put(CONSENT, notice("a"));
  bridge.next(LOST);
  await assert.rejects(notices.retry("a", NOW + 5, "timeout"), assertReason("network"));
  assert.deepEqual(await notices.take(NOW + 4, 10, NOW + 5), []);
  const taken = await notices.take(NOW + 5, 10, NOW + MINUTE);
  assert.deepEqual(taken, [{ ...notice("a"), attempts: 1 }]);
  await notices.bury("a", NOW, "status_410");
  bridge.next(LOST);
  await assert.rejects(notices.revive("a", NOW), assertReason("network"));
  assert.deepEqual(await notices.take(NOW, 10, NOW + 5), [{ ...notice("a"), attempts: 0 }]);
});

test("a claim is taken back once: lost, it rejects, and another's claim is left alone", async (
  bridge,
  { consents },
) => {
  await consents.claim("digest", NOW + MINUTE, NOW);
  bridge.next(UNAVAILABLE);
  await assert.rejects(consents.unclaim("digest"), assertReason("protocol"));
  assert.equal(await consents.claim("digest", NOW + MINUTE, NOW), false);
  bridge.next(LOST);
  const before = bridge.seen.length;
  await assert.rejects(consents.unclaim("digest"), assertReason("network"));
  assert.equal(bridge.seen.length, before + 1);
  assert.equal(await consents.claim("digest", NOW + MINUTE, NOW), true);
});
