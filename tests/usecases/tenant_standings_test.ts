/** What is noted of a tenant: health, why and since when, evidence and notices. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { ISSUED, stateOf, TENANT } from "../support/parts.ts";
import { HOUR, MINUTE, type Parts, refusalOf, test, ticketOf } from "./ticket_rules.ts";

const silent = (reason: "timeout" | "network" = "timeout") => () => {
  throw new PartFault("superoffice", reason);
};

async function healthOf(parts: Parts) {
  const { health, healthReason, healthSince, state } = (await parts.stores.tenants.get(TENANT))!;
  return { health, why: healthReason, since: healthSince, state };
}

const told = (parts: Parts) =>
  parts.notices.map(({ body }) => {
    const { type, data } = JSON.parse(body);
    return { type, ...data };
  });

test("a tenant that has consented is connected since then", async (parts) => {
  const since = parts.clock.now();
  parts.clock.advance(HOUR);
  await ticketOf(parts.get());
  assert.deepEqual(await healthOf(parts), {
    health: "connected",
    why: "consent",
    since,
    state: "Running",
  });
  assert.deepEqual(told(parts), []);
});

test("a withdrawn consent is noted once, with a notice, and healed by the next ticket", async (parts) => {
  parts.script.exchange = () => ({ kind: "refused" });
  const since = parts.clock.now();
  await refusalOf(parts.get());
  parts.clock.advance(MINUTE + 1);
  await refusalOf(parts.get());
  const withdrawn = { health: "consent_withdrawn", why: "refused", since, state: "Running" };
  assert.deepEqual(await healthOf(parts), withdrawn);
  assert.deepEqual(told(parts), [
    { type: "tenant.withdrawn", context_identifier: TENANT, reason: "refused" },
  ]);
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(6 * HOUR);
  await ticketOf(parts.get());
  assert.deepEqual(await healthOf(parts), {
    health: "connected",
    why: "exchanged",
    since: parts.clock.now(),
    state: "Running",
  });
});

test("silence is noted as unreachable with its reason, since the first of it", async (parts) => {
  const since = parts.clock.now();
  parts.script.exchange = silent("network");
  await refusalOf(parts.get());
  parts.clock.advance(MINUTE);
  parts.script.exchange = silent("timeout");
  await refusalOf(parts.get());
  const unreachable = { health: "unreachable", why: "network", since, state: "Running" };
  assert.deepEqual(await healthOf(parts), unreachable);
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(MINUTE);
  await ticketOf(parts.get());
  assert.equal((await healthOf(parts)).health, "connected");
  assert.deepEqual(told(parts), [], "nobody is woken for this");
});

test("login keys that cannot be had are silence, a key of ours that fails says nothing", async (parts) => {
  parts.script.prepare = silent();
  await refusalOf(parts.get());
  assert.equal((await healthOf(parts)).health, "unreachable");
  parts.script.prepare = () => {};
  parts.clock.advance(MINUTE);
  await ticketOf(parts.get());
  parts.script.sign = () => parts.fail("denied", false);
  parts.clock.advance(6 * HOUR);
  await refusalOf(parts.get());
  assert.equal((await healthOf(parts)).health, "connected");
});

test("silence does not cover up a withdrawn consent", async (parts) => {
  parts.script.exchange = () => ({ kind: "refused" });
  await refusalOf(parts.get());
  parts.script.exchange = silent();
  parts.clock.advance(MINUTE + 1);
  assert.equal((await refusalOf(parts.get())).code, "upstream_unavailable");
  assert.equal((await healthOf(parts)).health, "consent_withdrawn");
});

test("a refused token of a tenant that was stopped meanwhile is no withdrawn consent", async (parts) => {
  let asked = 0;
  parts.script.state = () => stateOf(asked++ === 0 ? "Running" : "Suspended");
  parts.script.exchange = () => ({ kind: "refused" });
  const refusal = await refusalOf(parts.get());
  assert.deepEqual([refusal.code, refusal.reason], ["tenant_suspended", "suspended"]);
  assert.equal((await healthOf(parts)).health, "suspended");
  assert.deepEqual(told(parts), [{
    type: "tenant.state_changed",
    context_identifier: TENANT,
    previous_state: "Running",
    state: "Suspended",
    health: "suspended",
  }]);
});

test("a stopped tenant that stops otherwise is stopped for that reason from then on", async (parts) => {
  parts.script.state = () => stateOf("OfflineMaintenance");
  await refusalOf(parts.get());
  parts.clock.advance(HOUR);
  parts.script.state = () => stateOf("Deleted");
  await refusalOf(parts.get());
  assert.deepEqual(await healthOf(parts), {
    health: "suspended",
    why: "deleted",
    since: parts.clock.now(),
    state: "Deleted",
  });
  const entries = (await parts.entries()).filter(({ kind }) => kind === "tenant_state");
  assert.deepEqual(entries.map(({ from, to }) => [from, to]), [
    ["Running", "OfflineMaintenance"],
    ["OfflineMaintenance", "Deleted"],
  ]);
});

test("a changed state that cannot be put on record is not noted, and its caller hears of the ledger", async (parts) => {
  parts.script.state = () => stateOf("Suspended");
  parts.script.append = () => {
    throw new PartFault("store", "full");
  };
  assert.equal((await refusalOf(parts.get())).code, "ledger_unavailable");
  assert.equal((await healthOf(parts)).health, "connected");
  assert.deepEqual(told(parts), []);
});

test("a note that cannot be stored keeps nobody from a ticket", async (parts) => {
  parts.script.exchange = silent();
  await refusalOf(parts.get());
  parts.stores.tenants.mark = () => Promise.reject(new PartFault("store", "network"));
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(MINUTE);
  await ticketOf(parts.get());
});

test("trouble of the web services is noted once, and ended by their next answer", async (parts) => {
  const { standings } = parts;
  for (let call = 0; call < 3; call++) {
    standings.trouble(TENANT, { health: "unreachable", reason: "timeout" });
  }
  await standings.drain();
  assert.equal((await healthOf(parts)).why, "timeout");
  standings.answered(TENANT);
  await standings.drain();
  const { health, why } = await healthOf(parts);
  assert.deepEqual([health, why], ["connected", "answered"]);
  const find = parts.stores.tenants.get;
  parts.stores.tenants.get = () => assert.fail("a tenant without trouble is looked up");
  standings.answered(TENANT);
  await standings.drain();
  parts.stores.tenants.get = find;
});

test("trouble that another process saw is ended by an answer here", async (parts) => {
  const tenant = (await parts.stores.tenants.get(TENANT))!;
  const moved = { ...tenant, health: "moved", healthReason: "state_change" } as const;
  await parts.stores.tenants.mark(TENANT, tenant.consentedAt, moved, null);
  await ticketOf(parts.get());
  assert.equal((await healthOf(parts)).health, "connected", "an exchange that works ends it");
  await parts.stores.tenants.mark(TENANT, tenant.consentedAt, moved, null);
  await parts.tickets.hearNews();
  parts.standings.answered(TENANT);
  await parts.standings.drain();
  assert.equal((await healthOf(parts)).health, "connected");
});

test("trouble of the web services covers up nothing worse", async (parts) => {
  parts.script.exchange = () => ({ kind: "refused" });
  await refusalOf(parts.get());
  parts.standings.trouble(TENANT, { health: "moved", reason: "misdirected" });
  parts.standings.answered(TENANT);
  await parts.standings.drain();
  assert.equal((await healthOf(parts)).health, "consent_withdrawn");
});

test("an answer ends trouble that is still being noted", async (parts) => {
  const { standings, stores } = parts;
  const { mark } = stores.tenants;
  const slow = Promise.withResolvers<void>();
  stores.tenants.mark = async (...args) => {
    await slow.promise;
    return await mark(...args);
  };
  standings.trouble(TENANT, { health: "unreachable", reason: "timeout" });
  standings.answered(TENANT);
  slow.resolve();
  await standings.drain();
  assert.equal((await healthOf(parts)).why, "answered");
});

test("trouble and its end that could not be stored are brought by what happens next", async (parts) => {
  const { standings, stores } = parts;
  const { mark } = stores.tenants;
  const broken = () => Promise.reject(new PartFault("store", "network"));
  const timeout = { health: "unreachable", reason: "timeout" } as const;
  stores.tenants.mark = broken;
  standings.trouble(TENANT, timeout);
  await standings.drain();
  assert.equal((await healthOf(parts)).health, "connected");
  stores.tenants.mark = mark;
  standings.trouble(TENANT, timeout);
  await standings.drain();
  assert.equal((await healthOf(parts)).why, "timeout");
  stores.tenants.mark = broken;
  standings.answered(TENANT);
  await standings.drain();
  assert.equal((await healthOf(parts)).why, "timeout");
  stores.tenants.mark = mark;
  standings.answered(TENANT);
  await standings.drain();
  assert.equal((await healthOf(parts)).why, "answered");
});
