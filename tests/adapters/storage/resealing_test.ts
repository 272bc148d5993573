/** How every store is sealed anew under another key: all of it, resumed, and undoing nobody's work. */

import assert from "node:assert/strict";
import { createSealing, type Sealing } from "../../../src/adapters/storage/sealing.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { SEALED_KINDS } from "../../../src/usecases/resealing_ports.ts";
import { requires } from "../../support/requirement.ts";
import { openUpstash, withBridge } from "./backends.ts";
import {
  assertReads,
  BACKENDS,
  BOTH,
  consentOf,
  counts,
  fill,
  look,
  NEW,
  OLD,
  type Open,
  run,
  ticketOf,
  UNDER_LOST,
  UNDER_NEW,
  UNDER_OLD,
} from "./resealing_store.ts";
import { notice, NOW, tenantOf } from "./samples.ts";

const FACTS: Readonly<Record<string, (open: Open) => Promise<void>>> = {
  "everything is counted under its key, resealed, and read with the new key alone": async (
    open,
  ) => {
    const old = open(UNDER_OLD);
    await fill(old);
    old.close();
    const both = open(BOTH);
    assert.deepEqual(await counts(both), {
      "system_user_token old": 7,
      "ticket old": 5,
      "notice old": 7,
    });
    assert.deepEqual(await run(both), { resealed: 19, passed: 0, unreadable: [] });
    assert.deepEqual(await counts(both), {
      "system_user_token new-2": 7,
      "ticket new-2": 5,
      "notice new-2": 7,
    });
    assert.deepEqual(await run(both), { resealed: 0, passed: 0, unreadable: [] });
    const looked = await look(both);
    assert.deepEqual(looked.counts, await both.resealing.count());
    assert.deepEqual(looked.unreadable, []);
    both.close();
    const after = open(UNDER_NEW);
    await assertReads(after);
    after.close();
  },

  "who stops in the middle and begins anew does only the rest": async (open) => {
    const old = open(UNDER_OLD);
    await fill(old);
    old.close();
    const first = open(BOTH);
    const step = await first.resealing.step("system_user_token", null, 3);
    assert.equal(step.resealed, 3);
    assert.notEqual(step.next, null);
    first.close();
    const second = open(BOTH);
    assert.equal((await run(second)).resealed, 16);
    second.close();
    const after = open(UNDER_NEW);
    await assertReads(after);
    after.close();
  },

  "a value that no key opens is named and left, and keeps nobody else": async (open) => {
    const lost = open(UNDER_LOST);
    await lost.tenants.put(consentOf(50), notice("msg_50"));
    await lost.tickets.publish(tenantOf(50), "owner", ticketOf(50));
    lost.close();
    const old = open(UNDER_OLD);
    await fill(old);
    old.close();
    const both = open(BOTH);
    const { resealed, unreadable } = await run(both);
    assert.equal(resealed, 19);
    assert.deepEqual(unreadable, [
      { kind: "system_user_token", name: "Cust50" },
      { kind: "ticket", name: "Cust50" },
      { kind: "notice", name: "msg_50" },
    ]);
    const left = await counts(both);
    for (const kind of SEALED_KINDS) assert.equal(left[`${kind} lost`], 1, kind);
    both.close();
    const again = open(UNDER_LOST);
    assert.equal((await again.tenants.get(tenantOf(50)))?.systemUserToken.reveal(), "token-50");
    again.close();
  },

  "everything is opened, also what is under the name of the current key": async (open) => {
    const mixed = open(createSealing([OLD, NEW]));
    await fill(mixed);
    mixed.close();
    const other = open(createSealing([{ ...NEW, id: OLD.id }]));
    await other.tenants.put(consentOf(50), notice("msg_50"));
    const ours = await look(other);
    assert.deepEqual(ours.unreadable.length, 19);
    other.close();
    const old = open(BOTH);
    assert.deepEqual((await look(old)).unreadable, [
      { kind: "system_user_token", name: "Cust50", keyId: "old" },
      { kind: "notice", name: "msg_50", keyId: "old" },
    ]);
    assert.deepEqual((await look(old)).counts, await old.resealing.count());
    old.close();
  },

  "what is stored between reading and replacing stays": async (open) => {
    const old = open(UNDER_OLD);
    await fill(old);
    const consent = { ...consentOf(2), systemUserToken: new Secret("newer"), consentedAt: NOW + 1 };
    const both = open(interrupted(async () => {
      await old.tenants.put(consent, null);
      await old.tenants.remove(tenantOf(3), null);
      await old.tickets.publish(tenantOf(4), "owner", ticketOf(4, 2));
      await old.tickets.invalidate(tenantOf(5), NOW);
      await old.notices.done("msg_6");
    }));
    const token = await both.resealing.step("system_user_token", null, 100);
    assert.deepEqual([token.resealed, token.passed], [5, 2]);
    assert.equal((await both.tenants.get(tenantOf(2)))?.systemUserToken.reveal(), "newer");
    assert.equal(await both.tenants.get(tenantOf(3)), null);
    both.close();

    const tickets = open(interrupted(async () => {
      await old.tickets.publish(tenantOf(4), "owner", ticketOf(4, 3));
      await old.tickets.invalidate(tenantOf(6), NOW);
    }));
    const step = await tickets.resealing.step("ticket", null, 100);
    assert.equal(step.passed, 2);
    assert.equal((await tickets.tickets.get(tenantOf(4), NOW))?.generation, 3);
    assert.equal(await tickets.tickets.get(tenantOf(6), NOW), null);
    tickets.close();

    const notices = open(interrupted(() => old.notices.done("msg_7")));
    const last = await notices.resealing.step("notice", null, 100);
    assert.equal(last.passed, 1);
    assert.equal((await notices.notices.count()).waiting, 4);
    // What was passed is found by the next, and then there is nothing left.
    await run(notices);
    assert.ok(Object.keys(await counts(notices)).every((name) => name.endsWith(" new-2")));
    notices.close();
    old.close();
  },

  "a resealed ticket is relocated and fenced as before": async (open) => {
    const stores = open(UNDER_OLD);
    await stores.tickets.publish(tenantOf(1), "owner", ticketOf(1, 5));
    await stores.tenants.put(consentOf(1), null);
    stores.close();
    const both = open(BOTH);
    assert.equal((await run(both)).resealed, 2);
    assert.equal(await both.tickets.publish(tenantOf(1), "owner", ticketOf(1, 4)), "fenced");
    const moved = { ...ticketOf(1, 5), webapiUrl: "https://sod3.example.com/Cust1/api/" };
    await both.tickets.relocate(moved);
    assert.deepEqual(await both.tickets.get(tenantOf(1), NOW), moved);
    both.close();
  },
};

/** Keys of both, and something that happens, once, after the first value was opened. */
function interrupted(happens: () => Promise<unknown>): Sealing {
  let happened: Promise<unknown> | null = null;
  return {
    ...BOTH,
    async open(place, sealed) {
      const plain = await BOTH.open(place, sealed);
      await (happened ??= happens());
      return plain;
    },
  };
}

for (const { name, ignore, use } of BACKENDS) {
  Deno.test({
    name: `sealing anew: ${name}`,
    ignore,
    fn: async (test) => {
      for (const [sentence, fact] of Object.entries(FACTS)) {
        await test.step(sentence, () => use(fact));
      }
    },
  });
}

Deno.test({
  name: "a reply that was lost is asked for again, and the value counts as resealed: Upstash",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const prefix = "lost";
      const old = openUpstash(bridge, { sealing: UNDER_OLD, prefix });
      await fill(old);
      const both = openUpstash(bridge, { sealing: BOTH, prefix });
      for (const kind of SEALED_KINDS) {
        // Reading is one request, or one more for each ticket; the last ones replace.
        let isLost = false;
        bridge.all((commands) => {
          const isReplacing = /found == ARGV/.test(commands[0]?.[1] ?? "");
          if (!isReplacing || isLost) return null;
          isLost = true;
          return { kind: "lost" };
        });
        const { resealed, passed } = await both.resealing.step(kind, null, 100);
        assert.ok(isLost);
        assert.deepEqual([resealed, passed], [kind === "ticket" ? 5 : 7, 0]);
      }
      bridge.all(null);
      assert.ok(Object.keys(await counts(both)).every((name) => name.endsWith(" new-2")));
      old.close();
      both.close();
    }),
});
