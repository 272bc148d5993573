/** Which key and which client secret are asked with, by two instances that share one record. */

import assert from "node:assert/strict";
import { CREDENTIALS, secretName } from "../../src/domain/credential_record.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createWorld, KEYS, SECRETS } from "../support/credential_world.ts";

const MINUTE = 60_000;

Deno.test("with one key and one client secret nothing is tried twice, and no store is asked", async () => {
  const world = createWorld(["key/1"]);
  const one = world.instance();
  assert.equal(await world.ask(one), 1);
  assert.equal(await world.ask(one, false, true), -1);
  await one.refresh();
  assert.deepEqual([world.reads, world.record, world.deeds], [0, null, []]);
});

Deno.test("what works where the other was refused is begun with from then on, by everybody", async () => {
  const world = createWorld();
  const [one, other] = [world.instance(), world.instance()];
  assert.deepEqual([await world.ask(one), await world.ask(other)], [1, 1]);
  world.takes = { ...world.takes, key: "key/2" };
  world.clock.advance(MINUTE);
  assert.equal(await world.ask(one), 2);
  assert.equal(await world.ask(one), 1);
  assert.equal(await world.ask(other), 2, "it is behind, and follows");
  assert.equal(await world.ask(other), 1);
  assert.deepEqual(world.deeds, [{ kind: "key_changed", from: "key/1", to: "key/2" }]);
  assert.equal(world.record?.key.since, world.clock.now());
});

Deno.test("a change before anything was seen to work is one, too", async () => {
  const world = createWorld();
  world.takes = { ...world.takes, key: "key/2" };
  assert.equal(await world.ask(world.instance()), 2);
  assert.deepEqual(world.deeds, [{ kind: "key_changed", from: "key/1", to: "key/2" }]);
  assert.equal(await world.ask(world.instance()), 1);
});

Deno.test("who refreshes in time pays for no change", async () => {
  const world = createWorld();
  const [one, other] = [world.instance(), world.instance()];
  await world.ask(one);
  await world.ask(other);
  world.takes = { ...world.takes, key: "key/2" };
  await world.ask(one);
  await other.refresh();
  assert.equal(await world.ask(other), 1);
});

Deno.test("of both credentials, what one change explains is tried before what needs two", async () => {
  const world = createWorld(KEYS, SECRETS);
  const one = world.instance();
  await world.ask(one);
  world.asked.length = 0;
  world.takes = { key: "key/2", secret: "client_secret:2" };
  assert.equal(await world.ask(one), 4);
  const order = [[0, 0], [1, 0], [0, 1], [1, 1]];
  assert.deepEqual(world.asked.map(({ key, secret }) => [key, secret]), order);
  assert.deepEqual(world.deeds.map((deed) => "to" in deed ? deed.to : null), [
    "key/2",
    "client_secret:2",
  ]);
  assert.equal(await world.ask(one), 1);
});

Deno.test("a tenant that was refused before costs a second exchange once in ten minutes, over all", async () => {
  const world = createWorld();
  const [one, other] = [world.instance(), world.instance()];
  await world.ask(one);
  assert.equal(await world.ask(one, false, true), -2, "nobody knew yet");
  assert.equal(await world.ask(one, true, true), -2);
  for (const instance of [one, other, one]) assert.equal(await world.ask(instance, true, true), -1);
  world.clock.advance(10 * MINUTE - 1);
  assert.equal(await world.ask(other, true, true), -1);
  world.clock.advance(1);
  assert.equal(await world.ask(other, true, true), -2);
  assert.equal(await world.ask(one, true, true), -1);
  world.takes = { ...world.takes, key: "key/2" };
  assert.equal(await world.ask(one), 2, "whoever was well is not kept from a try");
  assert.equal(await world.ask(other, true), 2, "and what others found is never rare");
});

Deno.test("a success that comes late, after another change, proves nothing", async () => {
  const world = createWorld();
  const [one, other] = [world.instance(), world.instance()];
  await world.ask(one);
  await other.ready();
  world.takes = { ...world.takes, key: "key/2" };
  const late = await one.begin(CREDENTIALS).refused();
  assert.equal(late?.pair.key, 1);
  await world.ask(other);
  world.takes = { ...world.takes, key: "key/1" };
  world.clock.advance(1);
  await world.ask(other);
  await late.worked("late");
  assert.equal(world.record?.key.inUse, "key/1");
  assert.equal(world.deeds.length, 2);
});

Deno.test("when each last worked is known to about a minute", async () => {
  const world = createWorld();
  const one = world.instance();
  await world.ask(one);
  const first = world.clock.now();
  world.clock.advance(MINUTE - 1);
  await world.ask(one);
  assert.deepEqual(world.record?.key.worked, { "key/1": first });
  world.clock.advance(1);
  await world.ask(one);
  assert.deepEqual(world.record?.key.worked, { "key/1": first + MINUTE });
});

Deno.test("of a success that is yet to come by this clock nobody says when it was", async () => {
  const world = createWorld();
  const [fast, slow] = [world.instance(), world.instance()];
  assert.equal(slow.workedAt(), null);
  await world.ask(fast);
  const at = world.clock.now();
  world.clock.advance(-2 * MINUTE);
  await slow.refresh();
  assert.equal(slow.workedAt(), 0);
  world.clock.advance(2 * MINUTE);
  assert.equal(slow.workedAt(), at);
});

Deno.test("of many that find the same at once, each tries to write it once", async () => {
  const world = createWorld();
  const instances = [world.instance(), world.instance(), world.instance(), world.instance()];
  for (const instance of instances) await world.ask(instance);
  world.takes = { ...world.takes, key: "key/2" };
  world.clock.advance(MINUTE);
  Object.assign(world, { reads: 0, swaps: 0 });
  const asking = instances.flatMap((it) => Array.from({ length: 25 }, () => world.ask(it)));
  assert.deepEqual(new Set(await Promise.all(asking)), new Set([2]));
  assert.ok(world.swaps <= 101, `${world.swaps} writings`);
  assert.ok(world.reads <= 220, `${world.reads} readings`);
  assert.equal(world.deeds.length, 1);
});

Deno.test("the instant of a clock that was a day ahead goes with the next success", async () => {
  const world = createWorld();
  world.clock.advance(24 * 60 * MINUTE);
  await world.ask(world.instance());
  world.clock.advance(-24 * 60 * MINUTE);
  await world.ask(world.instance());
  assert.deepEqual(world.record?.key.worked, { "key/1": world.clock.now() });
});

Deno.test("without the store each instance finds out for itself, and keeps it", async () => {
  const world = createWorld();
  const one = world.instance();
  await world.ask(one);
  world.isDown = true;
  world.takes = { ...world.takes, key: "key/2" };
  assert.equal(await world.ask(one), 2);
  assert.equal(await world.ask(one), 1);
  assert.equal(await world.ask(one, true, true), -1, "what cannot be counted is not tried");
});

Deno.test("nor is what it found lost where the record is never again as it was read", async () => {
  const world = createWorld();
  const one = world.instance();
  await world.ask(one);
  world.isContended = true;
  world.takes = { ...world.takes, key: "key/2" };
  assert.equal(await world.ask(one), 2);
  assert.equal(await world.ask(one), 1);
});

Deno.test("what is no longer configured gives way to what works", async () => {
  const world = createWorld();
  await world.ask(world.instance());
  world.takes = { ...world.takes, key: "key/2" };
  const next = world.instance(["key/2", "key/3"]);
  await next.ready();
  await next.begin(CREDENTIALS).worked("request");
  assert.deepEqual(world.deeds, [{ kind: "key_changed", from: "key/1", to: "key/2" }]);
});

Deno.test("a relayed call does not write again and again of a key that it has no part in", async () => {
  const world = createWorld(KEYS, SECRETS);
  await world.ask(world.instance());
  const next = world.instance(["key/3"], SECRETS);
  await next.ready();
  Object.assign(world, { reads: 0, swaps: 0 });
  world.clock.advance(MINUTE);
  for (let calls = 0; calls < 10; calls++) next.sawWork(0);
  await next.drain();
  assert.deepEqual([world.reads, world.swaps, world.deeds], [1, 1, []]);
});

Deno.test("where only a key stands by, a client secret that is refused costs no look at the store", async () => {
  const world = createWorld();
  const one = world.instance();
  assert.equal(await one.begin(["secret"]).refused(), null);
  assert.equal(world.reads, 0);
});

Deno.test("a client secret has a name that does not hold it", () => {
  const secret = new Secret("fedcba9876543210fedcba9876543210");
  assert.match(secretName(secret), /^client_secret:[0-9a-f]{12}$/);
  assert.ok(!secret.reveal().includes(secretName(secret).split(":")[1]!));
});
