/** The client's list of tenants. */

import assert from "node:assert/strict";
import type { Tenant } from "../../src/client/mod.ts";
import { createWorld, errorFrom, problemAnswer, problemFrom } from "./fake_world.ts";
import { API_KEY, startService } from "../support/service.ts";

const tenant = (sequence: number) => ({
  context_identifier: `Cust${sequence}`,
  company_name: "A company",
  consented_at: "2026-11-22T12:00:00.000Z",
  consented_by: "admin@example.com",
  serial: "1234567890",
  state: "Running",
  health: "connected",
  sequence,
});

async function all(tenants: AsyncIterable<Tenant>): Promise<Tenant[]> {
  const found: Tenant[] = [];
  for await (const one of tenants) found.push(one);
  return found;
}

Deno.test("tenants come in order from page after page, from the one that was named on", async () => {
  const { client, asked } = createWorld({
    box: (_, count) =>
      Response.json(
        count === 1
          ? { tenants: [tenant(5), tenant(6)], next: 7 }
          : { tenants: [tenant(8)], next: null },
      ),
  });
  assert.deepEqual((await all(client.tenants(4))).map((it) => it.sequence), [5, 6, 8]);
  assert.deepEqual(asked.map(({ url }) => new URL(url).search), ["?after=4", "?after=7"]);
});

Deno.test("the next page is asked for when somebody wants it, and not before", async () => {
  const { client, asked } = createWorld({
    box: () => Response.json({ tenants: [tenant(1)], next: 1 }),
  });
  for await (const _ of client.tenants()) break;
  assert.equal(asked.length, 1);
});

Deno.test("a page that leads back is the last", async () => {
  const { client, asked } = createWorld({ box: () => Response.json({ tenants: [], next: 3 }) });
  assert.deepEqual(await all(client.tenants(3)), []);
  assert.equal(asked.length, 1);
});

Deno.test("a refusal and what is no page are problems", async () => {
  for (
    const [answer, code] of [
      [problemAnswer(403, "caller_forbidden"), "caller_forbidden"],
      [new Response("<!doctype html>"), "unexpected_answer"],
      [Response.json({ tenants: {}, next: null }), "unexpected_answer"],
      [Response.json({ tenants: [], next: "1" }), "unexpected_answer"],
      [Response.json({ tenants: [null], next: null }), "unexpected_answer"],
      [Response.json({ tenants: [{ ...tenant(1), sequence: "1" }] }), "unexpected_answer"],
    ] as const
  ) {
    const { client } = createWorld({ box: () => answer });
    assert.equal((await problemFrom(all(client.tenants()))).code, code);
  }
});

Deno.test("an abort ends the list with the caller's own reason", async () => {
  const { client, asked } = createWorld();
  const signal = AbortSignal.abort("enough");
  assert.equal(await errorFrom(all(client.tenants(0, { signal }))), "enough");
  assert.equal(asked.length, 0);
});

Deno.test("a tenant that has consented is listed by a real service, once", async () => {
  const service = await startService();
  try {
    await service.consent();
    const { client } = createWorld({ url: service.url, credential: API_KEY, fetch });
    const [first, ...others] = await all(client.tenants());
    assert.deepEqual([first?.contextIdentifier, first?.health, others], [
      "Cust12345",
      "connected",
      [],
    ]);
    assert.ok(Date.now() - first!.consentedAt.getTime() < 60_000);
    assert.deepEqual(await all(client.tenants(first!.sequence)), []);
  } finally {
    await service.close();
  }
});
