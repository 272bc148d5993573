import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { Secret } from "../../src/domain/secret.ts";
import { Generation, type Ticket } from "../../src/domain/ticket.ts";
import { createTicketMemory } from "../../src/usecases/ticket_memory.ts";
import { CALLER, createParts, ISSUED, TENANT } from "../support/parts.ts";

type Parts = ReturnType<typeof createParts>;

function test(name: string, body: (parts: Parts) => Promise<void>): void {
  Deno.test(name, async () => {
    const parts = createParts();
    try {
      await parts.consent();
      await body(parts);
    } finally {
      await parts.tickets.drain();
      parts.close();
    }
  });
}

const replace = (parts: Parts, generation: number) =>
  parts.tickets.replace(CALLER, TENANT, Generation.parse(generation)!, "request-2");

async function ticketOf(outcome: ReturnType<Parts["get"]>): Promise<Ticket> {
  const given = await outcome;
  assert.ok(given.ok, "no ticket was handed out");
  return given.value.ticket;
}

test("a new consent after a removal that ended half-way gets a ticket of its own", async (parts) => {
  const first = await ticketOf(parts.get());
  await parts.stores.tenants.remove(TENANT, null);
  parts.tickets.forget(TENANT);
  await parts.consent();
  parts.tickets.forget(TENANT);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  const second = await ticketOf(parts.get());
  assert.ok(second.generation > first.generation);
  assert.equal(parts.counts.exchanges, 2);
});

test("a stored ticket older than the rejected one is not called newer", async (parts) => {
  const first = await ticketOf(parts.get());
  const publish = parts.stores.tickets.publish;
  parts.stores.tickets.publish = () => Promise.reject(new PartFault("store", "timeout"));
  const second = await replace(parts, first.generation);
  assert.ok(second.ok && second.value.ticket.generation > first.generation);
  parts.stores.tickets.publish = publish;
  parts.clock.advance(16_000);
  const third = await replace(parts, second.value.ticket.generation);
  assert.ok(third.ok && third.value.ticket.generation > second.value.ticket.generation);
  assert.equal(parts.counts.exchanges, 3);
});

test("what could not end within the lease is not begun", async (parts) => {
  parts.script.sign = () => {
    parts.clock.advance(12_000);
  };
  const late = await parts.get();
  assert.equal(!late.ok && late.refusal.reason, "too_late");
  assert.equal(parts.counts.exchanges, 0);
  const last = (await parts.entries()).at(-1);
  assert.deepEqual([last?.kind, last?.result, last?.error], ["exchange", "failed", "too_late"]);
});

test("no attempt at the key begins when the lease is about to end", async (parts) => {
  parts.script.sign = () => {
    parts.clock.advance(6_000);
    parts.fail("timeout", true);
  };
  const late = await parts.get();
  assert.equal(!late.ok && late.refusal.code, "signer_unavailable");
  assert.equal(parts.counts.signatures, 2);
});

test("nobody waits for the lease of one who found the tenant removed", async (parts) => {
  const get = parts.stores.tenants.get;
  let asked = 0;
  parts.stores.tenants.get = async (tenant) => ++asked === 2 ? null : await get(tenant);
  const gone = await parts.get();
  assert.equal(!gone.ok && gone.refusal.code, "tenant_unknown");
  assert.ok((await parts.get()).ok);
  assert.deepEqual(parts.pauses, [], "nobody slept");
});

test("a consent taken by another process replaces the ticket in memory within a minute", async (parts) => {
  const first = await ticketOf(parts.get());
  parts.clock.advance(30_000);
  await parts.consent();
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  parts.clock.advance(30_000);
  await parts.get();
  await parts.tickets.drain();
  assert.notEqual((await ticketOf(parts.get())).generation, first.generation);
});

test("a fault that nobody foresaw ends its lease, too", async (parts) => {
  parts.script.exchange = () => {
    throw new TypeError("nobody foresaw this");
  };
  await assert.rejects(Promise.resolve(parts.get()), TypeError);
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(6_000);
  assert.ok((await parts.get()).ok);
  assert.deepEqual(parts.pauses, [], "nobody slept");
});

Deno.test("memory keeps the newer of two tickets, unless the newer one is dead", () => {
  const memory = createTicketMemory(2);
  const ticket = (generation: number, expiresAt: number): Ticket => ({
    contextIdentifier: TENANT,
    ticket: new Secret(`7T:${generation}`),
    generation: Generation.parse(generation)!,
    issuedAt: 0,
    expiresAt,
    webapiUrl: "https://sod2.example.test/Cust12345/api/",
    netserverUrl: "https://sod2.example.test/Cust12345/Remote/Services88/",
    addressesUntil: 1e15,
  });
  memory.set(ticket(7, 1000), 0);
  memory.set(ticket(6, 5000), 500);
  assert.equal(memory.get(TENANT)?.ticket.generation, 7);
  memory.set(ticket(1, 5000), 1500);
  assert.equal(memory.get(TENANT)?.ticket.generation, 1);
});

Deno.test("memory holds so many tickets and no more, and lets the one go that was used longest ago", () => {
  const memory = createTicketMemory(2);
  const ticket = (tenant: ContextId) =>
    ({ contextIdentifier: tenant, generation: 1, expiresAt: 1000 }) as Ticket;
  const tenants = [1, 2, 3].map((digit) => ContextId.parse(`Cust${digit}`)!);
  for (const tenant of tenants.slice(0, 2)) memory.set(ticket(tenant), 0);
  for (let uses = 0; uses < 64; uses++) memory.get(tenants[0]!);
  memory.set(ticket(tenants[2]!), 0);
  assert.deepEqual(tenants.map((tenant) => memory.get(tenant) !== undefined), [true, false, true]);
});
