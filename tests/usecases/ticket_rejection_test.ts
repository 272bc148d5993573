/** Tickets that SuperOffice answered 401 to, from the callers' side. */

import assert from "node:assert/strict";
import { REJECTIONS } from "../../src/domain/renewal.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { TENANT } from "../support/parts.ts";
import {
  get,
  handoutOf,
  hit,
  MINUTE,
  type Parts,
  refusalOf,
  reject,
  settle,
  test,
  ticketOf,
} from "./ticket_rules.ts";

/** Uses the tenant's budget up. @returns the generation of the moment */
async function rejectAll(parts: Parts): Promise<number> {
  let { generation } = await ticketOf(parts.get());
  for (let count = 0; count < REJECTIONS.count; count++) {
    const next = await ticketOf(reject(parts.tickets, generation));
    assert.equal(next.generation, generation + 1);
    generation = next.generation;
  }
  return generation;
}

test("150 callers of three processes who saw a 401 cause one exchange", async (parts) => {
  const processes = [parts.tickets, parts.another(), parts.another()];
  for (const process of processes) await ticketOf(get(process));
  const given = await Promise.all(
    Array.from({ length: 150 }, (_, caller) => ticketOf(reject(processes[caller % 3]!, 1))),
  );
  assert.deepEqual(new Set(given.map(({ generation }) => generation)), new Set([2]));
  assert.equal(parts.counts.exchanges, 2);
  assert.equal(parts.counts.signatures, 2);
  for (const process of processes) assert.equal((await hit(process)).generation, 2);
});

test("who rejects more tickets than the budget has is told when to come again, and nobody else is harmed", async (parts) => {
  const other = parts.another();
  const generation = await rejectAll(parts);
  for (const process of [parts.tickets, other]) {
    const { code, retryAfterSeconds } = await refusalOf(reject(process, generation));
    assert.deepEqual([code, retryAfterSeconds], ["rate_limited", 60]);
  }
  assert.equal((await hit(parts.tickets)).generation, generation);
  assert.equal((await handoutOf(get(other))).source, "store");
  assert.equal((await ticketOf(reject(other, generation - 1))).generation, generation);
  assert.equal(parts.counts.exchanges, REJECTIONS.count + 1);

  parts.clock.advance(MINUTE - 1);
  assert.equal((await refusalOf(reject(other, generation))).retryAfterSeconds, 1);
  parts.clock.advance(1);
  const next = await ticketOf(reject(other, generation));
  assert.equal(next.generation, generation + 1);
  assert.equal((await refusalOf(reject(other, next.generation))).code, "rate_limited");
});

test("a caller without a ticket does not share the refusal of one who rejects too many", async (parts) => {
  const generation = await rejectAll(parts);
  const other = parts.another();
  const rejecting = reject(other, generation);
  const asking = get(other);
  assert.equal((await refusalOf(rejecting)).code, "rate_limited");
  assert.equal((await ticketOf(asking)).generation, generation);
});

test("a new consent begins a budget of its own", async (parts) => {
  await rejectAll(parts);
  await parts.consent();
  parts.tickets.forget(TENANT);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  const { generation } = await ticketOf(parts.get());
  assert.equal((await ticketOf(reject(parts.tickets, generation))).generation, generation + 1);
});

test("a rejection while the store is down signs nothing, and takes the ticket from nobody", async (parts) => {
  const first = await ticketOf(parts.get());
  const { tickets } = parts.stores;
  const up = { ...tickets };
  const down = () => Promise.reject(new PartFault("store", "network"));
  Object.assign(tickets, { get: down, lease: down, publish: down, refuse: down });
  const refusals = await Promise.all(
    Array.from({ length: 50 }, () => refusalOf(reject(parts.tickets, first.generation))),
  );
  for (const { code, retryAfterSeconds } of refusals) {
    assert.equal(code, "store_unavailable");
    assert.ok(retryAfterSeconds !== null && retryAfterSeconds > 0);
  }
  assert.deepEqual(parts.counts, { signatures: 1, exchanges: 1, states: 1 });
  assert.equal((await hit(parts.tickets)).ticket, first.ticket);
  Object.assign(tickets, up);
  assert.equal((await ticketOf(reject(parts.tickets, first.generation))).generation, 2);
});

test("a store that goes down under the lease leaves the rejected ticket to the others", async (parts) => {
  const first = await ticketOf(parts.get());
  const { tickets } = parts.stores;
  const { publish } = tickets;
  tickets.publish = () => Promise.reject(new PartFault("store", "timeout"));
  const second = await ticketOf(reject(parts.tickets, first.generation));
  assert.equal(second.generation, 2);
  tickets.publish = publish;
  assert.equal((await hit(parts.tickets)).generation, 2);
  assert.equal((await ticketOf(get(parts.another()))).generation, 1);
});

test("a rejection that began behind another flight is not answered with what was rejected", async (parts) => {
  const first = await ticketOf(parts.get());
  const other = parts.another();
  const gate = Promise.withResolvers<void>();
  const read = parts.stores.tickets.get;
  parts.stores.tickets.get = async (tenant, now) => {
    const found = await read(tenant, now);
    await gate.promise;
    return found;
  };
  const asking = get(other);
  const rejecting = reject(other, first.generation);
  await settle();
  gate.resolve();
  assert.equal((await ticketOf(asking)).generation, 1);
  assert.equal((await ticketOf(rejecting)).generation, 2);
});
