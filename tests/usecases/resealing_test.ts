/** How fast values are sealed anew and looked at, and what becomes of a store that is busy. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { lookThrough, reseal } from "../../src/usecases/resealing.ts";
import { assertReason } from "../adapters/storage/samples.ts";
import { createTestClock } from "../support/service.ts";

Deno.test("no more than so many values a second are sealed anew", async () => {
  const clock = createTestClock();
  const slept: number[] = [];
  const step = { resealed: 50, passed: 0, unreadable: [], looked: 50 };
  let steps = 0;
  await reseal({
    store: {
      keyIds: ["k"],
      count: () => Promise.resolve([]),
      look: () => assert.fail(),
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

Deno.test("what is only read counts a tenth, and a page of nothing as one value", async () => {
  const clock = createTestClock();
  const begun = clock.now();
  const pages = [50, 50, 0];
  const next = (at: string | null) => Number(at ?? 0) < 2 ? String(Number(at ?? 0) + 1) : null;
  const options = {
    store: {
      keyIds: ["k"],
      count: () => Promise.resolve([]),
      step: (_: unknown, after: string | null) =>
        Promise.resolve({
          next: next(after),
          resealed: 0,
          passed: 0,
          unreadable: [],
          looked: pages[Number(after ?? 0)]!,
        }),
      look: (_: unknown, after: string | null) =>
        Promise.resolve({
          next: next(after),
          looked: pages[Number(after ?? 0)]!,
          counts: [],
          unreadable: [],
        }),
    },
    clock: { ...clock, sleep: (ms: number) => Promise.resolve(clock.advance(ms)) },
    perSecond: 10,
  };
  await reseal(options);
  // Three kinds of fifty, fifty and one at a tenth of ten a second.
  assert.equal(Math.round(clock.now() - begun), 3030);
  await lookThrough(options);
  assert.equal(Math.round(clock.now() - begun), 6060);
});

Deno.test("a store that is busy for a while is waited for, one that stays so is a fault", async () => {
  let faults = 4;
  const store = {
    keyIds: ["k"],
    count: () => Promise.resolve([]),
    look: () => assert.fail(),
    step: () => {
      if (faults-- > 0) return Promise.reject(new PartFault("store", "busy"));
      return Promise.resolve({ next: null, resealed: 1, passed: 0, unreadable: [], looked: 1 });
    },
  };
  const clock = createTestClock();
  assert.equal((await reseal({ store, clock, perSecond: 1 })).resealed, 3);
  faults = 5;
  await assert.rejects(reseal({ store, clock, perSecond: 1 }), assertReason("busy"));
});
