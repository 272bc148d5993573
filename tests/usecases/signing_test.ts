/** What stands before the key and before the exchange: budgets and breakers, as callers meet them. */

import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { Secret } from "../../src/domain/secret.ts";
import { CALLER, createParts, ISSUED, type PartsOptions, TENANT } from "../support/parts.ts";

type Parts = ReturnType<typeof createParts>;

function test(name: string, options: PartsOptions, body: (parts: Parts) => Promise<void>): void {
  Deno.test(name, async () => {
    const parts = createParts(options);
    try {
      await parts.consent();
      await body(parts);
    } finally {
      parts.close();
    }
  });
}

async function refusal(parts: Parts, tenant = TENANT) {
  const outcome = await parts.tickets.get(CALLER, tenant, "request-1");
  assert.ok(!outcome.ok, "a ticket was handed out");
  return outcome.refusal;
}

const unavailable = (reason: string, retryAfterSeconds: number) => ({
  code: "signer_unavailable",
  reason,
  retryAfterSeconds,
});

/** Another tenant that consented. */
async function addTenant({ stores, clock }: Parts, name: string): Promise<ContextId> {
  const contextIdentifier = ContextId.parse(name)!;
  await stores.tenants.put({
    contextIdentifier,
    companyName: "Another Tenant",
    consentedBy: "admin@example.test",
    consentedAt: clock.now(),
    serial: "1234567891",
    systemUserToken: new Secret("Box Office-AbCdEf5678"),
    webapiUrl: null,
    netserverUrl: null,
  }, null);
  return contextIdentifier;
}

test(
  "beyond its hour's budget a tenant is refused at once, without a trace, until the told instant",
  { perTenantHour: 2 },
  async (parts) => {
    parts.script.sign = () => parts.fail("timeout", true);
    assert.deepEqual(await refusal(parts), unavailable("budget", 1800));
    assert.equal(parts.counts.signatures, 2, "the third attempt was one too many");
    assert.equal((await parts.entries()).length, 4);
    parts.script.sign = () => {};
    const other = await addTenant(parts, "Cust2");
    assert.ok((await parts.tickets.get(CALLER, other, "request-2")).ok, "another has its own");
    // The pause before the second attempt counts too.
    parts.clock.advance(1_800_000 - 301);
    assert.equal((await refusal(parts)).reason, "budget");
    parts.clock.advance(2000);
    assert.ok((await parts.get()).ok);
  },
);

test("all tenants of a process share its budget for a minute", { perMinute: 2 }, async (parts) => {
  const [second, third] = [await addTenant(parts, "Cust2"), await addTenant(parts, "Cust3")];
  assert.ok((await parts.get()).ok);
  assert.ok((await parts.tickets.get(CALLER, second, "request-2")).ok);
  assert.deepEqual(await refusal(parts, third), unavailable("budget", 30));
  assert.ok((await parts.get()).ok, "a ticket in memory costs nothing");
  parts.clock.advance(30_000);
  assert.ok((await parts.tickets.get(CALLER, third, "request-3")).ok);
  assert.equal(parts.counts.signatures, 3);
});

test(
  "a key that failed five times in a row is left alone, and no intent is written for it",
  { faults: 5 },
  async (parts) => {
    parts.script.sign = () => parts.fail("unavailable", true);
    assert.equal((await refusal(parts)).reason, "unavailable");
    parts.clock.advance(2001);
    assert.deepEqual(await refusal(parts), unavailable("breaker_open", 5));
    assert.equal(parts.counts.signatures, 5);
    assert.equal((await parts.entries()).length, 10);
    parts.clock.advance(2001);
    assert.deepEqual(await refusal(parts), unavailable("breaker_open", 3));
    assert.equal((await parts.entries()).length, 10);
  },
);

test(
  "one attempt is the probe of a key, and one that fails is the only one",
  { faults: 1 },
  async (parts) => {
    parts.script.sign = () => parts.fail("unavailable", true);
    assert.deepEqual(await refusal(parts), unavailable("breaker_open", 5));
    parts.clock.advance(5000);
    assert.deepEqual(await refusal(parts), unavailable("breaker_open", 5));
    assert.equal(parts.counts.signatures, 2);
    parts.clock.advance(5000);
    parts.script.sign = () => {};
    assert.ok((await parts.get()).ok);
    const events = parts.log.lines.map(({ event }) => event);
    assert.deepEqual(events.filter((event) => event.startsWith("breaker.")), [
      "breaker.opened",
      "breaker.closed",
    ]);
  },
);

test("a probe whose intent cannot be written is no probe", { faults: 1 }, async (parts) => {
  parts.script.sign = () => parts.fail("denied", false);
  await refusal(parts);
  parts.clock.advance(5000);
  parts.script.append = () => {
    throw new PartFault("store", "full");
  };
  assert.equal((await refusal(parts)).code, "ledger_unavailable");
  parts.script.append = () => {};
  parts.script.sign = () => {};
  parts.clock.advance(1001);
  assert.ok((await parts.get()).ok);
});

test(
  "while the exchange does not answer two tenants, no third one's signature is spent on it",
  { faults: 2 },
  async (parts) => {
    const [second, third] = [await addTenant(parts, "Cust2"), await addTenant(parts, "Cust3")];
    parts.script.exchange = () => {
      throw new PartFault("superoffice", "timeout");
    };
    const lost = { code: "upstream_unavailable", reason: "timeout", retryAfterSeconds: 5 };
    assert.deepEqual(await refusal(parts), lost);
    assert.deepEqual(await refusal(parts, second), lost);
    assert.deepEqual(await refusal(parts, third), { ...lost, reason: "breaker_open" });
    assert.deepEqual([parts.counts.signatures, parts.counts.exchanges], [2, 2]);
    parts.clock.advance(5000);
    parts.script.exchange = () => ISSUED;
    assert.ok((await parts.tickets.get(CALLER, third, "request-3")).ok);
    assert.ok((await parts.get()).ok);
  },
);

test(
  "a tenant whose database does not answer leaves the way to the others open",
  { faults: 2 },
  async (parts) => {
    parts.script.exchange = () => {
      throw new PartFault("superoffice", "timeout");
    };
    for (let count = 0; count < 5; count++) {
      assert.equal((await refusal(parts)).reason, "timeout");
      parts.clock.advance(5000);
    }
    const other = await addTenant(parts, "Cust2");
    parts.script.exchange = () => ISSUED;
    assert.ok((await parts.tickets.get(CALLER, other, "request-2")).ok);
  },
);

test(
  "a probe that the budget refuses is no probe either",
  { faults: 1, perMinute: 1 },
  async (parts) => {
    parts.script.sign = () => parts.fail("unavailable", false);
    assert.equal((await refusal(parts)).reason, "unavailable");
    parts.clock.advance(5000);
    assert.deepEqual(await refusal(parts), unavailable("budget", 55));
    parts.script.sign = () => {};
    parts.clock.advance(55_000);
    assert.ok((await parts.get()).ok);
  },
);
