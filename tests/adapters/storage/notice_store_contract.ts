/** How every store keeps notices: put along with a tenant's change, taken, delivered or buried. */

import assert from "node:assert/strict";
import type { TenantStore } from "../../../src/usecases/ports.ts";
import type { NoticeStore } from "../../../src/usecases/notice_ports.ts";
import type { Facts } from "./contract.ts";
import { CONSENT, notice, NOW, TENANT, tenantOf, WITHDRAWN } from "./samples.ts";

/** Who puts notices, and who delivers them. */
export interface Outbox {
  readonly tenants: TenantStore;
  readonly notices: NoticeStore;
}

const MINUTE = 60_000;

/** Puts notices by their ids, each due at its instant. */
export async function putNotices(
  { tenants }: Outbox,
  ...all: readonly (readonly [id: string, at: number])[]
): Promise<void> {
  for (const [id, at] of all) await tenants.put(CONSENT, notice(id, at));
}

/** Takes what is due now; nobody else gets it for a minute. @returns ids */
async function take({ notices }: Outbox, now: number, limit = 10): Promise<string[]> {
  return (await notices.take(now, limit, now + MINUTE)).map(({ id }) => id);
}

const putting: Facts<Outbox> = {
  "a notice is put with each kind of change, and comes back as it was": async (outbox) => {
    const { tenants, notices } = outbox;
    await tenants.put(CONSENT, notice("put"));
    await tenants.mark(TENANT, NOW, WITHDRAWN, notice("mark", NOW + 1));
    await tenants.remove(TENANT, notice("remove", NOW + 2));
    assert.deepEqual(await notices.count(), { waiting: 3, buried: 0 });
    const taken = await notices.take(NOW + 2, 10, NOW + MINUTE);
    const expected = ["put", "mark", "remove"].map((id, index) => notice(id, NOW + index));
    assert.deepEqual(taken, expected.map((it) => ({ ...it, attempts: 0 })));
  },

  "what does not happen puts no notice": async ({ tenants, notices }) => {
    await tenants.put(CONSENT, null);
    await tenants.put({ ...CONSENT, serial: "another" }, notice("put"));
    await tenants.mark(TENANT, NOW + 1, WITHDRAWN, notice("mark"));
    await tenants.remove(tenantOf(2), notice("remove"));
    assert.deepEqual(await notices.count(), { waiting: 0, buried: 0 });
  },

  "a notice that is known already is not put again": async (outbox) => {
    await putNotices(outbox, ["a", NOW]);
    assert.deepEqual(await take(outbox, NOW), ["a"]);
    await putNotices(outbox, ["a", NOW]);
    assert.deepEqual(await take(outbox, NOW), []);
    assert.deepEqual(await outbox.notices.count(), { waiting: 1, buried: 0 });
  },

  "a notice outlives the tenant it is about": async (outbox) => {
    await putNotices(outbox, ["a", NOW]);
    await outbox.tenants.remove(TENANT, null);
    assert.deepEqual(await take(outbox, NOW), ["a"]);
  },
};

const taking: Facts<Outbox> = {
  "the longest due are taken first, as many as are wanted, and none before its time": async (
    outbox,
  ) => {
    await putNotices(outbox, ["c", NOW + 2], ["d", NOW + 3], ["b", NOW + 1], ["a", NOW + 2]);
    assert.deepEqual(await take(outbox, NOW), []);
    assert.deepEqual(await take(outbox, NOW + 2, 2), ["b", "a"]);
    assert.deepEqual(await take(outbox, NOW + 2, 0), []);
    assert.deepEqual(await take(outbox, NOW + 2, -1), []);
    assert.deepEqual(await take(outbox, NOW + 2), ["c"]);
    assert.deepEqual(await take(outbox, NOW + 3), ["d"]);
  },

  "what was taken is nobody else's until its time is over, then it is due again": async (
    outbox,
  ) => {
    await putNotices(outbox, ["a", NOW]);
    assert.deepEqual(await take(outbox, NOW), ["a"]);
    assert.deepEqual(await take(outbox, NOW + MINUTE - 1), []);
    assert.deepEqual(await take(outbox, NOW + MINUTE), ["a"]);
  },

  "of twenty concurrent takers each gets what no other gets": async (outbox) => {
    const ids = Array.from({ length: 50 }, (_, index) => `notice-${index}`);
    await putNotices(outbox, ...ids.map((id) => [id, NOW] as const));
    const taken = await Promise.all(Array.from({ length: 20 }, () => take(outbox, NOW, 3)));
    assert.deepEqual(taken.flat().sort(), ids.sort());
  },

  "what was delivered is gone, and so is what was given up before": async (outbox) => {
    const { notices } = outbox;
    await putNotices(outbox, ["a", NOW], ["b", NOW]);
    await notices.bury("b", NOW, "status_410");
    for (const id of ["a", "b", "unknown"]) await notices.done(id);
    assert.deepEqual(await notices.count(), { waiting: 0, buried: 0 });
    assert.deepEqual(await take(outbox, NOW + MINUTE), []);
    assert.deepEqual(await notices.buried(10), []);
  },
};

const failing: Facts<Outbox> = {
  "what failed is due again when it is said, with one attempt more": async (outbox) => {
    const { notices } = outbox;
    await putNotices(outbox, ["a", NOW]);
    for (const attempts of [0, 1, 2]) {
      const now = NOW + attempts * 5;
      const [taken] = await notices.take(now, 1, now + MINUTE);
      assert.deepEqual(taken, { ...notice("a"), attempts });
      await notices.retry("a", now + 5, "timeout");
      assert.deepEqual(await take(outbox, now + 4), []);
    }
  },

  "what is buried is in no queue, and is listed, the newest first": async (outbox) => {
    const { notices } = outbox;
    await putNotices(outbox, ["a", NOW], ["b", NOW], ["c", NOW], ["d", NOW]);
    await notices.retry("a", NOW, "status_500");
    for (const [id, at] of [["a", 9], ["b", 7], ["c", 9]] as const) {
      await notices.bury(id, NOW + at, "status_410");
    }
    assert.deepEqual(await notices.count(), { waiting: 1, buried: 3 });
    assert.deepEqual(await take(outbox, NOW + MINUTE), ["d"]);
    const buried = (id: string, attempts: number, at: number) => ({
      ...notice(id),
      attempts,
      buriedAt: NOW + at,
      error: "status_410",
    });
    const all = [buried("c", 1, 9), buried("a", 2, 9), buried("b", 1, 7)];
    assert.deepEqual(await notices.buried(10), all);
    assert.deepEqual(await notices.buried(2), all.slice(0, 2));
    for (const limit of [0, -1]) assert.deepEqual(await notices.buried(limit), []);
  },

  "what is buried stays as it is, whoever comes late": async (outbox) => {
    const { notices } = outbox;
    await putNotices(outbox, ["a", NOW]);
    await notices.bury("a", NOW, "status_410");
    const before = await notices.buried(10);
    await notices.retry("a", NOW, "timeout");
    await notices.bury("a", NOW + 1, "timeout");
    await putNotices(outbox, ["a", NOW]);
    assert.deepEqual(await notices.buried(10), before);
    assert.deepEqual(await notices.count(), { waiting: 0, buried: 1 });
  },

  "what is revived is due when it is said, its attempts forgotten": async (outbox) => {
    const { notices } = outbox;
    await putNotices(outbox, ["a", NOW]);
    await notices.retry("a", NOW, "timeout");
    assert.equal(await notices.revive("a", NOW), false);
    await notices.bury("a", NOW, "status_410");
    assert.equal(await notices.revive("a", NOW + 5), true);
    assert.equal(await notices.revive("a", NOW + 5), false);
    assert.deepEqual(await notices.buried(10), []);
    assert.deepEqual(await take(outbox, NOW + 4), []);
    const taken = await notices.take(NOW + 5, 10, NOW + MINUTE);
    assert.deepEqual(taken, [{ ...notice("a"), attempts: 0 }]);
  },

  "nothing comes of an unknown id": async (outbox) => {
    const { notices } = outbox;
    await notices.done("unknown");
    await notices.retry("unknown", NOW, "timeout");
    await notices.bury("unknown", NOW, "timeout");
    assert.equal(await notices.revive("unknown", NOW), false);
    assert.deepEqual(await notices.count(), { waiting: 0, buried: 0 });
    assert.deepEqual(await take(outbox, NOW), []);
    assert.deepEqual(await notices.buried(10), []);
  },
};

export const noticeStoreFacts: Facts<Outbox> = { ...putting, ...taking, ...failing };
