/** The relay against the simulated SuperOffice: a tenant's web API with nothing but an API key. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type * as SuperOffice from "@superoffice/webapi";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { freePort } from "../support/processes.ts";
import { startService, TENANT, type TestService } from "../support/service.ts";

const { WebApi } = createRequire(import.meta.url)("@superoffice/webapi") as typeof SuperOffice;

const API = `/v1/tenants/${TENANT}/api`;
const RELAY_KEY = "bo_test_key_of_a_caller_who_may_only_relay_0000000000";
const TICKET_KEY = "bo_test_key_of_a_caller_who_may_only_have_tickets_000";

const CALLERS = [
  { id: "relay", api_key_sha256: [sha256Hex(RELAY_KEY)], tenants: [TENANT], may: ["relay"] },
  { id: "ticket", api_key_sha256: [sha256Hex(TICKET_KEY)], tenants: [TENANT], may: ["ticket"] },
];

/** A service that a tenant has consented to. */
async function withRelay(work: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService({ callers: CALLERS });
  try {
    await service.consent();
    await work(service);
  } finally {
    await service.close();
  }
}

function as(key: string, init: RequestInit = {}): RequestInit {
  return { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } };
}

function company(name: string): RequestInit {
  return as(RELAY_KEY, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
}

async function statusOf(answer: Promise<Response>): Promise<number> {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
}

Deno.test("a company is created and read as the system user, and no secret comes back", () =>
  withRelay(async ({ call, simulator }) => {
    const created = await call(`${API}/v1/Contact`, company("Blåbær & Sønn"));
    const text = await created.text();
    assert.ok(created.ok, text);
    const { ContactId, Name } = JSON.parse(text);
    assert.equal(Name, "Blåbær & Sønn");
    const read = await call(`${API}/v1/Contact/${ContactId}`, as(RELAY_KEY));
    const again = await read.text();
    assert.equal(JSON.parse(again).Name, Name, again);
    assert.equal(read.headers.get("cache-control"), "no-store");
    assert.match(read.headers.get("content-type") ?? "", /^application\/json/);
    const shown = JSON.stringify([text, ...created.headers, ...read.headers]);
    assert.ok(!shown.includes("7T:") && !shown.includes(simulator.clientSecret));
    assert.equal(simulator.control.contacts(TENANT).length, 1);
  }));

Deno.test("tickets deleted at SuperOffice cost one renewal, and the call is repeated", () =>
  withRelay(async ({ call, simulator }) => {
    const { control } = simulator;
    assert.equal(await statusOf(call(`${API}/v1/Contact/default`, as(RELAY_KEY))), 200);
    assert.equal(control.deleteTickets(TENANT), 1);
    const before = control.exchangeCount();
    const creating = [1, 2, 3].map((n) => statusOf(call(`${API}/v1/Contact`, company(`${n}`))));
    assert.deepEqual(await Promise.all(creating), [200, 200, 200]);
    assert.equal(control.contacts(TENANT).length, 3);
    assert.equal(control.exchangeCount() - before, 1);
  }));

Deno.test("a tenant that has moved is found at its new address without an exchange", () =>
  withRelay(async ({ call, simulator }) => {
    const { control } = simulator;
    await statusOf(call(`${API}/v1/Contact/default`, as(RELAY_KEY)));
    const before = control.exchangeCount();
    for (let move = 0; move < 2; move++) {
      control.moveTenant(TENANT);
      for (let repeat = 0; repeat < 2; repeat++) {
        assert.equal(await statusOf(call(`${API}/v1/Contact/default`, as(RELAY_KEY))), 200);
      }
    }
    assert.equal(control.exchangeCount(), before);
  }));

Deno.test("an address where nobody answers is forgotten, and the tenant found again", () =>
  withRelay(async ({ call, simulator }) => {
    const { control } = simulator;
    const ask = () => statusOf(call(`${API}/v1/Contact/default`, as(RELAY_KEY)));
    assert.equal(await ask(), 200);
    const [{ endpoint } = { endpoint: "" }] = control.tenants();
    control.moveTenant(TENANT, `http://127.0.0.1:${freePort()}`);
    assert.equal(await ask(), 503);
    control.moveTenant(TENANT, new URL(endpoint).origin);
    assert.equal(await ask(), 200);
  }));

Deno.test("the relay and tickets need permissions of their own", () =>
  withRelay(async ({ call }) => {
    const refused = await call(`${API}/v1/Contact/default`, as(TICKET_KEY));
    assert.deepEqual([refused.status, (await refused.json()).code], [403, "caller_forbidden"]);
    const other = await call("/v1/tenants/Cust99999/api/v1/Contact", as(RELAY_KEY));
    assert.deepEqual([other.status, (await other.json()).code], [403, "caller_forbidden"]);
    const ticket = await call(`/v1/tenants/${TENANT}/ticket`, as(RELAY_KEY));
    assert.deepEqual([ticket.status, (await ticket.json()).code], [403, "caller_forbidden"]);
  }));

Deno.test("SuperOffice's own refusals come through as they are", () =>
  withRelay(async ({ call, simulator }) => {
    const missing = await call(`${API}/v1/Contact/4711`, as(RELAY_KEY));
    assert.deepEqual([missing.status, (await missing.json()).ErrorType], [
      404,
      "SoNotFoundException",
    ]);
    simulator.control.suspend(TENANT);
    const suspended = await call(`${API}/v1/Contact/default`, as(RELAY_KEY));
    assert.equal(suspended.status, 503);
    await suspended.text();
  }));

Deno.test("the vendor's own client works through the relay with nothing but an API key", () =>
  withRelay(async ({ url, simulator }) => {
    const api = new WebApi({
      baseUrl: new URL(`${API}/`, url).href,
      axiosConfig: { headers: { Authorization: `Bearer ${RELAY_KEY}` } },
    });
    const agent = api.getContactAgent();
    const draft = await agent.createDefaultContactEntityAsync();
    const saved = await agent.saveContactEntityAsync({ ...draft, name: "By the vendor's client" });
    assert.ok((saved.contactId ?? 0) > 0);
    simulator.control.deleteTickets(TENANT);
    const read = await agent.getContactEntityAsync(saved.contactId!);
    assert.equal(read.name, "By the vendor's client");
  }));
