/** What a soak and the estimate of capacity are made of: chance, faults, judgement, and a small month. */

import assert from "node:assert/strict";
import { createEstimate } from "../bench/capacity/estimate.ts";
import { callsOf } from "../bench/capacity/month.ts";
import { upstashMoney } from "../bench/capacity/prices.ts";
import { measurePorts } from "../bench/capacity/upstash.ts";
import { faultsOf, planOf } from "../bench/soak/faults.ts";
import { readOptions } from "../bench/soak/options.ts";
import { createChance } from "../bench/soak/random.ts";
import { grownBetween, growthOf, type Sample } from "../bench/soak/samples.ts";
import { requires } from "./support/requirement.ts";

const namesOf = (seed: number) =>
  planOf(createChance(seed), faultsOf([]), 600_000).map(({ fault, lastsMs }) =>
    `${fault.name} ${lastsMs}`
  );

Deno.test("a seed repeats what fails and when, another one does not", () => {
  assert.deepEqual(namesOf(7), namesOf(7));
  assert.notDeepEqual(namesOf(7), namesOf(8));
});

Deno.test("ten minutes hold every fault of the table, tenants that are refused once, and first", () => {
  const all = faultsOf([]).map(({ name }) => name);
  const planned = planOf(createChance(1), faultsOf([]), 600_000).map(({ fault }) => fault.name);
  assert.deepEqual(all.filter((name) => !planned.includes(name)), []);
  assert.equal(planned.lastIndexOf("SuperOffice: refuses the tenant"), 0);
});

Deno.test("a plan is over when its time is", () => {
  const plan = planOf(createChance(3), faultsOf([]), 60_000);
  const total = plan.reduce((sum, { calmMs, lastsMs }) => sum + calmMs + lastsMs, 0);
  assert.ok(plan.length > 4 && total <= 60_000, String(total));
});

const SAMPLE: Sample = { resident: 100, heap: 10, timers: 2, sockets: 7, files: 24 };

Deno.test("memory grows by what the last third has more than the first", () => {
  const samples = [100, 100, 100, 500, 500, 500, 104, 106, 108].map((resident) => ({
    ...SAMPLE,
    resident,
  }));
  const { first, last, part } = growthOf(samples, "resident");
  assert.deepEqual([first, last, part.toFixed(2)], [100, 106, "0.06"]);
  assert.throws(() => growthOf(samples.slice(0, 2), "heap"), /too few samples/);
});

Deno.test("one timer, socket or file more than before is told; fewer are not", () => {
  for (const  of of["timers", "sockets", "files"] as const) {
    const more = { ...SAMPLE, [of]: SAMPLE[of] + 1 };
    assert.deepEqual(grownBetween(SAMPLE, more), [`${of} ${SAMPLE[of]} to ${more[of]}`]);
    assert.deepEqual(grownBetween(more, SAMPLE), []);
  }
});

Deno.test("a soak's command line is understood or refused", () => {
  const { seconds, tenants, processes } = readOptions([]);
  assert.deepEqual([seconds, tenants, processes], [600, 500, 3]);
  assert.equal(readOptions(["--seed", "5", "--plant", "timers"]).seed, 5);
  for (const wrong of [["--seed", "x"], ["--seconds", "0"], ["--plant", "rose"], ["--else", "1"]]) {
    assert.throws(() => readOptions(wrong), /^Error: Cannot soak: /, wrong.join(" "));
  }
});

Deno.test("of ten tenants two are called at night, five on workdays, three five times a day", () => {
  const counts = Array.from({ length: 10 }, (_, place) => callsOf(place, 7).length);
  assert.deepEqual(counts, [2016, 2016, 270, 270, 270, 270, 270, 35, 35, 35]);
});

Deno.test("Upstash bills commands, what is stored, and traffic beyond what is free", () => {
  assert.equal(upstashMoney(1_000_000, 200e9, 0), 2);
  assert.equal(upstashMoney(0, 300e9, 4e9), 4);
});

Deno.test({
  name: "a small month: one exchange a signature, three entries each, far fewer than calls",
  ...requires("redis-server"),
  async fn() {
    const small = { tenants: 10, days: 1 };
    const costs = await measurePorts({ ...small, processes: 2, memory: 5 });
    const estimate = createEstimate(small, costs);
    const of = (tenants: number) => estimate({ tenants, processes: 2, isRouted: false });
    const [some, more, most] = [await of(10), await of(100), await of(100_000)];
    for (const month of [some, more, most]) {
      assert.equal(month.exchanges, month.signatures);
      assert.equal(Math.round(month.ledgerEntries), Math.round(3 * month.signatures));
      assert.ok(month.signatures < month.calls / 20);
      assert.equal(month.naive.signatures, month.calls);
    }
    assert.equal(Math.round(more.signatures), Math.round(10 * some.signatures));
    // Two processes ask for news as often, whatever the number of tenants.
    assert.ok(more.commands < 10 * some.commands);
    assert.ok(some.fromMemory > 0.9 && most.fromMemory < some.fromMemory);
  },
});
