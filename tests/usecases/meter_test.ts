/** One thing that has a limit: when the others are told, what is made of news, and of a clock set back. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { createMeter, type Reading } from "../../src/usecases/meter.ts";
import { createMemoryLog, createTestClock } from "../support/service.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A meter whose store answers when a test says so. @param count uses in a minute */
function createMetering(count: number) {
  const clock = createTestClock();
  const told: { answer(used: number): void; fail(): void }[] = [];
  const followed: Promise<void>[] = [];
  const meter = createMeter({
    name: "caller:sync",
    rate: { count, periodMs: MINUTE },
    store: {
      add: () => {
        const { promise, resolve, reject } = Promise.withResolvers<number>();
        told.push({ answer: resolve, fail: () => reject(new PartFault("store", "network")) });
        return promise;
      },
    },
    clock,
    log: createMemoryLog(),
    follow: (telling) => void followed.push(telling),
  });
  return {
    clock,
    told,
    take: () => meter.take(),
    /** @throws if news is waited for */
    takeAtOnce(times = 1): Reading {
      let reading = meter.take();
      for (let more = 1; more < times; more++) reading = meter.take();
      assert.ok(!(reading instanceof Promise), "news is waited for");
      return reading;
    },
    /** The last telling is answered, and heard. */
    async hear(used: number): Promise<void> {
      told.at(-1)!.answer(used);
      await followed.at(-1);
    },
    async fail(): Promise<void> {
      told.at(-1)!.fail();
      await followed.at(-1);
    },
  };
}

Deno.test("what is less than a hundredth of the limit is told once a second", async () => {
  const { clock, takeAtOnce, hear, told } = createMetering(1000);
  takeAtOnce();
  await hear(MINUTE);
  takeAtOnce();
  clock.advance(999);
  takeAtOnce();
  assert.equal(told.length, 1);
  clock.advance(1);
  takeAtOnce();
  assert.equal(told.length, 2);
});

Deno.test("a clock that is set back does not end the telling, however the last one went", async () => {
  for (const end of ["hear", "fail"] as const) {
    const metering = createMetering(1000);
    metering.takeAtOnce();
    await metering[end](MINUTE);
    metering.clock.advance(-HOUR);
    metering.takeAtOnce();
    assert.equal(metering.told.length, 2, end);
  }
});

Deno.test("news that comes late is as old as its question", async () => {
  const { clock, takeAtOnce, hear } = createMetering(60);
  takeAtOnce();
  clock.advance(MINUTE / 2);
  // All of the limit was used up then, so half of it is back now.
  await hear(60 * MINUTE);
  const { waitMs, left } = takeAtOnce();
  assert.deepEqual([waitMs, left], [0, 29]);
});

Deno.test("whatever the others and this instance let through, nobody waits for more than one to come back", async () => {
  const { takeAtOnce, hear } = createMetering(60);
  takeAtOnce(30);
  await hear(60 * MINUTE);
  assert.equal(takeAtOnce().waitMs, 1000);
});

Deno.test("a store that fails at once, and not by its promise, is told again a second later", async () => {
  const clock = createTestClock();
  let calls = 0;
  const meter = createMeter({
    name: "caller:sync",
    rate: { count: 60, periodMs: MINUTE },
    store: {
      add: () => {
        calls++;
        throw new PartFault("store", "breaker_open");
      },
    },
    clock,
    log: createMemoryLog(),
    follow: () => {},
  });
  for (const expected of [1, 2, 3]) {
    await meter.take();
    assert.equal(calls, expected);
    clock.advance(1000);
  }
});

Deno.test("after news that were late nobody waits for ten seconds, or until the clock is set back", async () => {
  const late = async () => {
    const metering = createMetering(20);
    metering.takeAtOnce();
    // All of so small a limit is close to it. The test's clock ends every patience at the next turn.
    assert.equal((await metering.take()).waitMs, 0);
    await metering.hear(0);
    return metering;
  };
  for (const [ms, isWaitedFor] of [[9_999, false], [10_000, true], [-HOUR, true]] as const) {
    const { clock, take, takeAtOnce, hear, told } = await late();
    clock.advance(ms);
    takeAtOnce();
    assert.equal(told.length, 2);
    const reading = take();
    assert.equal(reading instanceof Promise, isWaitedFor, `${ms}`);
    await hear(0);
    await reading;
    await clock.sleep(0);
  }
});
