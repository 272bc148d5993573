/** Notices on their way: at least once, by one of all instances, for three days, whatever fails. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ContextId } from "../../src/domain/context_id.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { RETRY_PAUSES_MS, type WebhookAnswer } from "../../src/domain/webhook.ts";
import { createAnnounce } from "../../src/usecases/notices.ts";
import {
  createNoticeWorld,
  DELIVERED,
  FAILED,
  NEVER,
  type NoticeWorld,
  TIMEOUT_MS,
} from "../support/notice_world.ts";

const LOOK = 30_000;
const HOUR = 3_600_000;

function test(name: string, body: (world: NoticeWorld) => Promise<void>): void {
  Deno.test(name, async () => {
    const world = createNoticeWorld();
    try {
      await body(world);
    } finally {
      world.close();
    }
  });
}

const busy = (retryAfterMs: number): WebhookAnswer => ({
  kind: "answered",
  status: 429,
  retryAfterMs,
});

Deno.test("without a webhook nothing is announced; with one each notice has an id of its own", () => {
  const ids = ["a", "b"];
  const parts = { ids: { next: () => ids.shift()! }, clock: createNoticeWorldClock() };
  const tenant = ContextId.parse("Cust12345")!;
  const none = createAnnounce({ ...parts, isWanted: false });
  assert.equal(none("tenant.removed", tenant, {}), null);
  const announce = createAnnounce({ ...parts, isWanted: true });
  const at = Date.UTC(2026, 10, 28, 12);
  assert.deepEqual(announce("tenant.removed", tenant, { reason: "requested" }), {
    id: "msg_a",
    at,
    body: '{"type":"tenant.removed","timestamp":"2026-11-28T12:00:00.000Z",' +
      '"data":{"context_identifier":"Cust12345","reason":"requested"}}',
  });
  assert.equal(announce("tenant.removed", tenant, {})?.id, "msg_b");
});

function createNoticeWorldClock() {
  return { now: () => Date.UTC(2026, 10, 28, 12), sleep: () => Promise.resolve() };
}

test("a nudge sends what waits at once, and what is delivered is gone", async (world) => {
  const { clock, notices, attempts, log } = world;
  const delivery = world.deliverer();
  delivery.start();
  await clock.pass(0);
  const id = await world.announce();
  delivery.nudge();
  await clock.pass(0);
  assert.deepEqual(attempts, [{ id, at: clock.now() }]);
  assert.deepEqual(await notices.count(), { waiting: 0, buried: 0 });
  assert.deepEqual(log.lines, [{
    level: "debug",
    event: "webhook.delivered",
    fields: { id, type: "tenant.consented", context_identifier: "Cust1", attempts: 1 },
  }]);
  await clock.pass(3 * LOOK);
  assert.equal(attempts.length, 1);
  await delivery.stop();
});

test("without any nudge it is sent within half a minute", async (world) => {
  const delivery = world.deliverer();
  delivery.start();
  await world.clock.pass(1);
  await world.announce();
  await world.clock.pass(LOOK - 2);
  assert.equal(world.attempts.length, 0);
  await world.clock.pass(1);
  assert.equal(world.attempts.length, 1);
  await delivery.stop();
});

test("what was waiting when an instance starts is sent, four at a time", async (world) => {
  const ids = [];
  for (let count = 0; count < 11; count++) ids.push(await world.announce());
  const answers: ((answer: WebhookAnswer) => void)[] = [];
  world.script.answer = () => new Promise((resolve) => answers.push(resolve));
  const delivery = world.deliverer();
  delivery.start();
  const counts = [];
  for (let round = 0; round < 3; round++) {
    await world.clock.pass(0);
    counts.push(answers.length);
    for (const answer of answers.splice(0)) answer(DELIVERED);
  }
  await world.clock.pass(0);
  assert.deepEqual(counts, [4, 4, 3]);
  assert.deepEqual(new Set(world.attempts.map(({ id }) => id)), new Set(ids));
  assert.equal(world.attempts.length, 11);
  await delivery.stop();
});

test("what fails is sent again when its time comes, ten times, and then set aside", async (world) => {
  const { script, attempts, clock, notices } = world;
  script.answer = () => FAILED;
  const id = await world.announce();
  const delivery = world.deliverer();
  delivery.start();
  await clock.pass(0);
  for (const [failed, pause] of RETRY_PAUSES_MS.entries()) {
    assert.equal(attempts.length, failed + 1);
    await world.later(pause - 1);
    assert.equal(attempts.length, failed + 1, `${pause} ms are not over`);
    // The first one is waited for; the others are found by the next look.
    await clock.pass(pause < LOOK ? 1 : LOOK);
  }
  assert.deepEqual(attempts.map((attempt) => attempt.id), Array(10).fill(id));
  assert.deepEqual(await notices.count(), { waiting: 0, buried: 1 });
  const [buried] = await notices.buried(10);
  assert.deepEqual([buried?.id, buried?.attempts, buried?.error], [id, 10, "status_500"]);
  const failures = Array.from({ length: 9 }, (_, index) => ["warn", "webhook.failed", index + 1]);
  assert.deepEqual(
    world.log.lines.map(({ level, event, fields }) => [level, event, fields.attempts]),
    [...failures, ["error", "webhook.buried", 10]],
  );
  assert.equal(world.log.lines[0]?.fields.error, "status_500");
  await world.later(100 * HOUR);
  assert.equal(attempts.length, 10);
  await delivery.stop();
});

test("what was set aside is sent again when it is revived", async (world) => {
  world.script.answer = () => ({ kind: "answered", status: 410, retryAfterMs: null });
  const id = await world.announce();
  const delivery = world.deliverer();
  delivery.start();
  await world.clock.pass(0);
  assert.deepEqual((await world.notices.buried(1)).map(({ error }) => error), ["gone"]);
  assert.deepEqual(world.events(), ["webhook.buried"]);
  await world.later(LOOK);
  assert.equal(world.attempts.length, 1);
  world.script.answer = () => DELIVERED;
  assert.ok(await world.notices.revive(id, world.clock.now()));
  await world.later(LOOK);
  assert.deepEqual(world.attempts.map((attempt) => attempt.id), [id, id]);
  assert.deepEqual(await world.notices.count(), { waiting: 0, buried: 0 });
  await delivery.stop();
});

test("a busy receiver gets no notice at all until its pause is over, and then all", async (world) => {
  world.script.answer = () => busy(10 * 60_000);
  const first = await world.announce();
  const delivery = world.deliverer();
  delivery.start();
  await world.clock.pass(0);
  world.script.answer = () => DELIVERED;
  const second = await world.announce();
  delivery.nudge();
  await world.later(10 * 60_000 - 1);
  delivery.nudge();
  await world.clock.pass(0);
  assert.deepEqual(world.attempts.map(({ id }) => id), [first]);
  await world.clock.pass(LOOK);
  assert.deepEqual(
    world.attempts.map(({ id }) => id).toSorted(),
    [first, first, second].toSorted(),
  );
  assert.deepEqual(await world.notices.count(), { waiting: 0, buried: 0 });
  await delivery.stop();
});

test("three instances on one store deliver each notice once between them", async (world) => {
  const ids = [];
  for (let count = 0; count < 50; count++) ids.push(await world.announce());
  const instances = [world.deliverer(), world.deliverer(), world.deliverer()];
  for (const delivery of instances) delivery.start();
  for (let round = 0; round < 5; round++) {
    ids.push(await world.announce());
    for (const delivery of instances) delivery.nudge();
    await world.clock.pass(LOOK);
  }
  assert.deepEqual(world.attempts.map(({ id }) => id).toSorted(), ids.toSorted());
  await Promise.all(instances.map((delivery) => delivery.stop()));
});

test("stopping waits for what is being sent, and leaves the rest to the next instance", async (world) => {
  for (let count = 0; count < 6; count++) await world.announce();
  const answers: (() => void)[] = [];
  world.script.answer = () => new Promise((resolve) => answers.push(() => resolve(DELIVERED)));
  const delivery = world.deliverer();
  delivery.start();
  await world.clock.pass(0);
  let isStopped = false;
  const stopped = delivery.stop().then(() => isStopped = true);
  await world.clock.pass(0);
  assert.equal(isStopped, false);
  assert.equal(answers.length, 4);
  for (const answer of answers) answer();
  await stopped;
  assert.equal(world.clock.sleepers, 0);
  assert.deepEqual(await world.notices.count(), { waiting: 2, buried: 0 });
  world.script.answer = () => DELIVERED;
  const next = world.deliverer();
  next.start();
  await world.clock.pass(0);
  assert.equal(new Set(world.attempts.map(({ id }) => id)).size, 6);
  assert.equal(world.attempts.length, 6);
  await next.stop();
});

test("who stops while the store is asked sends nothing of what it gets", async (world) => {
  const id = await world.announce();
  const delivery = world.deliverer();
  world.script.fault = () => (void delivery.stop(), null);
  delivery.start();
  await delivery.stop();
  assert.equal(world.attempts.length, 0);
  world.script.fault = () => null;
  const next = world.deliverer();
  next.start();
  await world.clock.pass(2 * TIMEOUT_MS);
  assert.deepEqual(world.attempts.map((attempt) => attempt.id), [id]);
  await next.stop();
});

test("a nudge that comes while the store is asked is not forgotten", async (world) => {
  await world.announce();
  const delivery = world.deliverer();
  let asked = 0;
  world.script.fault = (verb) => {
    if (verb !== "take" || asked++ > 0) return null;
    delivery.nudge();
    return { error: new PartFault("store", "timeout"), isDone: false };
  };
  delivery.start();
  await world.clock.pass(0);
  assert.equal(world.attempts.length, 1);
  await delivery.stop();
});

test("what a process was sending when it was killed is sent by another, under its id", async (world) => {
  const id = await world.announce();
  world.script.answer = () => NEVER;
  const killed = world.deliverer();
  killed.start();
  await world.clock.pass(0);
  killed.kill();
  world.script.answer = () => DELIVERED;
  const other = world.deliverer();
  other.start();
  await world.later(2 * TIMEOUT_MS - 1);
  other.nudge();
  await world.clock.pass(0);
  assert.equal(world.attempts.length, 1, "it may still be under way");
  await world.clock.pass(LOOK);
  assert.deepEqual(world.attempts.map((attempt) => attempt.id), [id, id]);
  assert.deepEqual(await world.notices.count(), { waiting: 0, buried: 0 });
  await other.stop();
});

test("a store that is down is said once, and waited for", async (world) => {
  const id = await world.announce();
  const error = new PartFault("store", "timeout");
  world.script.fault = () => ({ error, isDone: false });
  const delivery = world.deliverer();
  delivery.start();
  await world.clock.pass(5 * LOOK);
  const line = { level: "warn", event: "webhook.store_fault", fields: { reason: "timeout" } };
  assert.deepEqual(world.log.lines, [line]);
  world.script.fault = () => null;
  await world.clock.pass(LOOK);
  assert.deepEqual(world.attempts.map((attempt) => attempt.id), [id]);
  world.script.fault = () => ({ error, isDone: false });
  await world.clock.pass(2 * LOOK);
  assert.deepEqual(world.events("warn"), ["webhook.store_fault", "webhook.store_fault"]);
  await delivery.stop();
});

test("a delivery that the store did not keep is made again, and one that it kept is not", async (world) => {
  for (const isDone of [false, true]) {
    const id = await world.announce();
    const error = new PartFault("store", "network");
    world.script.fault = (verb) => verb === "done" ? { error, isDone } : null;
    const delivery = world.deliverer();
    delivery.start();
    await world.clock.pass(0);
    world.script.fault = () => null;
    await world.later(2 * TIMEOUT_MS + LOOK);
    const mine = world.attempts.filter((attempt) => attempt.id === id);
    assert.equal(mine.length, isDone ? 1 : 2);
    assert.deepEqual(await world.notices.count(), { waiting: 0, buried: 0 });
    await delivery.stop();
  }
});

test("no line of the log says what was sent", async (world) => {
  const answers = [FAILED, DELIVERED, busy(1), { ...FAILED, status: 410 }];
  world.script.answer = () => answers.pop()!;
  for (let count = 0; count < 3; count++) await world.announce();
  const delivery = world.deliverer();
  delivery.start();
  await world.clock.pass(2 * LOOK);
  assert.equal(new Set(world.events()).size, 3);
  assert.ok(!JSON.stringify(world.log.lines).includes("Marked"));
  await delivery.stop();
});

/** One step of a history: so many notices, an end for the instance perhaps, and then time. */
const STEP = fc.record({
  announced: fc.nat({ max: 3 }),
  end: fc.constantFrom(null, null, "kill" as const, "stop" as const),
  ms: fc.oneof(fc.integer({ min: 1, max: HOUR }), fc.integer({ min: HOUR, max: 30 * HOUR })),
});
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

const ANSWER = fc.constantFrom<WebhookAnswer | "never">(
  DELIVERED,
  FAILED,
  { kind: "failed", reason: "timeout" },
  { kind: "failed", reason: "network" },
  busy(HOUR),
  { kind: "answered", status: 302, retryAfterMs: null },
  "never",
);
const FAULT = fc.constantFrom(null, null, null, { isDone: true }, { isDone: false });

Deno.test("whatever fails in whatever order, no notice is lost: it is delivered or set aside", async () => {
  let delivered = 0;
  let again = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(STEP, { minLength: 2, maxLength: 8 }),
      fc.infiniteStream(ANSWER),
      fc.infiniteStream(FAULT),
      async (steps, answers, faults) => {
        const world = createNoticeWorld();
        try {
          const got = await liveThrough(world, steps, answers, faults);
          delivered += got.delivered;
          again += got.again;
        } finally {
          world.close();
        }
      },
    ),
    { seed: 7, numRuns: 12 },
  );
  assert.ok(delivered > 50 && again > 25, `${delivered} delivered, ${again} after a failure`);
});

async function liveThrough(
  world: NoticeWorld,
  steps: readonly Step[],
  answers: fc.Stream<WebhookAnswer | "never">,
  faults: fc.Stream<{ readonly isDone: boolean } | null>,
) {
  const { script, attempts, notices } = world;
  const ids: string[] = [];
  const came = new Set<string>();
  const error = new PartFault("store", "timeout");
  script.answer = ({ id }) => {
    const answer = answers.next().value;
    if (answer === DELIVERED) came.add(id);
    return answer === "never" ? NEVER : answer;
  };
  script.fault = () => {
    const fault = faults.next().value;
    return fault === null ? null : { error, ...fault };
  };
  let delivery = world.deliverer();
  delivery.start();
  for (const { announced, end, ms } of steps) {
    for (let count = 0; count < announced; count++) ids.push(await world.announce());
    delivery.nudge();
    await world.clock.pass(0);
    if (end === "kill") delivery.kill();
    if (end === "stop") void delivery.stop();
    if (end !== null) {
      delivery = world.deliverer();
      delivery.start();
    }
    await world.later(ms);
  }
  script.answer = ({ id }) => (came.add(id), DELIVERED);
  script.fault = () => null;
  const last = world.deliverer();
  last.start();
  await world.clock.pass(0);
  await world.later(30 * HOUR);
  await last.stop();
  assert.equal((await notices.count()).waiting, 0);
  const buried = new Set((await notices.buried(100)).map(({ id }) => id));
  assert.deepEqual(ids.filter((id) => !came.has(id) && !buried.has(id)), []);
  for (const id of buried) {
    assert.ok(attempts.filter((attempt) => attempt.id === id).length >= 10);
  }
  return {
    delivered: came.size,
    again: ids.filter((id) => attempts.filter((attempt) => attempt.id === id).length > 1).length,
  };
}
