/** Tickets are renewed before a rotation: how fast, whose, and after it was stopped. */

import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { accept, refuse } from "../../src/domain/refusal.ts";
import { Secret } from "../../src/domain/secret.ts";
import type { TenantCard, TenantHealth } from "../../src/domain/tenant.ts";
import { Generation, type Ticket } from "../../src/domain/ticket.ts";
import { type Warmed, warmTickets } from "../../src/usecases/warming.ts";
import { createWaitingClock } from "../support/waiting_clock.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const nameOf = (at: number) => ContextId.parse(`Cust${10_000 + at}`)!;

/** So many tenants, whose tickets have three hours left of six. */
function createWorld(count: number) {
  const clock = createWaitingClock();
  const ticket = (contextIdentifier: ContextId, expiresAt: number): Ticket => ({
    contextIdentifier,
    ticket: new Secret("7T:ticket"),
    generation: Generation.parse(1)!,
    issuedAt: expiresAt - 6 * HOUR,
    expiresAt,
    webapiUrl: "https://sod2.example.test/api/",
    netserverUrl: "https://sod2.example.test/Remote/",
    addressesUntil: expiresAt,
  });
  const names = Array.from({ length: count }, (_, at) => nameOf(at));
  const world = {
    clock,
    names,
    healths: new Map<ContextId, TenantHealth>(),
    tickets: new Map(names.map((name) => [name, ticket(name, clock.now() + 3 * HOUR)])),
    put: (name: ContextId, expiresAt: number) => world.tickets.set(name, ticket(name, expiresAt)),
    began: [] as { readonly name: ContextId; readonly at: number }[],
    /** What a renewal comes to. */
    renew(held: Ticket): ReturnType<Parameters<typeof warmTickets>[0]["renew"]> {
      world.put(held.contextIdentifier, clock.now() + 6 * HOUR);
      return Promise.resolve(accept(world.tickets.get(held.contextIdentifier)!));
    },
    /** Runs it until it ends. */
    async warm(perMinute = 60): Promise<Warmed> {
      const warming = warmTickets({
        tenants: {
          list: (after, limit) =>
            Promise.resolve(
              names.map((contextIdentifier, at) => ({
                contextIdentifier,
                sequence: at + 1,
                health: world.healths.get(contextIdentifier) ?? "connected",
              } as TenantCard)).slice(after, after + limit),
            ),
        },
        tickets: { get: (name) => Promise.resolve(world.tickets.get(name) ?? null) },
        clock,
        renew: (held) => {
          world.began.push({ name: held.contextIdentifier, at: clock.now() });
          return world.renew(held);
        },
        perMinute,
        neededMs: 5 * HOUR,
      });
      // Whoever looks later learns of it.
      warming.catch(() => {});
      await clock.pass(HOUR);
      assert.equal(clock.sleepers, 0, "it has ended");
      return await warming;
    },
    /** Since the first of them. */
    moments: () => world.began.map(({ at }) => at - world.began[0]!.at),
  };
  return world;
}

Deno.test("no more than so many renewals are begun in a minute", async () => {
  for (const perMinute of [60, 7, 1200]) {
    const world = createWorld(20);
    assert.equal((await world.warm(perMinute)).renewed, 20);
    assert.deepEqual(world.began.map(({ name }) => name), world.names);
    const pause = MINUTE / perMinute;
    world.moments().forEach((at, place) => assert.ok(Math.abs(at - place * pause) < 1, `${at}`));
  }
});

Deno.test("what took long is not made up for", async () => {
  const world = createWorld(4);
  const { renew } = world;
  world.renew = async (held) => {
    if (held.contextIdentifier === nameOf(1)) await world.clock.sleep(10 * SECOND);
    return await renew(held);
  };
  await world.warm();
  assert.deepEqual(world.moments(), [0, 1, 11, 12].map((at) => at * SECOND));
});

Deno.test("who needs no renewal costs no time: young, idle, suspended or withdrawn", async () => {
  const world = createWorld(405);
  const now = world.clock.now();
  for (const name of world.names) world.put(name, now + 6 * HOUR);
  world.tickets.delete(nameOf(0));
  world.healths.set(nameOf(1), "suspended");
  world.healths.set(nameOf(2), "consent_withdrawn");
  for (const at of [3, 200, 404]) world.put(nameOf(at), now + 5 * HOUR - 1);
  world.put(nameOf(4), now + 5 * HOUR + MINUTE);
  const { until, ...counts } = await world.warm();
  assert.deepEqual(counts, { renewed: 3, young: 399, idle: 1, refused: [] });
  assert.deepEqual(world.began.map(({ name }) => name), [3, 200, 404].map(nameOf));
  assert.deepEqual(world.moments(), [0, SECOND, 2 * SECOND]);
  assert.equal(until, now + 5 * HOUR + MINUTE);
});

Deno.test("stopped anywhere and begun again, it renews each tenant once", async () => {
  const world = createWorld(6);
  const { renew } = world;
  world.renew = (held) =>
    world.began.length > 4 ? Promise.reject(new PartFault("store", "network")) : renew(held);
  await assert.rejects(world.warm(), PartFault);
  assert.equal(world.began.length, 5);
  Object.assign(world, { renew, began: [] });
  const { until: _, ...counts } = await world.warm();
  assert.deepEqual(counts, { renewed: 2, young: 4, idle: 0, refused: [] });
  assert.deepEqual(world.began.map(({ name }) => name), [4, 5].map(nameOf));
});

Deno.test("whose exchange was begun a moment ago is asked for again, once, a minute later", async () => {
  const world = createWorld(3);
  const { renew } = world;
  const isKilled = ({ contextIdentifier }: Ticket) => contextIdentifier === nameOf(0);
  world.renew = (held) =>
    isKilled(held) && world.began.length < 4 ? Promise.resolve(accept(held)) : renew(held);
  assert.deepEqual((await world.warm()).refused, []);
  assert.deepEqual(world.moments(), [0, SECOND, 2 * SECOND, 2 * SECOND + MINUTE]);

  const other = createWorld(3);
  const renewOther = other.renew;
  other.renew = (held) => isKilled(held) ? Promise.resolve(accept(held)) : renewOther(held);
  const { refused, until } = await other.warm();
  assert.deepEqual(refused, [{ tenant: nameOf(0), code: "later" }]);
  assert.equal(until, other.tickets.get(nameOf(0))!.expiresAt);
  assert.equal(other.began.length, 4);
});

Deno.test("who is refused is named, and the others are renewed all the same", async () => {
  const world = createWorld(3);
  const { renew } = world;
  world.renew = (held) =>
    held.contextIdentifier === nameOf(1)
      ? Promise.resolve(refuse("consent_withdrawn", "refused"))
      : renew(held);
  const { renewed, refused } = await world.warm();
  assert.deepEqual([renewed, refused], [2, [{ tenant: nameOf(1), code: "consent_withdrawn" }]]);
});
