import assert from "node:assert/strict";
import {
  createBreaker,
  createGuard,
  guardPort,
  isPass,
  type Pass,
} from "../../src/usecases/breaker.ts";
import { createMemoryLog, createTestClock } from "../support/service.ts";

const OPEN_MS = 5000;

function setUp(faults = 3) {
  const clock = createTestClock();
  const log = createMemoryLog();
  const breaker = createBreaker({ part: "store", clock, log, faults, openMs: OPEN_MS });
  const enter = (about?: string): Pass => {
    const pass = breaker.enter(about);
    assert.ok(isPass(pass), "there is no way through");
    return pass;
  };
  const wait = (): number => {
    const answer = breaker.enter();
    assert.ok(!isPass(answer), "there is a way through");
    assert.equal(answer.waitMs, breaker.waitMs());
    return answer.waitMs;
  };
  const fail = (times: number) => {
    for (let count = 0; count < times; count++) enter().failed();
  };
  const events = () => log.lines.map((line) => line.event);
  return { clock, log, breaker, enter, wait, fail, events };
}

Deno.test("so many faults in a row open it, and then nothing passes for the time that is told", () => {
  const { clock, wait, fail, enter } = setUp();
  fail(3);
  assert.equal(wait(), OPEN_MS);
  clock.advance(1234);
  assert.equal(wait(), OPEN_MS - 1234);
  clock.advance(OPEN_MS - 1235);
  assert.equal(wait(), 1);
  clock.advance(1);
  enter();
});

Deno.test("one success among the faults begins the count anew", () => {
  const { enter, fail, wait } = setUp();
  fail(2);
  enter().succeeded();
  fail(2);
  enter().unused();
  fail(1);
  assert.equal(wait(), OPEN_MS);
});

Deno.test("exactly one call is the probe, and the others are told to come again in a second", () => {
  const { clock, enter, fail, wait } = setUp();
  fail(3);
  clock.advance(OPEN_MS);
  const probe = enter();
  assert.equal(wait(), 1000);
  clock.advance(60_000);
  assert.equal(wait(), 1000, "a slow probe is still the only one");
  probe.succeeded();
  enter().succeeded();
});

Deno.test("a probe that fails keeps it open for as long again, one that succeeds closes it", () => {
  const { clock, enter, fail, wait, events } = setUp();
  fail(3);
  for (let count = 0; count < 4; count++) {
    clock.advance(OPEN_MS);
    enter().failed();
    assert.equal(wait(), OPEN_MS);
  }
  clock.advance(OPEN_MS);
  enter().succeeded();
  fail(2);
  enter().succeeded();
  assert.deepEqual(events(), ["breaker.opened", "breaker.closed"]);
});

Deno.test("a probe that was not made leaves the way to the next one", () => {
  const { clock, enter, fail } = setUp();
  fail(3);
  clock.advance(OPEN_MS);
  enter().unused();
  enter().succeeded();
  enter();
});

Deno.test("calls that began before it opened neither close it nor keep it open", () => {
  const { clock, enter, fail, wait, breaker } = setUp();
  const [good, bad] = [enter(), enter()];
  fail(3);
  good.succeeded();
  assert.equal(wait(), OPEN_MS);
  clock.advance(OPEN_MS - 1);
  bad.failed();
  clock.advance(1);
  const probe = enter();
  assert.equal(breaker.waitMs(), 1000);
  probe.succeeded();
  assert.equal(breaker.waitMs(), 0);
});

Deno.test("a pass is settled once", () => {
  const { enter, fail, breaker } = setUp();
  fail(2);
  const pass = enter();
  pass.unused();
  pass.failed();
  assert.equal(breaker.waitMs(), 0);
});

Deno.test("faults about one tenant are that tenant's, faults about two are the part's", () => {
  const { enter, wait, breaker } = setUp();
  for (let count = 0; count < 10; count++) enter("Cust1").failed();
  assert.equal(breaker.waitMs(), 0);
  enter("Cust2").failed();
  assert.equal(wait(), OPEN_MS);
});

Deno.test("a clock that is set back does not keep it open", () => {
  const { clock, enter, fail } = setUp();
  fail(3);
  clock.advance(-1_200_000);
  enter().succeeded();
});

Deno.test("log lines name the part, one when it opens and one when it closes", () => {
  const { clock, log, enter, fail } = setUp();
  fail(3);
  clock.advance(OPEN_MS);
  enter().succeeded();
  assert.deepEqual(log.lines, [
    { level: "warn", event: "breaker.opened", fields: { part: "store", faults: 3 } },
    { level: "info", event: "breaker.closed", fields: { part: "store" } },
  ]);
});

Deno.test("a guarded port fails at once while it is open, and only its own faults open it", async () => {
  const { breaker, clock } = setUp();
  let asked = 0;
  let broken: Error | null = new Error("fault");
  const port = guardPort(
    {
      read(name: string, times: number) {
        asked++;
        return broken === null ? Promise.resolve(name.repeat(times)) : Promise.reject(broken);
      },
    },
    createGuard(breaker, {
      isFault: (error) => error instanceof Error && error.message === "fault",
      refused: (waitMs) => new Error(`open for ${waitMs}`),
    }),
  );
  for (let count = 0; count < 3; count++) await assert.rejects(port.read("a", 1), /^Error: fault$/);
  await assert.rejects(port.read("a", 1), /^Error: open for 5000$/);
  assert.equal(asked, 3);
  clock.advance(OPEN_MS);
  broken = new Error("no");
  await assert.rejects(port.read("a", 1), /^Error: no$/);
  broken = null;
  assert.equal(await port.read("ab", 2), "abab");
});
