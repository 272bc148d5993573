/** How every store is sealed anew under another key: all of it, resumed, and undoing nobody's work. */

import assert from "node:assert/strict";
import { createSealing, type Sealing } from "../../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { reseal } from "../../../src/usecases/resealing.ts";
import { SEALED_KINDS } from "../../../src/usecases/resealing_ports.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { requires } from "../../support/requirement.ts";
import { createTestClock } from "../../support/service.ts";
import { openUpstash, OWNER, withBridge, withFolder } from "./backends.ts";
import { assertReason, CONSENT, notice, NOW, tenantOf, ticket } from "./samples.ts";

const OLD = { id: "old", key: new Uint8Array(32).fill(1) };
const NEW = { id: "new-2", key: new Uint8Array(32).fill(2) };
const LOST = { id: "lost", key: new Uint8Array(32).fill(3) };

const UNDER_OLD = createSealing([OLD]);
const BOTH = createSealing([NEW, OLD]);
const UNDER_NEW = createSealing([NEW]);
const UNDER_LOST = createSealing([LOST]);

/** The same store, opened with other keys. */
type Open = (sealing: Sealing) => Stores;

interface Backend {
  readonly name: string;
  readonly ignore: boolean;
  use(work: (open: Open) => Promise<void>): Promise<void>;
}

const BACKENDS: readonly Backend[] = [
  {
    name: "SQLite",
    ignore: false,
    use: (work) =>
      withFolder((folder) =>
        work((sealing) => openSqlite({ path: `${folder}/data.sqlite`, sealing, owner: OWNER }))
      ),
  },
  {
    name: "Upstash",
    ...requires("redis-server"),
    use: (work) =>
      withBridge((bridge) => work((sealing) => openUpstash(bridge, { sealing, prefix: "reseal" }))),
  },
];

const COUNT = 7;

function consentOf(digits: number) {
  const contextIdentifier = tenantOf(digits);
  return { ...CONSENT, contextIdentifier, systemUserToken: new Secret(`token-${digits}`) };
}

function ticketOf(digits: number, generation = 1) {
  return ticket(generation, {
    contextIdentifier: tenantOf(digits),
    ticket: new Secret(`7T:${digits}`),
  });
}

/** Seven tenants, each with a ticket and a notice; one notice is buried, one tenant has no ticket. */
async function fill({ tenants, tickets, notices }: Stores): Promise<void> {
  for (let digits = 1; digits <= COUNT; digits++) {
    await tenants.put(consentOf(digits), notice(`msg_${digits}`));
    if (digits < COUNT) await tickets.publish(tenantOf(digits), "owner", ticketOf(digits));
  }
  await notices.bury("msg_1", NOW, "status_500");
  await tickets.invalidate(tenantOf(1), NOW);
}

/** Everything reads as it was put. */
async function assertReads({ tenants, tickets, notices }: Stores): Promise<void> {
  for (let digits = 1; digits <= COUNT; digits++) {
    assert.equal(
      (await tenants.get(tenantOf(digits)))?.systemUserToken.reveal(),
      `token-${digits}`,
    );
    const expected = digits > 1 && digits < COUNT ? ticketOf(digits) : null;
    assert.deepEqual(await tickets.get(tenantOf(digits), NOW), expected);
  }
  const ids = (await notices.take(NOW, 100, NOW)).map(({ id }) => id).sort();
  assert.deepEqual(ids, ["msg_2", "msg_3", "msg_4", "msg_5", "msg_6", "msg_7"]);
  assert.deepEqual((await notices.buried(10)).map(({ id }) => id), ["msg_1"]);
}

const run = (stores: Stores) =>
  reseal({ store: stores.resealing, clock: createTestClock(), perSecond: 8 });

async function counts({ resealing }: Stores): Promise<Record<string, number>> {
  const found = await resealing.count();
  return Object.fromEntries(found.map((it) => [`${it.kind} ${it.keyId}`, it.count]));
}

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

Deno.test("no more than so many values a second are sealed anew", async () => {
  const clock = createTestClock();
  const slept: number[] = [];
  const step = { resealed: 50, passed: 0, unreadable: [] };
  let steps = 0;
  await reseal({
    store: {
      keyIds: ["k"],
      count: () => Promise.resolve([]),
      step: (_kind, _after, limit) => {
        assert.equal(limit, 50);
        steps++;
        return Promise.resolve({ ...step, next: steps % 4 === 0 ? null : "on" });
      },
    },
    clock: {
      ...clock,
      sleep: (ms) => {
        slept.push(ms);
        clock.advance(ms);
        return Promise.resolve();
      },
    },
    perSecond: 200,
  });
  assert.equal(steps, 12);
  // Twelve times fifty at 200 a second.
  assert.equal(slept.reduce((sum, ms) => sum + ms, 0), 3000);
});

Deno.test("a store that is busy for a while is waited for, one that stays so is a fault", async () => {
  let faults = 4;
  const store = {
    keyIds: ["k"],
    count: () => Promise.resolve([]),
    step: () => {
      if (faults-- > 0) return Promise.reject(new PartFault("store", "busy"));
      return Promise.resolve({ next: null, resealed: 1, passed: 0, unreadable: [] });
    },
  };
  const clock = createTestClock();
  assert.equal((await reseal({ store, clock, perSecond: 1 })).resealed, 3);
  faults = 5;
  await assert.rejects(reseal({ store, clock, perSecond: 1 }), assertReason("busy"));
});
