/** What all instances let through, as Upstash counts it: by the rule that each counts by. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { type Rate, UNUSED, type Usage, use } from "../../../src/domain/rate.ts";
import { requires } from "../../support/requirement.ts";
import { openUpstash, withBridge } from "./backends.ts";

const RATE: Rate = { count: 60, periodMs: 60_000 };
const NOW = Date.UTC(2026, 10, 22, 12);

Deno.test({
  name: "usage in Upstash is what one instance alone would have counted",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const { usage, close } = openUpstash(bridge);
      const steps = fc.array(fc.tuple(fc.nat(30_000), fc.integer({ min: 1, max: 40 })), {
        maxLength: 12,
      });
      let names = 0;
      await fc.assert(
        fc.asyncProperty(steps, fc.integer({ min: 1, max: 5000 }), async (taken, count) => {
          const rate = { count, periodMs: 60_000 };
          const name = `caller:${++names}`;
          let own: Usage = UNUSED;
          let now = NOW;
          for (const [pause, uses] of taken) {
            now += pause;
            const all = await usage!.add(name, rate, uses, now);
            for (let each = 0; each < uses; each++) own = use(rate, own, now).usage;
            // Where not all of them had passed here, the store says that the limit is reached.
            const room = rate.periodMs * (rate.count - 1);
            assert.ok(all === own.used || (own.used > room && all > room), `${all}, ${own.used}`);
            own = { at: now, used: all };
          }
        }),
        { numRuns: 40 },
      );
      close();
    }),
});

Deno.test({
  name: "clocks that differ give nothing back twice, and one that was far ahead blocks nobody",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const { usage, close } = openUpstash(bridge);
      const add = (now: number, uses = 1) => usage!.add("caller:a", RATE, uses, now);
      assert.equal(await add(NOW, 60), 60 * 60_000);
      for (let turn = 0; turn < 5; turn++) {
        assert.equal(await add(NOW + 2000), (turn === 0 ? 59 : 60) * 60_000);
        assert.equal(await add(NOW), 60 * 60_000);
      }
      assert.equal(await usage!.add("caller:b", RATE, 60, NOW + 3_600_000), 60 * 60_000);
      await usage!.add("caller:b", RATE, 1, NOW);
      assert.equal(await usage!.add("caller:b", RATE, 1, NOW + 30_000), 31 * 60_000);
      close();
    }),
});

Deno.test({
  name: "usage forgets itself when it is empty, and goes over what is none",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const { usage, close } = openUpstash(bridge, { prefix: "p", owner: "o" });
      assert.equal(await usage!.add("tenant:Cust1", RATE, 2, NOW), 2 * 60_000);
      const [key] = await bridge.redis.keys("*");
      assert.equal(key, "p.o:usage:{tenant:Cust1}");
      const life = await bridge.redis.pttl(key!);
      assert.ok(life > 60_000 && life <= 120_000, `${life}`);
      for (const garbage of ["", "x", "1", "{}", "-1 2", "9 9 9"]) {
        await bridge.redis.set(key!, garbage);
        assert.equal(await usage!.add("tenant:Cust1", RATE, 1, NOW), 60_000, garbage);
      }
      close();
    }),
});
