import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { CALLER, createParts, ISSUED, TENANT } from "../support/parts.ts";

type Parts = ReturnType<typeof createParts>;

function test(name: string, body: (parts: Parts) => Promise<void>, keys = 1): void {
  Deno.test(name, async () => {
    const parts = createParts({ keys });
    try {
      await parts.consent();
      await body(parts);
    } finally {
      parts.close();
    }
  });
}

async function refusal(parts: Parts) {
  const outcome = await parts.get();
  assert.ok(!outcome.ok, "a ticket was handed out");
  return outcome.refusal;
}

const kinds = async (parts: Parts) =>
  (await parts.entries()).map((it) => it.result ? `${it.kind}:${it.result}` : it.kind);

test("an attempt that may be repeated is repeated, each with an intent of its own", async (parts) => {
  parts.script.sign = (attempt) => attempt < 3 ? parts.fail("unavailable", true) : undefined;
  assert.ok((await parts.get()).ok);
  assert.deepEqual(await kinds(parts), [
    "sign_intent",
    "sign_outcome:failed",
    "sign_intent",
    "sign_outcome:failed",
    "sign_intent",
    "sign_outcome:signed",
    "exchange:issued",
  ]);
  const attempts = (await parts.entries()).map((it) => it.attempt);
  assert.equal(new Set(attempts).size, 3);
  assert.deepEqual(parts.pauses, [100, 200]);
});

test("three failed attempts are the last, and SuperOffice is not asked", async (parts) => {
  parts.script.sign = () => parts.fail("timeout", true);
  assert.equal((await refusal(parts)).code, "signer_unavailable");
  assert.deepEqual(parts.counts, { signatures: 3, exchanges: 0, states: 1 });
});

test("an attempt that may not be repeated is the only one", async (parts) => {
  parts.script.sign = () => parts.fail("denied", false);
  const { code, reason } = await refusal(parts);
  assert.deepEqual([code, reason], ["signer_unavailable", "denied"]);
  assert.equal(parts.counts.signatures, 1);
});

test("a key that asks for a pause gets it", async (parts) => {
  parts.script.sign = (attempt) => attempt === 1 ? parts.fail("quota", true, 1000) : undefined;
  assert.ok((await parts.get()).ok);
  assert.deepEqual(parts.pauses, [1000]);
});

test("nothing is signed when the intent cannot be written", async (parts) => {
  parts.script.append = () => {
    throw new PartFault("store", "full");
  };
  assert.equal((await refusal(parts)).code, "ledger_unavailable");
  assert.equal(parts.counts.signatures, 0);
  parts.script.append = () => {};
  parts.clock.advance(2000);
  assert.ok((await parts.get()).ok, "it heals when the ledger is back");
});

test("a signature whose outcome cannot be written is never used", async (parts) => {
  parts.script.append = ([kind]) => {
    if (kind === "sign_outcome") throw new PartFault("store", "timeout");
  };
  assert.equal((await refusal(parts)).code, "ledger_unavailable");
  assert.deepEqual(parts.counts, { signatures: 1, exchanges: 0, states: 1 });
  assert.deepEqual(await kinds(parts), ["sign_intent"]);
});

test("a ticket whose digest cannot be written is not handed out", async (parts) => {
  parts.script.append = ([kind]) => {
    if (kind === "exchange") throw new PartFault("store", "network");
  };
  assert.equal((await refusal(parts)).code, "ledger_unavailable");
  assert.deepEqual(await kinds(parts), ["sign_intent", "sign_outcome:signed"]);
  assert.equal(await parts.stores.tickets.get(TENANT, parts.clock.now()), null);
});

test("a refused token marks the tenant, and is not asked about again for a while", async (parts) => {
  parts.script.exchange = () => ({ kind: "refused" });
  assert.equal((await refusal(parts)).code, "consent_withdrawn");
  assert.equal((await refusal(parts)).code, "consent_withdrawn");
  assert.equal(parts.counts.exchanges, 1);
  assert.equal((await parts.stores.tenants.get(TENANT))?.health, "consent_withdrawn");
  parts.clock.advance(60_001);
  parts.script.exchange = () => ISSUED;
  assert.ok((await parts.get()).ok);
  assert.equal((await parts.stores.tenants.get(TENANT))?.health, "connected");
});

test("a standby key is tried when the first one's signature is refused", async (parts) => {
  parts.script.exchange = (count) => count === 1 ? { kind: "refused" } : ISSUED;
  assert.ok((await parts.get()).ok);
  const intents = (await parts.entries()).filter((it) => it.kind === "sign_intent");
  assert.deepEqual(intents.map((it) => it.key_version), ["key-1", "key-2"]);
}, 2);

test("a silent SuperOffice is upstream_unavailable, and the signature's fate is on record", async (parts) => {
  parts.script.exchange = () => {
    throw new PartFault("superoffice", "timeout");
  };
  assert.equal((await refusal(parts)).code, "upstream_unavailable");
  const last = (await parts.entries()).at(-1);
  assert.deepEqual([last?.kind, last?.result, last?.error], ["exchange", "failed", "timeout"]);
});

test("an answer that is no ticket is exchange_failed with its reason on record", async (parts) => {
  parts.script.exchange = () => ({ kind: "unfit", reason: "issuer" });
  assert.equal((await refusal(parts)).code, "exchange_failed");
  assert.equal((await parts.entries()).at(-1)?.error, "issuer");
});

test("no signature is spent when its answer could not be judged", async (parts) => {
  parts.script.prepare = () => {
    throw new PartFault("superoffice", "network");
  };
  assert.equal((await refusal(parts)).code, "upstream_unavailable");
  assert.deepEqual(parts.counts, { signatures: 0, exchanges: 0, states: 1 });
  assert.deepEqual(await parts.entries(), []);
});

test("a consent is not answered by an exchange that began before it", async (parts) => {
  const old = Promise.withResolvers<typeof ISSUED>();
  parts.script.exchange = (count) => count === 1 ? old.promise : ISSUED;
  const first = parts.get();
  while (parts.counts.exchanges === 0) await parts.clock.sleep(0);
  parts.clock.advance(1);
  await parts.consent();
  parts.tickets.forget(TENANT);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  const second = await parts.get();
  assert.ok(second.ok, "the new consent heals at once");
  old.resolve({ kind: "refused" });
  assert.ok(!(await first).ok);
  assert.ok((await parts.get()).ok, "the older refusal does no harm");
  assert.equal((await parts.stores.tenants.get(TENANT))?.health, "connected");
});

test("a tenant that another process removed leaves memory within a minute", async (parts) => {
  assert.ok((await parts.get()).ok);
  await parts.stores.tenants.remove(TENANT, null);
  await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
  assert.ok((await parts.get()).ok, "not known here yet");
  parts.clock.advance(60_000);
  await parts.get();
  await parts.tickets.drain();
  assert.equal((await refusal(parts)).code, "tenant_unknown");
});

test("a store that is down takes no ticket out of memory", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.stores.tenants.get = () => Promise.reject(new PartFault("store", "network"));
  parts.clock.advance(60_000);
  assert.ok((await parts.get()).ok);
  await parts.tickets.drain();
  assert.ok((await parts.get()).ok);
});

test("a tenant that is not running costs no signature", async (parts) => {
  parts.script.state = () => ({
    state: "Suspended",
    isRunning: false,
    webapiUrl: null,
    netserverUrl: null,
    validUntil: null,
  });
  assert.equal((await refusal(parts)).code, "tenant_suspended");
  assert.equal(parts.counts.signatures, 0);
  assert.equal((await parts.stores.tenants.get(TENANT))?.state, "Suspended");
  const [entry] = await parts.entries();
  assert.deepEqual([entry?.kind, entry?.from, entry?.to], ["tenant_state", "Running", "Suspended"]);
});

test("the address of the tenant's state wins over the one in the token", async (parts) => {
  parts.script.state = () => ({
    state: "Running",
    isRunning: true,
    webapiUrl: "https://sod3.example.test/Cust12345/api/",
    netserverUrl: null,
    validUntil: null,
  });
  const outcome = await parts.get();
  assert.ok(outcome.ok);
  assert.equal(outcome.value.ticket.webapiUrl, "https://sod3.example.test/Cust12345/api/");
  assert.equal(
    outcome.value.ticket.netserverUrl,
    ISSUED.kind === "issued" ? ISSUED.netserverUrl : null,
  );
});

test("a consent during an exchange fences the older token's ticket", async (parts) => {
  parts.script.exchange = async (count) => {
    if (count === 1) await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
    return ISSUED;
  };
  const outcome = await parts.get();
  assert.ok(outcome.ok);
  assert.equal(parts.counts.exchanges, 2);
  assert.ok(outcome.value.ticket.generation > 1);
});

test("a removal during an exchange leaves the caller without a ticket", async (parts) => {
  parts.script.exchange = async () => {
    await parts.stores.tenants.remove(TENANT, null);
    await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
    return ISSUED;
  };
  assert.equal((await refusal(parts)).code, "tenant_unknown");
});

test("a stored ticket that nobody can open any more is forgotten, not waited for", async (parts) => {
  const { tickets } = parts.stores;
  const get = tickets.get;
  let opened = 0;
  tickets.get = (tenant, now) => {
    if (opened++ === 0) return Promise.reject(new PartFault("store", "unreadable"));
    return get(tenant, now);
  };
  assert.ok((await parts.get()).ok);
  assert.equal(parts.counts.exchanges, 1);
});

test("a ticket that was read before its tenant was forgotten does not come back", async (parts) => {
  parts.script.exchange = () => {
    parts.tickets.forget(TENANT);
    return ISSUED;
  };
  assert.ok((await parts.get()).ok);
  const next = await parts.get();
  assert.equal(next.ok && next.value.source, "store", "it was not kept in memory");
});

Deno.test("permission is judged before memory, store and tenant", async () => {
  const parts = createParts();
  try {
    const stranger = { ...CALLER, tenants: new Set(["Cust1"]) };
    const before = await parts.get(stranger);
    await parts.consent();
    assert.ok((await parts.get()).ok);
    const after = await parts.get(stranger);
    assert.deepEqual(before, after);
    assert.equal(!after.ok && after.refusal.code, "caller_forbidden");
  } finally {
    parts.close();
  }
});

Deno.test("a tenant that never consented is unknown and leaves nothing behind", async () => {
  const parts = createParts();
  try {
    assert.equal((await refusal(parts)).code, "tenant_unknown");
    assert.deepEqual(await parts.entries(), []);
    await parts.consent();
    assert.ok((await parts.get()).ok);
  } finally {
    parts.close();
  }
});
