import assert from "node:assert/strict";
import { createRemembered, type Remembered } from "../../../src/adapters/outbound/remembered.ts";

/** A source that can fail, and how often it was asked. */
function sourceOf() {
  const source = { now: 0, loads: 0, isDown: false };
  const remembered = createRemembered({
    load: async () => {
      const count = ++source.loads;
      await Promise.resolve();
      if (source.isDown) throw new Error(`down ${count}`);
      return count;
    },
    freshMs: 100,
    staleMs: 10_000,
    pauseMs: 3000,
    retryMs: 1000,
    now: () => source.now,
  });
  return { source, remembered };
}

const ask = async (remembered: Remembered<number>, times: number) => {
  for (let count = 0; count < times; count++) {
    await remembered.get().catch(() => {});
  }
};

Deno.test("a source that failed with nothing held is asked once a pause, and says the same", async () => {
  const { source, remembered } = sourceOf();
  source.isDown = true;
  await ask(remembered, 1000);
  assert.equal(source.loads, 1);
  await assert.rejects(remembered.get(), new Error("down 1"));
  source.now += 999;
  await ask(remembered, 1000);
  assert.equal(source.loads, 1);
  source.now += 1;
  await Promise.allSettled(Array.from({ length: 1000 }, () => remembered.get()));
  assert.equal(source.loads, 2);
  await assert.rejects(remembered.get(), new Error("down 2"));
});

Deno.test("it recovers with the first question after the pause", async () => {
  const { source, remembered } = sourceOf();
  source.isDown = true;
  await ask(remembered, 1);
  source.isDown = false;
  source.now += 1000;
  assert.equal(await remembered.get(), 2);
  assert.equal(await remembered.get(), 2);
});

Deno.test("an old value serves through its own, longer pause", async () => {
  const { source, remembered } = sourceOf();
  assert.equal(await remembered.get(), 1);
  source.isDown = true;
  source.now += 100;
  for (let count = 0; count < 1000; count++) assert.equal(await remembered.get(), 1);
  assert.equal(source.loads, 2);
  source.now += 2999;
  await ask(remembered, 1000);
  assert.equal(source.loads, 2);
  source.now += 1;
  await ask(remembered, 1000);
  assert.equal(source.loads, 3);
});

Deno.test("a value beyond its limit is nothing held", async () => {
  const { source, remembered } = sourceOf();
  await remembered.get();
  source.isDown = true;
  source.now += 10_000;
  await ask(remembered, 1000);
  assert.equal(source.loads, 2);
  source.isDown = false;
  source.now += 1000;
  assert.equal(await remembered.get(), 3);
});

Deno.test("a clock that is set back keeps nobody from the source", async () => {
  const { source, remembered } = sourceOf();
  source.now = 1_000_000;
  source.isDown = true;
  await ask(remembered, 1);
  source.isDown = false;
  source.now = 0;
  assert.equal(await remembered.get(), 2, "after a failure");
  source.now = 1_000_000;
  assert.equal(await remembered.get(), 3);
  assert.equal(await remembered.renew(), 4);
  source.now = 500_000;
  assert.equal(await remembered.renew(), 5, "after a renewal");
  source.isDown = true;
  source.now = 0;
  assert.equal(await remembered.get(), 5, "what is held still serves");
});
