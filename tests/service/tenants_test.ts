import assert from "node:assert/strict";
import { withBridge } from "../adapters/storage/backends.ts";
import { requires } from "../support/requirement.ts";
import { startService, TENANT } from "../support/service.ts";
import type { Bridge } from "../support/upstash_bridge.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

Deno.test("tenants are listed in the order of consent, page by page, and shown one by one", async () => {
  const service = await startService();
  try {
    await service.consent();
    const page = await (await service.call("/v1/tenants")).json();
    assert.equal(page.next, null);
    assert.equal(page.tenants.length, 1);
    const [tenant] = page.tenants;
    assert.deepEqual(Object.keys(tenant), [
      "context_identifier",
      "company_name",
      "consented_at",
      "consented_by",
      "serial",
      "state",
      "health",
      "sequence",
    ]);
    assert.equal(tenant.health, "connected");
    const full = await (await service.call("/v1/tenants?limit=1")).json();
    assert.equal(full.next, tenant.sequence);
    const rest = await (await service.call(`/v1/tenants?after=${full.next}`)).json();
    assert.deepEqual(rest, { tenants: [], next: null });
    const one = await service.call(`/v1/tenants/${TENANT.toLowerCase()}`);
    assert.deepEqual(await one.json(), tenant);
    const health = await (await service.call(`/v1/tenants/${TENANT}/health`)).json();
    assert.deepEqual(health, {
      context_identifier: TENANT,
      health: "connected",
      reason: "consent",
      since: tenant.consented_at,
      state: "Running",
    });
    const nobody = await service.call("/v1/tenants/Cust1/health");
    assert.equal((await nobody.json()).code, "tenant_unknown");
    const unknown = await service.call("/v1/tenants/Cust1");
    assert.equal((await unknown.json()).code, "tenant_unknown");
  } finally {
    await service.close();
  }
});

Deno.test("a removed tenant is gone with its ticket, and its entries stay", async () => {
  const service = await startService();
  try {
    await service.consent();
    await (await service.call(TICKET)).text();
    const removed = await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
    assert.equal(removed.status, 204);
    assert.equal(await removed.text(), "");
    const ticket = await service.call(TICKET);
    assert.equal((await ticket.json()).code, "tenant_unknown");
    const again = await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
    assert.equal(again.status, 404);
    await again.text();
    const kinds = (await service.entries()).map((entry) => entry.kind);
    assert.deepEqual(kinds, [
      "consent",
      "sign_intent",
      "sign_outcome",
      "exchange",
      "tenant_removed",
    ]);
  } finally {
    await service.close();
  }
});

/** Every key with its value as text. */
async function everythingIn({ redis }: Bridge): Promise<[key: string, value: string][]> {
  const keys = await redis.keys("*");
  return await Promise.all(keys.map(async (key): Promise<[string, string]> => {
    const type = await redis.type(key);
    const value = type === "hash"
      ? await redis.hgetall(key)
      : type === "zset"
      ? await redis.call("zrange", key, "0", "-1")
      : type === "list"
      ? await redis.call("lrange", key, "0", "-1")
      : await redis.get(key);
    return [key, JSON.stringify(value)];
  }));
}

Deno.test({
  name: "a removal that the store cut short is finished by asking again",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const service = await startService({
        env: {
          UPSTASH_REDIS_REST_URL: bridge.url,
          UPSTASH_REDIS_REST_TOKEN: bridge.token,
          SEALING_KEYS: `k1:${btoa("s".repeat(32))}`,
          LEDGER_KEY: btoa("l".repeat(32)),
        },
      });
      const remove = () => service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
      try {
        await service.consent();
        await (await service.call(TICKET)).text();
        // Executed, but both answers to the removal of the token are lost; nothing comes after it.
        const before = bridge.seen.length;
        const healthy = { kind: "slow", ms: 0 } as const;
        bridge.next(healthy, healthy, healthy, { kind: "lost" }, { kind: "lost" });
        const first = await remove();
        assert.equal((await first.json()).code, "store_unavailable");
        assert.equal(bridge.seen.length, before + 5);
        const second = await remove();
        assert.equal((await second.json()).code, "tenant_unknown");
        const ticket = await service.call(TICKET);
        assert.equal((await ticket.json()).code, "tenant_unknown");
        const left = await bridge.redis.keys(`*ticket:{${TENANT}}`);
        for (const key of left) {
          assert.equal(JSON.parse((await bridge.redis.get(key))!).ticket, undefined);
        }
        const kept = (await everythingIn(bridge)).filter(([key]) => !key.includes("{ledger}"));
        assert.ok(kept.length > 2);
        for (const [key, value] of kept) {
          assert.doesNotMatch(value, /Example Tenant|admin@example\.test/, key);
        }
      } finally {
        await service.close();
      }
    }),
});
