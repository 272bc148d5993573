import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSealing } from "../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../src/adapters/storage/sqlite.ts";
import { createLedgerWalk } from "../../src/domain/ledger_verification.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { createLedger, LedgerFault } from "../../src/usecases/ledger.ts";
import type { LedgerStore } from "../../src/usecases/ports.ts";
import { createMemoryLog, createTestClock } from "../support/service.ts";
import { createTestIds } from "../support/parts.ts";

const CONTEXT = { requestId: "r", caller: "c", contextIdentifier: "Cust1" };
const DEED = { kind: "tenant_removed", reason: "requested" } as const;

function open() {
  const stores = openSqlite({
    owner: "test",
    path: ":memory:",
    sealing: createSealing([{ id: "k", key: randomBytes(32) }]),
  });
  let appends = 0;
  const hooks: { before: (() => void) | null; after: (() => void) | null } = {
    before: null,
    after: null,
  };
  const store: LedgerStore = {
    ...stores.ledger,
    async append(expected, append) {
      appends++;
      hooks.before?.();
      const answer = await stores.ledger.append(expected, append);
      hooks.after?.();
      return answer;
    },
  };
  const writer = () =>
    createLedger({ store, clock: createTestClock(), ids: createTestIds(), log: createMemoryLog() });
  const verify = async () => {
    const walk = createLedgerWalk();
    for (const leaf of await store.read(-1, 10_000)) walk.next(leaf);
    return walk.finish(null);
  };
  return { hooks, writer, verify, appends: () => appends, close: () => stores.close() };
}

Deno.test("entries of concurrent callers share appends and stay dense", async () => {
  const log = open();
  const ledger = log.writer();
  await Promise.all(Array.from({ length: 300 }, () => ledger.record(CONTEXT, DEED)));
  const verdict = await log.verify();
  assert.ok(verdict.ok && verdict.size === 300, JSON.stringify(verdict));
  assert.ok(log.appends() <= 3, `${log.appends()} appends`);
  log.close();
});

Deno.test("several writers on one store append without a gap or a fork", async () => {
  const log = open();
  const writers = [log.writer(), log.writer(), log.writer(), log.writer()];
  await Promise.all(
    Array.from({ length: 80 }, (_, place) => writers[place % 4]!.record(CONTEXT, DEED)),
  );
  const verdict = await log.verify();
  assert.ok(verdict.ok && verdict.size === 80, JSON.stringify(verdict));
  log.close();
});

Deno.test("an entry that could not be written is refused, and the next one finds its place", async () => {
  const log = open();
  const ledger = log.writer();
  await ledger.record(CONTEXT, DEED);
  log.hooks.before = () => {
    throw new PartFault("store", "network");
  };
  await assert.rejects(ledger.record(CONTEXT, DEED), LedgerFault);
  log.hooks.before = null;
  await ledger.record(CONTEXT, DEED);
  const verdict = await log.verify();
  assert.ok(verdict.ok && verdict.size === 2);
  log.close();
});

Deno.test("an entry that was written although its answer was lost leaves no fork", async () => {
  const log = open();
  const ledger = log.writer();
  log.hooks.after = () => {
    throw new PartFault("store", "timeout");
  };
  await assert.rejects(ledger.record(CONTEXT, DEED), LedgerFault);
  log.hooks.after = null;
  await ledger.record(CONTEXT, DEED);
  const verdict = await log.verify();
  assert.ok(verdict.ok && verdict.size === 2, "the lost one counts, the next follows it");
  log.close();
});

Deno.test("draining waits for what is being written", async () => {
  const log = open();
  const ledger = log.writer();
  let written = 0;
  for (let entry = 0; entry < 20; entry++) {
    ledger.record(CONTEXT, DEED).then(() => written++);
  }
  await ledger.drain();
  assert.equal(written, 20);
  log.close();
});
