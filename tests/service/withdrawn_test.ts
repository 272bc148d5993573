/** A consent that is withdrawn at SuperOffice, and given again: three instances on one shared store. */

import assert from "node:assert/strict";
import { withBridge } from "../adapters/storage/backends.ts";
import { requires } from "../support/requirement.ts";
import {
  API_KEY,
  createTestClock,
  startService,
  TENANT,
  type TestService,
} from "../support/service.ts";
import type { Bridge } from "../support/upstash_bridge.ts";

interface World extends TestService {
  readonly bridge: Bridge;
  /** Origins of the instances. */
  readonly instances: readonly URL[];
  pass(ms: number): void;
}

/** The ticket of one instance, or the code of its refusal. */
async function ask(instance: URL, rejected?: number) {
  const body = rejected === undefined ? null : JSON.stringify({ rejected_generation: rejected });
  const answer = await fetch(new URL(`/v1/tenants/${TENANT}/ticket`, instance), {
    method: body === null ? "GET" : "POST",
    headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
    body,
  });
  const { code = null, generation = null } = await answer.json();
  return { code, generation, source: answer.headers.get("x-ticket-source") };
}

function withInstances(name: string, work: (world: World) => Promise<void>): void {
  Deno.test({
    name,
    ...requires("redis-server"),
    fn: () =>
      withBridge(async (bridge) => {
        const clock = createTestClock(Date.now());
        const service = await startService({
          clock,
          env: {
            UPSTASH_REDIS_REST_URL: bridge.url,
            UPSTASH_REDIS_REST_TOKEN: bridge.token,
            SEALING_KEYS: `k1:${btoa("s".repeat(32))}`,
            LEDGER_KEY: btoa("l".repeat(32)),
          },
        });
        const others = [await service.another(), await service.another()];
        try {
          await service.consent();
          const instances = [service.url, ...others.map(({ url }) => url)];
          await work({ ...service, bridge, instances, pass: (ms) => clock.advance(ms) });
        } finally {
          for (const other of others) await other.close();
          await service.close();
        }
      }),
  });
}

/** SuperOffice refuses the tenant's token and its tickets from now on. */
function withdraw({ simulator }: World): void {
  simulator.control.revoke(TENANT);
  simulator.control.deleteTickets(TENANT);
}

withInstances(
  "a withdrawn consent costs one exchange in a minute, and then one, of all instances and callers",
  async (world) => {
    const { instances, simulator: { control } } = world;
    for (const instance of instances) assert.equal((await ask(instance)).generation, 1);
    withdraw(world);
    const before = control.exchangeCount();
    // Every caller meets SuperOffice's 401 once.
    const told = await Promise.all(instances.flatMap((it) => [1, 2, 3].map(() => ask(it, 1))));
    assert.deepEqual([...new Set(told.map(({ code }) => code))], ["consent_withdrawn"]);
    assert.equal(control.exchangeCount() - before, 1);
    const everybody = () =>
      Promise.all(instances.flatMap((it) => Array.from({ length: 5 }, () => ask(it))));
    for (let second = 0; second < 60; second += 20) {
      world.pass(20_000);
      if (second === 40) world.pass(-1);
      for (const { code } of await everybody()) assert.equal(code, "consent_withdrawn");
    }
    assert.equal(control.exchangeCount() - before, 1);
    world.pass(2);
    for (const { code } of await everybody()) assert.equal(code, "consent_withdrawn");
    assert.equal(control.exchangeCount() - before, 2);
    for (let hour = 0; hour < 5; hour++) {
      world.pass(3_600_000);
      for (const { code } of await everybody()) assert.equal(code, "consent_withdrawn");
    }
    assert.equal(control.exchangeCount() - before, 2);
    const health = await (await world.call(`/v1/tenants/${TENANT}/health`)).json();
    assert.deepEqual([health.health, health.reason], ["consent_withdrawn", "refused"]);
  },
);

withInstances(
  "a new consent heals the next request at every instance, although the store's copies lag",
  async (world) => {
    const { instances, bridge, simulator: { control } } = world;
    for (const instance of instances) await ask(instance);
    // What the copies know: the ticket of before.
    await bridge.lag();
    withdraw(world);
    for (const instance of instances) {
      assert.equal((await ask(instance, 1)).code, "consent_withdrawn");
      assert.equal((await ask(instance)).code, "consent_withdrawn");
    }
    const before = control.exchangeCount();
    world.pass(5_000);
    await world.consent();
    const healed = await Promise.all(instances.map((instance) => ask(instance)));
    for (const { code, generation } of healed) {
      assert.equal(code, null);
      assert.ok(generation > 1, "the ticket of before the withdrawal");
    }
    assert.equal(control.exchangeCount() - before, 1);
    bridge.catchUp();
    for (const instance of instances) assert.equal((await ask(instance)).source, "memory");
  },
);
