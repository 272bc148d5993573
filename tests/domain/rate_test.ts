import assert from "node:assert/strict";
import fc from "fast-check";
import { type Rate, UNUSED, use } from "../../src/domain/rate.ts";

const MINUTE = 60_000;
const SIXTY: Rate = { count: 60, periodMs: 60 * MINUTE };

/** @returns what each of the instants was answered */
function waits(rate: Rate, instants: readonly number[]): number[] {
  let usage = UNUSED;
  return instants.map((now) => {
    const answer = use(rate, usage, now);
    usage = answer.usage;
    return answer.waitMs;
  });
}

const times = (count: number, now: number) => Array.from({ length: count }, () => now);

Deno.test("as many as the rate says may happen at once, and not one more", () => {
  assert.deepEqual(waits(SIXTY, times(61, 1e12)), [...times(60, 0), MINUTE]);
});

Deno.test("what was used comes back evenly, at the very instant that was told", () => {
  const after = (ms: number) => waits(SIXTY, [...times(60, 1e12), 1e12 + ms]).at(-1);
  assert.equal(after(1), MINUTE - 1);
  assert.equal(after(MINUTE - 1), 1);
  assert.equal(after(MINUTE), 0);
  assert.deepEqual(
    waits(SIXTY, [...times(60, 1e12), ...times(61, 1e12 + 60 * MINUTE)]).slice(60),
    [...times(60, 0), MINUTE],
  );
});

Deno.test("to be refused uses nothing up", () => {
  const instants = [...times(60, 1e12), ...times(1000, 1e12 + MINUTE - 1), 1e12 + MINUTE];
  assert.equal(waits(SIXTY, instants).at(-1), 0);
});

Deno.test("a clock that is set back gives nothing back and makes nobody wait for it", () => {
  const back = 1e12 - 20 * MINUTE;
  const [refused, later] = waits(SIXTY, [...times(60, 1e12), back, back + MINUTE]).slice(60);
  assert.deepEqual([refused, later], [MINUTE, 0]);
});

Deno.test("whatever the instants: never more than what is there, and every told wait is true", () => {
  const rates = fc.record({
    count: fc.integer({ min: 1, max: 1000 }),
    periodMs: fc.constantFrom(1000, MINUTE, 60 * MINUTE),
  });
  const pauses = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 });
  fc.assert(
    fc.property(rates, pauses, (rate, steps) => {
      const begun = 1_700_000_000_000;
      let [now, usage, done] = [begun, UNUSED, 0];
      for (const step of steps) {
        now += step;
        const answer = use(rate, usage, now);
        usage = answer.usage;
        if (answer.waitMs === 0) done++;
        else {
          assert.ok(use(rate, usage, now + answer.waitMs - 1).waitMs > 0);
          assert.equal(use(rate, usage, now + answer.waitMs).waitMs, 0);
        }
        assert.ok(done <= rate.count * (1 + (now - begun) / rate.periodMs));
      }
    }),
    { seed: 4, numRuns: 200 },
  );
});
