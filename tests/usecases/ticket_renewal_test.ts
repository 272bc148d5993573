/** Renewal behind the answer, from the callers' side. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { ISSUED, stateOf, TENANT } from "../support/parts.ts";
import {
  get,
  handoutOf,
  hit,
  HOUR,
  MINUTE,
  type Parts,
  pass,
  refusalOf,
  reject,
  settle,
  stay,
  test,
  ticketOf,
} from "./ticket_rules.ts";

const silent = () => {
  throw new PartFault("superoffice", "timeout");
};

test("while a ticket is renewed its callers get it at once, and afterwards the new one", async (parts) => {
  stay(parts);
  await ticketOf(parts.get());
  const exchange = Promise.withResolvers<typeof ISSUED>();
  parts.script.exchange = () => exchange.promise;
  await pass(parts, 5 * HOUR, parts.tickets);
  for (let caller = 0; caller < 50; caller++) {
    const answer = parts.get();
    assert.ok(!(answer instanceof Promise), "the caller waits");
    assert.equal(answer.ok && answer.value.ticket.generation, 1);
    if (caller === 0) await settle();
  }
  exchange.resolve(ISSUED);
  await parts.tickets.drain();
  assert.equal((await hit(parts.tickets)).generation, 2);
  assert.equal(parts.counts.exchanges, 2);
});

test("of five processes that renew at once one exchanges, and nobody waits for it", async (parts) => {
  stay(parts);
  const processes = Array.from({ length: 5 }, () => parts.another());
  for (const process of processes) await ticketOf(get(process));
  await pass(parts, 5 * HOUR, ...processes);
  const answers = processes.map((process) => get(process));
  assert.ok(answers.every((answer) => !(answer instanceof Promise)));
  await Promise.all(processes.map((process) => process.drain()));
  assert.equal(parts.counts.exchanges, 2);
  assert.deepEqual(parts.pauses, []);
  parts.clock.advance(MINUTE);
  for (const process of processes) await hit(process);
  for (const process of processes) assert.equal((await hit(process)).generation, 2);
  assert.equal(parts.counts.exchanges, 2);
});

test("a process that drew early renews for the one that drew late", async (parts) => {
  const early = parts.another({ renewalShift: -0.05 });
  const late = parts.another({ renewalShift: 0.05 });
  for (const process of [early, late]) await ticketOf(get(process));
  parts.clock.advance(0.76 * 6 * HOUR);
  for (const process of [late, early]) await hit(process);
  assert.equal((await hit(early)).generation, 2);
  parts.clock.advance(0.08 * 6 * HOUR);
  assert.equal((await hit(late)).generation, 1);
  parts.clock.advance(0.02 * 6 * HOUR);
  await hit(late);
  assert.equal((await hit(late)).generation, 2);
  assert.equal(parts.counts.exchanges, 2);
});

test("a renewal that failed is tried again after a minute, by whoever comes first", async (parts) => {
  const other = parts.another();
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  parts.script.exchange = silent;
  parts.clock.advance(5 * HOUR);
  await hit(parts.tickets);
  parts.clock.advance(MINUTE - 1);
  await hit(other);
  assert.equal(parts.counts.exchanges, 2);
  parts.clock.advance(1);
  await hit(parts.tickets);
  assert.equal(parts.counts.exchanges, 3);
});

test("a process asks for a renewal once a minute, however often its ticket is used", async (parts) => {
  await ticketOf(parts.get());
  parts.script.exchange = silent;
  const { lease } = parts.stores.tickets;
  let asked = 0;
  parts.stores.tickets.lease = (tenant, request) => {
    asked++;
    return lease(tenant, request);
  };
  parts.clock.advance(5 * HOUR);
  for (let second = 0; second < 120; second++) {
    await hit(parts.tickets);
    parts.clock.advance(1_000);
  }
  assert.equal(asked, 2);
});

test("nobody who has no ticket waits for the pause between renewals", async (parts) => {
  await ticketOf(parts.get());
  parts.script.exchange = silent;
  parts.clock.advance(6 * HOUR - 61_000);
  await hit(parts.tickets);
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(5_000);
  assert.equal((await handoutOf(parts.get())).source, "exchange");
  assert.deepEqual(parts.pauses, []);
});

test("a caller whose ticket dies while it is renewed too early gets one all the same", async (parts) => {
  const other = parts.another();
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  parts.script.exchange = silent;
  parts.clock.advance(6 * HOUR - 64_000);
  await hit(other);
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(3_000);
  const gate = Promise.withResolvers<void>();
  const { lease } = parts.stores.tickets;
  const told: string[] = [];
  parts.stores.tickets.lease = async (tenant, request) => {
    const answer = await lease(tenant, request);
    told.push(answer.kind);
    if (answer.kind === "later") await gate.promise;
    return answer;
  };
  assert.equal((await handoutOf(parts.get())).source, "memory");
  await settle();
  parts.clock.advance(5_000);
  const caller = parts.get();
  gate.resolve();
  assert.equal((await ticketOf(caller)).generation, 3);
  // The ticket in the store is the one that died.
  assert.deepEqual(told, ["later", "hit", "lease"]);
});

const FAILURES: Readonly<Record<string, (parts: Parts) => void>> = {
  "the store is down": ({ stores }) => {
    const down = () => Promise.reject(new PartFault("store", "network"));
    Object.assign(stores.tickets, { get: down, lease: down, publish: down, refuse: down });
    stores.tenants.get = down;
  },
  "the store loses its answers to the exchange": ({ stores }) => {
    stores.tickets.refuse = () => Promise.reject(new PartFault("store", "timeout"));
  },
  "the ledger cannot be written": ({ script }) => {
    script.append = () => {
      throw new PartFault("store", "full");
    };
  },
  "the key does not sign": ({ script, fail }) => {
    script.sign = () => fail("denied", false);
  },
  "SuperOffice is silent": ({ script }) => {
    script.exchange = silent;
  },
  "SuperOffice's keys cannot be had": ({ script }) => {
    script.prepare = silent;
  },
  "SuperOffice answers something else": ({ script }) => {
    script.exchange = () => ({ kind: "unfit", reason: "issuer" });
  },
};

for (const [failure, fail] of Object.entries(FAILURES)) {
  test(`a usable ticket survives a renewal that fails: ${failure}`, async (parts) => {
    const { ticket } = await ticketOf(parts.get());
    fail(parts);
    if (failure.startsWith("the store loses")) parts.script.exchange = silent;
    parts.clock.advance(5 * HOUR);
    for (let minute = 0; minute < 5; minute++) {
      assert.equal((await hit(parts.tickets)).ticket, ticket, `minute ${minute}`);
      parts.clock.advance(MINUTE);
    }
    assert.ok(parts.log.lines.some(({ level }) => level === "warn"), "the renewal did not fail");
  });
}

test("a renewal that finds the tenant stopped takes the ticket from everybody, until it runs", async (parts) => {
  const other = parts.another();
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  parts.script.state = () => stateOf("OfflineMaintenance");
  parts.clock.advance(5 * HOUR);
  assert.equal((await refusalOf(parts.get())).code, "tenant_suspended");
  assert.equal((await refusalOf(get(other))).code, "tenant_suspended");
  assert.equal(parts.counts.exchanges, 1, "nobody asked for a ticket meanwhile");
  parts.script.state = () => stateOf("Running");
  parts.clock.advance(MINUTE);
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  assert.equal(parts.counts.exchanges, 2);
});

test("a renewal that SuperOffice refuses takes the ticket from everybody", async (parts) => {
  const other = parts.another();
  stay(parts);
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  parts.script.exchange = () => ({ kind: "refused" });
  await pass(parts, 5 * HOUR, parts.tickets, other);
  await hit(parts.tickets);
  assert.equal((await refusalOf(parts.get())).code, "consent_withdrawn");
  assert.equal((await refusalOf(get(parts.another()))).code, "consent_withdrawn");
  await hit(other);
  assert.equal((await refusalOf(get(other))).code, "consent_withdrawn");
  assert.equal(parts.counts.exchanges, 2);
});

test("a ticket that grows old leaves memory when its tenant was removed elsewhere", async (parts) => {
  await ticketOf(parts.get());
  parts.clock.advance(5 * HOUR);
  await parts.stores.tenants.remove(TENANT, null);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  assert.equal((await refusalOf(parts.get())).code, "tenant_unknown");
});

test("a ticket that was found to be gone does not come back with a renewal that was too early", async (parts) => {
  stay(parts);
  const other = parts.another();
  for (const process of [parts.tickets, other]) await ticketOf(get(process));
  parts.script.exchange = silent;
  await pass(parts, 5 * HOUR, parts.tickets, other);
  await hit(other);
  parts.clock.advance(46_000);
  // Removed when the news are heard, and back when its renewal comes to that.
  parts.stores.tenants.changes = () =>
    Promise.resolve({ newest: 99, changes: [{ tenant: TENANT, number: 99, standing: null }] });
  await hit(parts.tickets);
  assert.equal((await handoutOf(parts.get())).source, "store");
});

test("a rejection joins the renewal that is under way", async (parts) => {
  await ticketOf(parts.get());
  const exchange = Promise.withResolvers<typeof ISSUED>();
  parts.script.exchange = () => exchange.promise;
  parts.clock.advance(5 * HOUR);
  await handoutOf(parts.get());
  const rejections = Array.from({ length: 20 }, () => reject(parts.tickets, 1));
  await settle();
  exchange.resolve(ISSUED);
  for (const rejection of rejections) assert.equal((await ticketOf(rejection)).generation, 2);
  assert.equal(parts.counts.exchanges, 2);
});
