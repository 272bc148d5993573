/** What happens to a tenant at SuperOffice while nobody tells us, as its callers see it. */

import assert from "node:assert/strict";
import { createTestClock, startService, TENANT, type TestService } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;
const CONTACT = `/v1/tenants/${TENANT}/api/v1/Contact/default`;
const VALID_SECONDS = 600;

interface World extends TestService {
  pass(seconds: number): void;
}

/** A service whose SuperOffice vouches for ten minutes at a time. */
function withTenant(name: string, work: (world: World) => Promise<void>): void {
  Deno.test(name, async () => {
    const clock = createTestClock();
    const service = await startService({ clock });
    try {
      service.simulator.control.set({ stateValidForSeconds: VALID_SECONDS });
      await service.consent();
      await work({ ...service, pass: (seconds) => clock.advance(seconds * 1000) });
    } finally {
      await service.close();
    }
  });
}

const ticket = async ({ call }: World) => {
  const answer = await call(TICKET);
  return { ...await answer.json(), source: answer.headers.get("x-ticket-source") };
};

withTenant("a tenant that moved between two requests costs its callers nothing", async (world) => {
  const { simulator: { control, tenantUrls }, call } = world;
  assert.equal(new URL((await ticket(world)).webapi_url).origin, tenantUrls[0]);
  control.moveTenant(TENANT);
  const exchanges = control.exchangeCount();
  const relayed = await call(CONTACT);
  assert.equal(relayed.status, 200);
  await relayed.body?.cancel();
  const after = await ticket(world);
  assert.deepEqual([new URL(after.webapi_url).origin, after.source], [tenantUrls[1], "memory"]);
  assert.equal(new URL(after.netserver_url).origin, tenantUrls[1]);
  assert.equal(control.exchangeCount(), exchanges);
});

withTenant(
  "the address in a ticket's answer is the one that SuperOffice gives now, when its word was over",
  async (world) => {
    const { simulator: { control, tenantUrls } } = world;
    await ticket(world);
    control.moveTenant(TENANT);
    world.pass(VALID_SECONDS);
    const after = await ticket(world);
    assert.equal(new URL(after.webapi_url).origin, tenantUrls[1]);
    assert.equal(after.generation, 1);
  },
);

withTenant(
  "a tenant that was suspended without a word is found so when SuperOffice's word is over",
  async (world) => {
    const { simulator: { control }, call } = world;
    await ticket(world);
    control.suspend(TENANT);
    world.pass(VALID_SECONDS);
    const refused = await call(TICKET);
    assert.deepEqual([refused.status, (await refused.json()).code], [409, "tenant_suspended"]);
    assert.equal(refused.headers.get("retry-after"), "30");
    const relayed = await call(CONTACT);
    assert.deepEqual([relayed.status, (await relayed.json()).code], [409, "tenant_suspended"]);
    const health = await (await call(`/v1/tenants/${TENANT}/health`)).json();
    assert.deepEqual([health.health, health.reason, health.state], [
      "suspended",
      "suspended",
      "Suspended",
    ]);
    control.resume(TENANT);
    world.pass(60);
    assert.equal((await ticket(world)).source, "exchange");
  },
);

withTenant(
  "a relayed call that meets a stopped tenant's 503 has the next one told why",
  async (world) => {
    const { simulator: { control }, call } = world;
    await ticket(world);
    world.pass(10);
    control.suspend(TENANT);
    const first = await call(CONTACT);
    assert.equal(first.status, 503);
    await first.body?.cancel();
    const second = await call(CONTACT);
    assert.deepEqual([second.status, (await second.json()).code], [409, "tenant_suspended"]);
  },
);

withTenant("a deleted tenant is no withdrawn consent", async (world) => {
  const { simulator: { control }, call } = world;
  const { generation } = await ticket(world);
  control.remove(TENANT);
  const refused = await call(TICKET, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rejected_generation: generation }),
  });
  assert.equal((await refused.json()).code, "tenant_suspended");
  const { health, reason } = await (await call(`/v1/tenants/${TENANT}/health`)).json();
  assert.deepEqual([health, reason], ["suspended", "deleted"]);
});
