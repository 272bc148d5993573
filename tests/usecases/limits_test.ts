/** Limits of requests: from memory, told to the others behind answers, whatever the store does. */

import assert from "node:assert/strict";
import type { Caller } from "../../src/domain/caller.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { type Rate, UNUSED, use } from "../../src/domain/rate.ts";
import { createLimits } from "../../src/usecases/limits.ts";
import type { UsageStore } from "../../src/usecases/ports.ts";
import { createMemoryLog, createTestClock } from "../support/service.ts";

const CALLER: Caller = { id: "sync", tenants: new Set(["*"]), permissions: new Set(["ticket"]) };
const OTHER: Caller = { ...CALLER, id: "free" };
const MINUTE = 60_000;
const tenantOf = (number: number) => ContextId.parse(`Cust${number}`)!;

interface Shared extends UsageStore {
  /** Uses counted, by name. */
  readonly counted: Map<string, number>;
  fault: "none" | "down" | "silent";
}

/** A store of usage that follows the rule of its port. */
function createShared(): Shared {
  const usages = new Map<string, { at: number; used: number }>();
  const shared: Shared = {
    counted: new Map(),
    fault: "none",
    async add(name: string, rate: Rate, uses: number, now: number) {
      await Promise.resolve();
      if (shared.fault === "down") throw new PartFault("store", "network");
      if (shared.fault === "silent") await new Promise(() => {});
      shared.counted.set(name, (shared.counted.get(name) ?? 0) + uses);
      let usage = usages.get(name) ?? UNUSED;
      for (let count = 0; count < uses; count++) usage = use(rate, usage, now).usage;
      usages.set(name, usage);
      return usage.used;
    },
  };
  return shared;
}

/** What is told to a store at hand has been heard. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function limitsOf(
  clock: ReturnType<typeof createTestClock>,
  more: Partial<Parameters<typeof createLimits>[0]> = {},
) {
  const log = createMemoryLog();
  const limits = createLimits({
    callersPerMinute: new Map([["sync", 60]]),
    tenantsPerMinute: null,
    store: null,
    clock,
    log,
    maxTenants: 3,
    ...more,
  });
  /** @returns how many of so many requests are let through, each told to the store at once */
  const ask = async (count: number, caller = CALLER): Promise<number> => {
    let passed = 0;
    for (let request = 0; request < count; request++) {
      if ((await limits.ofCaller(caller))?.waitMs === 0) passed++;
      await settled();
    }
    return passed;
  };
  return { limits, ask, log };
}

Deno.test("a caller may ask as often as its entry says, and as often again, evenly, in a minute", async () => {
  const clock = createTestClock();
  const { limits, ask } = limitsOf(clock);
  assert.equal(await ask(61), 60);
  const refused = (await limits.ofCaller(CALLER))!;
  assert.deepEqual([refused.left, refused.waitMs, refused.fullInMs], [0, 1000, MINUTE]);
  clock.advance(1000);
  assert.equal(await ask(2), 1);
  clock.advance(MINUTE);
  assert.equal(await ask(61), 60);
  assert.equal(limits.ofCaller(OTHER), null);
});

Deno.test("tenants are counted for all callers together, and only so many are remembered", async () => {
  const { limits } = limitsOf(createTestClock(), { tenantsPerMinute: 2 });
  const waits = (...numbers: number[]) =>
    Promise.all(
      numbers.map(async (number) => (await limits.ofTenant(tenantOf(number)))!.waitMs > 0),
    );
  assert.deepEqual(await waits(1, 1, 1, 2), [false, false, true, false]);
  // Two more make the memory full; the one that was asked for longest ago is forgotten.
  assert.deepEqual(await waits(3, 1, 4, 1), [false, true, false, true]);
  assert.deepEqual(await waits(2, 2), [false, false]);
});

Deno.test("instances that share a store let through what one would, and no more", async () => {
  const clock = createTestClock();
  const store = createShared();
  const instances = [1, 2, 3].map(() => limitsOf(clock, { store }));
  let passed = 0;
  for (let round = 0; round < 60; round++) {
    for (const { ask } of instances) passed += await ask(1);
  }
  // Each may let one through before it hears of the others.
  assert.ok(passed >= 60 && passed <= 62, `${passed}`);
  clock.advance(MINUTE / 2);
  passed = 0;
  for (let round = 0; round < 30; round++) {
    for (const { ask } of instances) passed += await ask(1);
  }
  assert.ok(passed >= 28 && passed <= 33, `${passed}`);
  await Promise.all(instances.map(({ limits }) => limits.drain()));
});

Deno.test("a store that is gone or silent opens no door and closes none", async () => {
  for (const fault of ["down", "silent"] as const) {
    const clock = createTestClock();
    const store = createShared();
    store.fault = fault;
    const { ask, log } = limitsOf(clock, { store });
    assert.equal(await ask(70), 60, fault);
    clock.advance(MINUTE);
    assert.equal(await ask(70), 60, fault);
    assert.deepEqual(log.lines.filter(({ level }) => level === "error"), []);
  }
});

Deno.test("what was let through while nothing was shared is told later, and nobody pays for it twice", async () => {
  const clock = createTestClock();
  const store = createShared();
  const first = limitsOf(clock, { store });
  const second = limitsOf(clock, { store });
  store.fault = "down";
  for (let minute = 0; minute < 5; minute++) {
    assert.equal(await first.ask(61), 60);
    assert.equal(await second.ask(61), 60);
    clock.advance(MINUTE);
  }
  store.fault = "none";
  assert.ok(await first.ask(1) === 1);
  assert.equal(store.counted.get("caller:sync"), 1, "what is back concerns nobody");
  const passed = 1 + await first.ask(60) + await second.ask(60);
  assert.ok(passed >= 60 && passed <= 61, `${passed}`);
});

Deno.test("a busy caller is told of in hundredths of its limit, not one by one", async () => {
  const clock = createTestClock();
  const store = createShared();
  let calls = 0;
  const counting: UsageStore = {
    add: (...args) => {
      calls++;
      return store.add(...args);
    },
  };
  const callersPerMinute = new Map([["sync", 1000]]);
  const { ask } = limitsOf(clock, { store: counting, callersPerMinute });
  assert.equal(await ask(1000), 1000);
  assert.ok(calls <= 101, `${calls} calls`);
  assert.ok(store.counted.get("caller:sync")! > 990);
});

Deno.test("what could not be told is told within the minute, and a store in trouble is asked once a second", async () => {
  const clock = createTestClock();
  const store = createShared();
  let calls = 0;
  const counting: UsageStore = { add: (...args) => (calls++, store.add(...args)) };
  const { ask } = limitsOf(clock, { store: counting });
  store.fault = "down";
  assert.equal(await ask(10), 10);
  assert.equal(calls, 1);
  clock.advance(1000);
  assert.equal(await ask(1), 1);
  assert.equal(calls, 2);
  clock.advance(1000);
  store.fault = "none";
  assert.equal(await ask(1), 1);
  assert.equal(calls, 3);
  // Of twelve two are back by now.
  assert.equal(store.counted.get("caller:sync"), 10);
});

Deno.test("what is being told is waited for by whoever drains", async () => {
  const answer = Promise.withResolvers<number>();
  const { limits } = limitsOf(createTestClock(), { store: { add: () => answer.promise } });
  await limits.ofCaller(CALLER);
  let isDrained = false;
  const draining = limits.drain().then(() => isDrained = true);
  await settled();
  assert.equal(isDrained, false);
  answer.resolve(0);
  await draining;
});

Deno.test("a store that forgets everything gives nobody more than its own instance would", async () => {
  const forgetful: UsageStore = { add: () => Promise.resolve(0) };
  const { ask } = limitsOf(createTestClock(), { store: forgetful });
  assert.equal(await ask(100), 60);
});
