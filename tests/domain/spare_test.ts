/** What is left of a rate. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { spare, UNUSED, use } from "../../src/domain/rate.ts";

Deno.test("what is left at once is what can be used at once, at any moment", () => {
  const rate = { count: 7, periodMs: 60_000 };
  fc.assert(fc.property(fc.array(fc.nat(20_000), { maxLength: 30 }), (pauses) => {
    let usage = UNUSED;
    let now = 1e12;
    for (const pause of pauses) {
      now += pause;
      const { left } = spare(rate, usage, now);
      let passed = 0;
      for (let probe = usage; passed <= rate.count; passed++) {
        const step = use(rate, probe, now);
        if (step.waitMs > 0) break;
        probe = step.usage;
      }
      assert.equal(left, passed);
      ({ usage } = use(rate, usage, now));
    }
  }));
});

Deno.test("all of it is back at the instant that was told, and not before", () => {
  const rate = { count: 60, periodMs: 60_000 };
  let usage = UNUSED;
  for (let count = 0; count < 5; count++) ({ usage } = use(rate, usage, 1e12));
  const { left, fullInMs } = spare(rate, usage, 1e12);
  assert.deepEqual([left, fullInMs], [55, 5000]);
  assert.equal(spare(rate, usage, 1e12 + fullInMs).left, 60);
  assert.equal(spare(rate, usage, 1e12 + fullInMs - 1).left, 59);
});
