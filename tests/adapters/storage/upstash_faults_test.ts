/** Faults of the shared store, in pairs: failed, and failed but happened; then the world again. */

import assert from "node:assert/strict";
import { EMPTY_TREE } from "../../../src/domain/merkle.ts";
import { requires } from "../../support/requirement.ts";
import type { Bridge, Fault } from "../../support/upstash_bridge.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { openUpstash, withBridge } from "./backends.ts";
import {
  append,
  assertReason,
  CONSENT,
  generationOf,
  NOW,
  PENDING,
  refused,
  request,
  TENANT,
  ticket,
  treeOf,
} from "./samples.ts";

const UNAVAILABLE: Fault = { kind: "unavailable" };
const SILENT: Fault = { kind: "silent" };
const LOST: Fault = { kind: "lost" };
const LATE: Fault = { kind: "late" };

function test(name: string, work: (bridge: Bridge, stores: Stores) => Promise<void>): void {
  Deno.test({
    name,
    ...requires("redis-server"),
    fn: () => withBridge((bridge) => work(bridge, openUpstash(bridge, { prefix: "p" }))),
  });
}

/** The same store with little patience, for answers that never come. */
function hasty(bridge: Bridge, timeoutMs: number): Stores {
  return openUpstash(bridge, { prefix: "p", timeoutMs });
}

/** Requests that a call made. */
async function requestsOf(bridge: Bridge, call: () => Promise<unknown>): Promise<number> {
  const before = bridge.seen.length;
  await call();
  return bridge.seen.length - before;
}

test("every kind of bad answer is a fault and never a miss", async (bridge, { tickets }) => {
  await tickets.publish(TENANT, "o", ticket(1));
  const cases: [Fault[], string, number][] = [
    [[UNAVAILABLE], "protocol", 1],
    [[{ kind: "html" }], "protocol", 1],
    [[{ kind: "garbage" }], "protocol", 1],
    [[LOST, LOST], "network", 2],
  ];
  for (const [faults, reason, requests] of cases) {
    bridge.next(...faults);
    const call = () => assert.rejects(tickets.get(TENANT, NOW), assertReason(reason), reason);
    assert.equal(await requestsOf(bridge, call), requests, reason);
    assert.deepEqual(await tickets.get(TENANT, NOW), ticket(1));
  }
});

test("no answer in time is a timeout and never a miss", async (bridge, { tickets }) => {
  await tickets.publish(TENANT, "o", ticket(1));
  const slow: Fault = { kind: "slow", ms: 1_500 };
  bridge.next(SILENT, SILENT, LATE, LATE, slow, SILENT);
  const impatient = hasty(bridge, 100).tickets;
  for (let round = 0; round < 3; round++) {
    await assert.rejects(impatient.get(TENANT, NOW), assertReason("timeout"));
  }
  assert.deepEqual(await tickets.get(TENANT, NOW), ticket(1));
});

test("an unknown token is an auth fault, asked once", async (bridge) => {
  const { tickets, probe } = openUpstash(bridge, { token: "wrong" });
  const call = () => assert.rejects(tickets.get(TENANT, NOW), assertReason("auth"));
  assert.equal(await requestsOf(bridge, call), 1);
  await assert.rejects(tickets.lease(TENANT, request()), assertReason("auth"));
  await assert.rejects(probe.check(), assertReason("auth"));
});

test("a store out of reach is a network fault until it is back", async (bridge, stores) => {
  await stores.tenants.put(CONSENT, null);
  await bridge.pause();
  await assert.rejects(stores.tenants.get(TENANT), assertReason("network"));
  await assert.rejects(stores.tickets.lease(TENANT, request()), assertReason("network"));
  await assert.rejects(stores.probe.check(), assertReason("network"));
  bridge.resume();
  await stores.probe.check();
  assert.equal((await stores.tenants.get(TENANT))?.sequence, 1);
});

Deno.test("a connection that breaks before any answer is tried twice, or once", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const hangUp = (async () => {
    for await (const connection of listener) {
      connections++;
      await connection.read(new Uint8Array(1));
      connection.close();
    }
  })();
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const { consents, tickets } = openUpstash({ url, token: "t" });
  await assert.rejects(tickets.get(TENANT, NOW), assertReason("network"));
  assert.equal(connections, 2);
  await assert.rejects(consents.unclaim("digest"), assertReason("network"));
  assert.equal(connections, 3);
  listener.close();
  await hangUp;
});

test("an append that failed is not there", async (bridge, { ledger }) => {
  bridge.next(UNAVAILABLE);
  const first = append(EMPTY_TREE, ["a"]);
  await assert.rejects(ledger.append(EMPTY_TREE, first), assertReason("protocol"));
  assert.deepEqual(await ledger.head(), EMPTY_TREE);
  assert.deepEqual(await ledger.append(EMPTY_TREE, first), { kind: "appended" });
  assert.deepEqual(await ledger.read(-1, 10), ["a"]);
});

for (const fault of [LOST, LATE]) {
  test(`an append whose reply was ${fault.kind} is asked again and is there once`, async (
    bridge,
    { ledger },
  ) => {
    bridge.next(fault);
    const first = append(EMPTY_TREE, ["a"]);
    const answer = await hasty(bridge, 1_200).ledger.append(EMPTY_TREE, first);
    assert.deepEqual(answer, { kind: "appended" });
    assert.deepEqual(await ledger.read(-1, 10), ["a"]);
    assert.deepEqual(await ledger.head(), treeOf(["a"]));
  });
}

test("an append whose replies were both lost rejects, and is there once", async (
  bridge,
  { ledger },
) => {
  bridge.next(LOST, LOST);
  const first = append(EMPTY_TREE, ["a"]);
  await assert.rejects(ledger.append(EMPTY_TREE, first), assertReason("network"));
  assert.deepEqual(await ledger.read(-1, 10), ["a"]);
  assert.deepEqual(await ledger.append(EMPTY_TREE, first), { kind: "appended" });
  assert.deepEqual(await ledger.read(-1, 10), ["a"]);
});

test("an append whose mark is gone is a conflict, never a second entry", async (
  bridge,
  { ledger },
) => {
  const first = append(EMPTY_TREE, ["a"]);
  await ledger.append(EMPTY_TREE, first);
  await bridge.redis.del(...await bridge.redis.keys("*:append:*"));
  const answer = await ledger.append(EMPTY_TREE, first);
  assert.deepEqual(answer, { kind: "conflict", head: treeOf(["a"]) });
  assert.deepEqual(await ledger.read(-1, 10), ["a"]);
});

test("a take that failed leaves the state", async (bridge, { consents }) => {
  await consents.begin("state", PENDING, NOW + 60_000, NOW);
  bridge.next(UNAVAILABLE);
  await assert.rejects(consents.take("state", NOW), assertReason("protocol"));
  assert.deepEqual(await consents.take("state", NOW), PENDING);
});

test("a take whose reply was lost gets its state, and nobody else does", async (
  bridge,
  { consents },
) => {
  await consents.begin("state", PENDING, NOW + 60_000, NOW);
  bridge.next(LOST);
  assert.deepEqual(await consents.take("state", NOW), PENDING);
  assert.equal(await consents.take("state", NOW), null);
});

test("a take whose replies were both lost has used the state up", async (bridge, { consents }) => {
  await consents.begin("state", PENDING, NOW + 60_000, NOW);
  bridge.next(LOST, LATE);
  const call = hasty(bridge, 1_200).consents.take("state", NOW);
  await assert.rejects(call, assertReason("timeout"));
  assert.equal(await consents.take("state", NOW), null);
});

test("a begin and a finish whose replies were lost are done", async (bridge, { consents }) => {
  const finished = { contextIdentifier: TENANT, isRenewed: false };
  bridge.next(LOST);
  await consents.begin("state", PENDING, NOW + 60_000, NOW);
  bridge.next(LOST);
  await consents.finish("browser", finished, NOW + 60_000, NOW);
  assert.deepEqual(await consents.take("state", NOW), PENDING);
  assert.deepEqual(await consents.finished("browser", NOW), finished);
});

test("a claim whose reply was lost is still the first, and the only one", async (
  bridge,
  { consents },
) => {
  bridge.next(LOST);
  assert.equal(await consents.claim("digest", NOW + 60_000, NOW), true);
  assert.equal(await consents.claim("digest", NOW + 60_000, NOW), false);
  bridge.next(UNAVAILABLE);
  await assert.rejects(consents.claim("other", NOW + 60_000, NOW), assertReason("protocol"));
  assert.equal(await consents.claim("other", NOW + 60_000, NOW), true);
});

test("a lease whose reply was lost is the same lease again", async (bridge, { tickets }) => {
  bridge.next(LOST);
  assert.deepEqual(await tickets.lease(TENANT, request()), { kind: "lease", generation: 1 });
  assert.equal((await tickets.lease(TENANT, request({ owner: "o2" }))).kind, "wait");
  bridge.next(UNAVAILABLE);
  const late = request({ owner: "o2", now: NOW + 10_000 });
  await assert.rejects(tickets.lease(TENANT, late), assertReason("protocol"));
  assert.deepEqual(await tickets.lease(TENANT, late), { kind: "lease", generation: 2 });
});

test("a publish whose reply was lost is published, not fenced", async (bridge, { tickets }) => {
  await tickets.lease(TENANT, request());
  bridge.next(LOST);
  assert.equal(await tickets.publish(TENANT, "owner-1", ticket(1)), "published");
  assert.deepEqual(await tickets.get(TENANT, NOW), ticket(1));
  assert.equal(await tickets.publish(TENANT, "owner-1", ticket(1)), "fenced");
});

test("a publish that failed is not there and keeps the lease", async (bridge, { tickets }) => {
  await tickets.lease(TENANT, request());
  bridge.next(UNAVAILABLE);
  await assert.rejects(tickets.publish(TENANT, "owner-1", ticket(1)), assertReason("protocol"));
  assert.equal(await tickets.get(TENANT, NOW), null);
  assert.equal((await tickets.lease(TENANT, request({ owner: "o2" }))).kind, "wait");
});

test("a refusal and an invalidation whose replies were lost hold", async (bridge, { tickets }) => {
  await tickets.lease(TENANT, request());
  bridge.next(LOST);
  await tickets.refuse(TENANT, refused());
  assert.equal((await tickets.lease(TENANT, request())).kind, "refused");
  bridge.next(LOST);
  await tickets.invalidate(TENANT, NOW);
  const answer = await tickets.lease(TENANT, request({ replaces: generationOf(1) }));
  assert.equal(answer.kind, "lease");
});

test("concurrent calls get their own answers while others fail", async (bridge, { ledger }) => {
  await ledger.append(EMPTY_TREE, append(EMPTY_TREE, Array.from({ length: 50 }, (_, i) => `${i}`)));
  bridge.next(UNAVAILABLE, LOST, { kind: "garbage" });
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) => ledger.read(index - 1, 1)),
  );
  const failed = answers.filter(({ status }) => status === "rejected");
  assert.equal(failed.length, 2);
  answers.forEach((answer, index) => {
    if (answer.status === "fulfilled") assert.deepEqual(answer.value, [`${index}`]);
  });
});

test(
  "new addresses whose reply was lost are there, and the ticket is still its publisher's",
  async (
    bridge,
    { tickets },
  ) => {
    await tickets.lease(TENANT, request());
    const moved = ticket(1, { webapiUrl: "https://sod9.example.com/", addressesUntil: NOW + 1 });
    bridge.next(LOST);
    await tickets.publish(TENANT, "owner-1", ticket(1));
    const [call, record] = recordsOf(await bridge.redis.get(`p.owner:ticket:{${TENANT}}`));
    bridge.next(LOST);
    await tickets.relocate(moved);
    assert.deepEqual(await tickets.get(TENANT, NOW), moved);
    const [still, relocated] = recordsOf(await bridge.redis.get(`p.owner:ticket:{${TENANT}}`));
    assert.equal(still, call);
    assert.notEqual(relocated, record);
    bridge.next(UNAVAILABLE);
    await assert.rejects(tickets.relocate(ticket(1)), assertReason("protocol"));
    assert.deepEqual(await tickets.get(TENANT, NOW), moved);
  },
);

/** The name of the call that published a ticket, and the ticket as it is sealed. */
function recordsOf(text: string | null): [unknown, unknown] {
  const { call, ticket } = JSON.parse(text ?? "{}");
  assert.match(call, /^[0-9a-f-]{36}$/);
  return [call, ticket];
}
