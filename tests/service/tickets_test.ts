import assert from "node:assert/strict";
import { withBridge } from "../adapters/storage/backends.ts";
import { requires } from "../support/requirement.ts";
import { API_KEY, createTestClock, startService, TENANT } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("fifty callers of a cold tenant get one ticket from one exchange, though its leader left", async () => {
  const service = await startService({ kms: true });
  try {
    await service.consent();
    service.simulator.control.set({ exchangeDelayMs: 400 });
    const aborted = new AbortController();
    const leaving = service.call(TICKET, { signal: aborted.signal }).catch(() => "left");
    // The one who leads the flight leaves while SuperOffice is at it.
    while (service.simulator.control.exchangeCount() === 0) await sleep(1);
    const asking = Array.from({ length: 50 }, () => service.call(TICKET));
    aborted.abort();
    assert.equal(await leaving, "left");
    const answers = await Promise.all(asking);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
    assert.equal(new Set(bodies).size, 1);
    assert.equal(service.kms!.signatures(), 1);
    assert.equal(service.simulator.control.exchangeCount(), 1);
    const kinds = (await service.entries()).map((entry) => entry.kind);
    assert.deepEqual(kinds, ["consent", "sign_intent", "sign_outcome", "exchange"]);
  } finally {
    await service.close();
  }
});

Deno.test("two instances on one store exchange once between them", async () => {
  const service = await startService();
  const other = await service.another();
  try {
    await service.consent();
    const ask = (url: URL) =>
      fetch(new URL(TICKET, url), { headers: { authorization: `Bearer ${API_KEY}` } });
    const answers = await Promise.all(
      [service.url, other.url, service.url, other.url].map((url) => ask(url)),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    assert.equal(new Set(bodies).size, 1, bodies.join("\n"));
    assert.equal(service.simulator.control.exchangeCount(), 1);
  } finally {
    await other.close();
    await service.close();
  }
});

Deno.test("a ticket comes from an exchange, then from memory, and from the store elsewhere", async () => {
  const service = await startService();
  try {
    await service.consent();
    const first = await service.call(TICKET);
    assert.equal(first.headers.get("x-ticket-source"), "exchange");
    assert.equal(first.headers.get("cache-control"), "no-store");
    const body = await first.json();
    assert.deepEqual(Object.keys(body), [
      "context_identifier",
      "ticket",
      "generation",
      "issued_at",
      "expires_at",
      "webapi_url",
      "netserver_url",
    ]);
    assert.equal(body.context_identifier, TENANT);
    assert.match(body.ticket, /^7T:/);
    assert.equal(body.generation, 1);
    const second = await service.call("/v1/tenants/cUST12345/ticket");
    assert.equal(second.headers.get("x-ticket-source"), "memory");
    assert.deepEqual(await second.json(), body);
    const other = await service.another();
    const elsewhere = await fetch(new URL(TICKET, other.url), {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    assert.equal(elsewhere.headers.get("x-ticket-source"), "store");
    assert.deepEqual(await elsewhere.json(), body);
    await other.close();
  } finally {
    await service.close();
  }
});

Deno.test("a rejected generation is exchanged once, however many callers saw the 401", async () => {
  const service = await startService();
  try {
    await service.consent();
    const { generation } = await (await service.call(TICKET)).json();
    const reject = (rejected: unknown) =>
      service.call(TICKET, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ rejected_generation: rejected }),
      });
    const answers = await Promise.all(Array.from({ length: 20 }, () => reject(generation)));
    const generations = await Promise.all(
      answers.map(async (answer) => (await answer.json()).generation),
    );
    assert.deepEqual(new Set(generations), new Set([generation + 1]));
    assert.equal(service.simulator.control.exchangeCount(), 2);
    const late = await reject(generation);
    assert.equal((await late.json()).generation, generation + 1);
    assert.equal(service.simulator.control.exchangeCount(), 2);
    for (const bad of [0, -1, 1.5, "1", null]) {
      const refused = await reject(bad);
      assert.equal(refused.status, 400);
      assert.equal((await refused.json()).code, "invalid_request");
    }
  } finally {
    await service.close();
  }
});

Deno.test("a ticket near its end is answered from memory and renewed behind the answer", async () => {
  const clock = createTestClock();
  const service = await startService({ clock, env: { TICKET_LIFETIME_SECONDS: "21600" } });
  try {
    await service.consent();
    const first = await (await service.call(TICKET)).json();
    clock.advance(5 * 3_600_000);
    const second = await service.call(TICKET);
    assert.equal(second.headers.get("x-ticket-source"), "memory");
    assert.equal((await second.json()).ticket, first.ticket);
    for (let tries = 0; service.simulator.control.exchangeCount() < 2 && tries < 200; tries++) {
      await clock.sleep(0);
    }
    let third = await (await service.call(TICKET)).json();
    for (let tries = 0; third.generation === 1 && tries < 200; tries++) {
      third = await (await service.call(TICKET)).json();
    }
    assert.equal(third.generation, 2);
    assert.equal(service.simulator.control.exchangeCount(), 2);
  } finally {
    await service.close();
  }
});

Deno.test("a ticket at its end is exchanged before the answer", async () => {
  const clock = createTestClock();
  const service = await startService({ clock });
  try {
    await service.consent();
    const first = await (await service.call(TICKET)).json();
    clock.advance(6 * 3_600_000);
    const second = await service.call(TICKET);
    assert.equal(second.headers.get("x-ticket-source"), "exchange");
    assert.notEqual((await second.json()).ticket, first.ticket);
  } finally {
    await service.close();
  }
});

Deno.test({
  name: "tickets in memory are served while store, key and SuperOffice are down",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const service = await startService({
        kms: true,
        env: {
          UPSTASH_REDIS_REST_URL: bridge.url,
          UPSTASH_REDIS_REST_TOKEN: bridge.token,
          SEALING_KEYS: `k1:${btoa("s".repeat(32))}`,
          LEDGER_KEY: btoa("l".repeat(32)),
        },
      });
      try {
        await service.consent();
        const first = await (await service.call(TICKET)).json();
        await service.simulator.close();
        await service.kms!.close();
        await bridge.pause();
        const second = await service.call(TICKET);
        assert.equal(second.status, 200);
        assert.deepEqual(await second.json(), first);
        const other = await service.call("/v1/tenants/Cust999/ticket");
        assert.equal(other.status, 503);
        assert.equal((await other.json()).code, "store_unavailable");
        assert.ok(Number(other.headers.get("retry-after")) > 0);
      } finally {
        await service.close();
      }
    }),
});
