/** Tickets in memory are looked after: addresses, stopped tenants, and what other processes changed. */

import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { standingOfConsent, type TenantStanding } from "../../src/domain/tenant.ts";
import { CALLER, stateOf, TENANT } from "../support/parts.ts";
import {
  get,
  handoutOf,
  HOUR,
  MINUTE,
  type Parts,
  pass,
  refusalOf,
  settle,
  stay,
  test,
  ticketOf,
} from "./ticket_rules.ts";

/** SuperOffice says where the tenant is, and for how long that holds. */
function at(parts: Parts, host: string, forMs = HOUR): void {
  parts.script.state = () =>
    stateOf("Running", {
      webapiUrl: `https://${host}.example.test/Cust12345/api/`,
      netserverUrl: `https://${host}.example.test/Cust12345/Remote/Services88/`,
      validUntil: parts.clock.now() + forMs,
    });
}

const hostOf = ({ webapiUrl }: { readonly webapiUrl: string }) =>
  new URL(webapiUrl).hostname.split(".")[0];

/** How another process left the tenant. */
async function mark(parts: Parts, bend: Partial<TenantStanding>): Promise<void> {
  const tenant = (await parts.stores.tenants.get(TENANT))!;
  const standing = { ...standingOfConsent(tenant), ...bend };
  assert.ok(await parts.stores.tenants.mark(TENANT, tenant.consentedAt, standing, null));
}

const down = () => Promise.reject(new PartFault("store", "network"));

test("an address holds as long as SuperOffice says, and whoever comes then gets the new one", async (parts) => {
  at(parts, "sod2");
  assert.equal(hostOf(await ticketOf(parts.get())), "sod2");
  at(parts, "sod3");
  await pass(parts, HOUR - 1, parts.tickets);
  assert.equal(hostOf(await ticketOf(parts.get())), "sod2");
  await parts.tickets.drain();
  parts.clock.advance(1);
  const moved = await handoutOf(parts.get());
  assert.deepEqual([hostOf(moved.ticket), moved.source], ["sod3", "memory"]);
  assert.equal(moved.ticket.generation, 1);
  assert.equal(parts.counts.exchanges, 1, "a ticket outlives its tenant's move");
});

test("the first caller after the address's time waits for the new one", async (parts) => {
  at(parts, "sod2");
  await ticketOf(parts.get());
  at(parts, "sod3");
  await pass(parts, 2 * HOUR, parts.tickets);
  const answer = parts.get();
  assert.ok(answer instanceof Promise);
  assert.equal(hostOf(await ticketOf(answer)), "sod3");
});

test("of a tenant in use the address is asked for before its time is over, behind the answer", async (parts) => {
  at(parts, "sod2");
  await ticketOf(parts.get());
  await pass(parts, HOUR - 10_000, parts.tickets);
  at(parts, "sod3", 3 * HOUR);
  // The first one was bought without a look ahead: who came from an exchange is asked at its end.
  parts.clock.advance(10_000);
  await ticketOf(parts.get());
  const states = parts.counts.states;
  await pass(parts, 3 * HOUR - 20_000, parts.tickets);
  at(parts, "sod4");
  const answer = parts.get();
  assert.ok(!(answer instanceof Promise), "the caller waits");
  await parts.tickets.drain();
  assert.equal(parts.counts.states, states + 1);
  assert.equal(hostOf(await ticketOf(parts.get())), "sod4");
});

test("a process that begins later reads the moved tenant's ticket with its new address", async (parts) => {
  at(parts, "sod2");
  await ticketOf(parts.get());
  at(parts, "sod3", 5 * HOUR);
  await pass(parts, HOUR, parts.tickets);
  await ticketOf(parts.get());
  await parts.tickets.drain();
  const states = parts.counts.states;
  const later = await handoutOf(get(parts.another()));
  assert.deepEqual([later.source, hostOf(later.ticket)], ["store", "sod3"]);
  assert.equal(parts.counts.states, states, "it had to ask");
});

test("a stored ticket whose address is over is asked about before it is handed out", async (parts) => {
  at(parts, "sod2");
  await ticketOf(parts.get());
  parts.clock.advance(2 * HOUR);
  at(parts, "sod3");
  const later = await handoutOf(get(parts.another()));
  assert.deepEqual([later.source, hostOf(later.ticket)], ["store", "sod3"]);
});

test("while SuperOffice says nothing the known address is handed out, and one caller waited", async (parts) => {
  at(parts, "sod2");
  await ticketOf(parts.get());
  parts.script.state = () => null;
  await pass(parts, 2 * HOUR, parts.tickets);
  const first = parts.get();
  assert.ok(first instanceof Promise);
  assert.equal(hostOf(await ticketOf(first)), "sod2");
  for (let minute = 0; minute < 5; minute++) {
    await pass(parts, MINUTE, parts.tickets);
    const answer = parts.get();
    assert.ok(!(answer instanceof Promise), "the caller waits");
    assert.equal(hostOf(await ticketOf(answer)), "sod2");
    await parts.tickets.drain();
  }
  at(parts, "sod3");
  await pass(parts, MINUTE, parts.tickets);
  await ticketOf(parts.get());
  await parts.tickets.drain();
  assert.equal(hostOf(await ticketOf(parts.get())), "sod3");
});

test("a store that cannot be told of a new address keeps it from nobody", async (parts) => {
  at(parts, "sod2");
  await ticketOf(parts.get());
  at(parts, "sod3");
  parts.stores.tickets.relocate = down;
  await pass(parts, HOUR, parts.tickets);
  assert.equal(hostOf(await ticketOf(parts.get())), "sod3");
});

test("a tenant that is found stopped has no ticket anywhere, until it runs", async (parts) => {
  at(parts, "sod2");
  const other = parts.another();
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  parts.script.state = () => stateOf("OfflineMaintenance");
  await pass(parts, HOUR, parts.tickets, other);
  assert.deepEqual(await refusalOf(parts.get()), {
    code: "tenant_suspended",
    reason: "maintenance",
    retryAfterSeconds: 30,
  });
  const stored = (await parts.stores.tenants.get(TENANT))!;
  assert.deepEqual(
    [stored.health, stored.healthReason, stored.healthSince, stored.state],
    ["suspended", "maintenance", parts.clock.now(), "OfflineMaintenance"],
  );
  assert.equal((await refusalOf(get(other))).code, "tenant_suspended");
  assert.equal(parts.counts.exchanges, 1);
  at(parts, "sod2");
  await pass(parts, MINUTE, parts.tickets, other);
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  assert.equal(parts.counts.exchanges, 2);
  assert.equal((await parts.stores.tenants.get(TENANT))?.health, "connected");
});

test("a removal elsewhere is heard of within a minute, however idle the process is", async (parts) => {
  stay(parts);
  await ticketOf(parts.get());
  await parts.tickets.hearNews();
  await parts.stores.tenants.remove(TENANT, null);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  parts.clock.advance(MINUTE - 1);
  assert.ok(!(parts.get() instanceof Promise), "it may be a minute old");
  await parts.tickets.drain();
  assert.equal((await refusalOf(parts.get())).code, "tenant_unknown");
});

test("after a minute without news nobody gets the ticket of a tenant that is gone", async (parts) => {
  stay(parts);
  await ticketOf(parts.get());
  await parts.tickets.hearNews();
  await parts.stores.tenants.remove(TENANT, null);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  parts.clock.advance(MINUTE);
  assert.equal((await refusalOf(parts.get())).code, "tenant_unknown");
});

test("a process that nobody asks lets go of a removed tenant's ticket, too", async (parts) => {
  stay(parts);
  await ticketOf(parts.get());
  for (let look = 0; look < 2; look++) {
    await pass(parts, 45_000, parts.tickets);
    assert.equal((await handoutOf(parts.get())).source, "memory");
  }
  await parts.stores.tenants.remove(TENANT, null);
  await pass(parts, 45_000, parts.tickets);
  // The store's ticket is still there: only memory could have answered with it.
  assert.equal((await refusalOf(parts.get())).code, "tenant_unknown");
});

test("a restore that another process was told of ends the ticket in every memory, for one exchange", async (parts) => {
  stay(parts);
  const processes = [parts.tickets, parts.another(), parts.another()];
  for (const process of processes) await ticketOf(get(process));
  await pass(parts, 46_000, ...processes);
  await mark(parts, { ticketsFrom: parts.clock.now() });
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  await pass(parts, 46_000, ...processes);
  for (const process of processes) {
    assert.equal((await ticketOf(get(process))).generation > 1, true);
  }
  assert.equal(parts.counts.exchanges, 2);
});

test("a move that another process was told of has the address asked for anew", async (parts) => {
  at(parts, "sod2", 5 * HOUR);
  await ticketOf(parts.get());
  await parts.tickets.hearNews();
  at(parts, "sod3", 5 * HOUR);
  await mark(parts, { health: "moved", healthReason: "state_change" });
  await pass(parts, 46_000, parts.tickets);
  assert.equal(hostOf(await ticketOf(parts.get())), "sod3");
  assert.equal(parts.counts.exchanges, 1);
});

test("a store that was set back to older change numbers has every tenant looked up", async (parts) => {
  stay(parts);
  await ticketOf(parts.get());
  await parts.tickets.hearNews();
  const changes = parts.stores.tenants.changes;
  parts.stores.tenants.changes = async (after, limit) => ({
    ...await changes(after, limit),
    newest: 0,
    changes: [],
  });
  await parts.stores.tenants.remove(TENANT, null);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  await pass(parts, MINUTE, parts.tickets);
  assert.equal((await refusalOf(parts.get())).code, "tenant_unknown");
});

test("a ticket that was on its way when the first news came does not get into memory", async (parts) => {
  stay(parts);
  await ticketOf(get(parts.another()));
  const process = parts.another();
  const read = parts.stores.tickets.get;
  const late = Promise.withResolvers<void>();
  parts.stores.tickets.get = async (...args) => {
    const ticket = await read(...args);
    await late.promise;
    return ticket;
  };
  const asked = Promise.resolve(get(process));
  await settle();
  await parts.stores.tenants.remove(TENANT, null);
  // Nothing is in memory yet, so only the timer's look is left out: this is the caller's.
  const news = process.hearNews();
  late.resolve();
  await asked;
  await news;
  parts.clock.advance(MINUTE);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  assert.equal((await refusalOf(get(process))).code, "tenant_unknown");
});

test("a store that is silent keeps one caller waiting, and then nobody", async (parts) => {
  stay(parts);
  await ticketOf(parts.get());
  parts.stores.tenants.changes = down;
  parts.clock.advance(MINUTE);
  const first = parts.get();
  assert.ok(first instanceof Promise);
  assert.ok((await first).ok);
  for (let minute = 0; minute < 3; minute++) {
    parts.clock.advance(MINUTE);
    assert.ok(!(parts.get() instanceof Promise), "the caller waits");
    await parts.tickets.drain();
  }
});

test("who knows of an end asks the store's source, because a copy may be behind", async (parts) => {
  stay(parts);
  const old = await ticketOf(parts.get());
  // A copy that stands still: it gives the ticket of before, whatever happens.
  parts.stores.tickets.get = () => Promise.resolve(old);
  parts.script.exchange = () => ({ kind: "refused" });
  const { generation } = old;
  const refused = await parts.tickets.replace(
    CALLER,
    TENANT,
    generation,
    "request-3",
  );
  assert.equal(!refused.ok && refused.refusal.code, "consent_withdrawn");
  assert.equal((await refusalOf(parts.get())).code, "consent_withdrawn");
  // Somebody consents again, at another instance.
  parts.clock.advance(1000);
  await parts.consent();
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  parts.script.exchange = () => ({
    kind: "issued",
    ticket: old.ticket,
    webapiUrl: old.webapiUrl,
    netserverUrl: old.netserverUrl,
  });
  const healed = await handoutOf(parts.get());
  assert.equal(healed.source, "exchange");
  assert.ok(healed.ticket.generation > generation);
});

test("a tenant that nobody can read is let go of, and keeps nobody from the news of others", async (parts) => {
  stay(parts);
  await ticketOf(parts.get());
  const find = parts.stores.tenants.get;
  parts.stores.tenants.get = () => Promise.reject(new PartFault("store", "unreadable"));
  await parts.tickets.hearNews();
  parts.stores.tenants.get = find;
  assert.equal((await handoutOf(parts.get())).source, "store");
});

test("a ticket that could not be ended in the store is handed out by nobody who heard of its end", async (parts) => {
  stay(parts);
  const processes = [parts.tickets, parts.another()];
  for (const process of processes) await ticketOf(get(process));
  await pass(parts, 46_000, ...processes);
  // The store's own end of it was lost.
  await mark(parts, { ticketsFrom: parts.clock.now() });
  await pass(parts, 46_000, ...processes);
  for (const process of processes) assert.equal((await ticketOf(get(process))).generation, 2);
  assert.equal(parts.counts.exchanges, 2);
});

test("a move that ended elsewhere before it was heard of here has the address asked for behind the answer", async (parts) => {
  at(parts, "sod2", 5 * HOUR);
  await ticketOf(parts.get());
  await parts.tickets.hearNews();
  at(parts, "sod3", 5 * HOUR);
  await mark(parts, { health: "moved", healthReason: "state_change" });
  await mark(parts, { health: "connected", healthReason: "answered" });
  await pass(parts, 46_000, parts.tickets);
  await ticketOf(parts.get());
  await parts.tickets.drain();
  assert.equal(hostOf(await ticketOf(parts.get())), "sod3");
});

test("a process that has just begun to hear trusts no copy of the store for a minute", async (parts) => {
  stay(parts);
  const old = await ticketOf(get(parts.another()));
  await parts.stores.tenants.remove(TENANT, null);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  const process = parts.another();
  const other = { ...old, contextIdentifier: ContextId.parse("Cust4711")! };
  const read = parts.stores.tickets.get;
  // The copy is behind; another tenant's ticket is what has this process hear at all.
  parts.stores.tickets.get = (tenant) =>
    Promise.resolve(tenant === TENANT ? old : { ...other, contextIdentifier: tenant });
  await process.get({ ...CALLER }, other.contextIdentifier, "request-1");
  await process.hearNews();
  assert.equal((await refusalOf(get(process))).code, "tenant_unknown");
  parts.stores.tickets.get = read;
});

test("a clock that is set back does not end the mistrust of copies", async (parts) => {
  stay(parts);
  const old = await ticketOf(parts.get());
  await parts.stores.tenants.remove(TENANT, null);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  parts.tickets.forget(TENANT);
  parts.stores.tickets.get = () => Promise.resolve(old);
  parts.clock.advance(-1000);
  assert.equal((await refusalOf(parts.get())).code, "tenant_unknown");
});

test("a doubt that comes while SuperOffice is asked has it asked once more", async (parts) => {
  at(parts, "sod2");
  await ticketOf(parts.get());
  await pass(parts, HOUR, parts.tickets);
  const answer = parts.get();
  // What was asked for is the state of before; then the tenant moves, and somebody says so.
  parts.tickets.doubt(TENANT, 0);
  await answer;
  at(parts, "sod3");
  assert.equal(hostOf(await ticketOf(parts.get())), "sod3");
});

test("a tenant of which SuperOffice said where it is has not moved any more", async (parts) => {
  at(parts, "sod2", 5 * HOUR);
  await ticketOf(parts.get());
  await mark(parts, { health: "moved", healthReason: "state_change" });
  parts.standings.watch(TENANT);
  at(parts, "sod3", 5 * HOUR);
  parts.tickets.doubt(TENANT, 0);
  await ticketOf(parts.get());
  await parts.standings.drain();
  const { health, healthReason } = (await parts.stores.tenants.get(TENANT))!;
  assert.deepEqual([health, healthReason], ["connected", "located"]);
});
