import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSealing } from "../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../src/adapters/storage/sqlite.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import type { EntryDraft } from "../../src/domain/ledger_entry.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import type { Outcome } from "../../src/domain/refusal.ts";
import { type EntryFilter, EVERY_ENTRY } from "../../src/domain/shown_entry.ts";
import { createAudit } from "../../src/usecases/audit.ts";
import { MAX_COUNTED } from "../../src/usecases/console_figures.ts";
import { MAX_SEARCHED } from "../../src/usecases/console_search.ts";
import { createLedgerConsole } from "../../src/usecases/ledger_console.ts";
import type { LedgerStore } from "../../src/usecases/ports.ts";
import { appendEntries, attemptEntries } from "../support/ledger_past.ts";
import { CALLER } from "../support/parts.ts";
import { createMemoryLog, createTestClock } from "../support/service.ts";
import { addStoredTenant } from "../support/stored_tenants.ts";

const MINUTE = 60_000;

function createStage() {
  const clock = createTestClock();
  const log = createMemoryLog();
  const stores = openSqlite({
    owner: "test",
    path: ":memory:",
    sealing: createSealing([{ id: "k1", key: randomBytes(32) }]),
  });
  const reads: number[] = [];
  const switches = { fault: null as PartFault | null, swap: null as LedgerStore | null };
  const now = () => switches.swap ?? stores.ledger;
  const store: LedgerStore = {
    ...stores.ledger,
    head: () => switches.fault === null ? now().head() : Promise.reject(switches.fault),
    async read(after, limit) {
      if (switches.fault !== null) throw switches.fault;
      const leaves = await now().read(after, limit);
      reads.push(leaves.length);
      return leaves;
    },
    tiles: (ids) => now().tiles(ids),
  };
  const checkpoints = {
    current: () => Promise.reject(new Error("nothing is signed")),
    status: async () => ({ size: (await store.head()).size, last: null, isContinued: true }),
    key: () => Promise.reject(new Error("nobody asked")),
    grown: () => {},
    settle: () => Promise.resolve(),
    drain: () => Promise.resolve(),
  };
  const audit = createAudit({ store, checkpoints, clock, log });
  const { tenants } = stores;
  const view = createLedgerConsole({ audit, ledger: store, tenants, clock, log });
  const search = (filter: Partial<EntryFilter> = {}, before: number | null = null, limit = 50) =>
    view.entries(CALLER, { filter: { ...EVERY_ENTRY, ...filter }, before, limit }).then(valueOf);
  return {
    clock,
    log,
    stores,
    switches,
    reads,
    view,
    search,
    /** Entries read by what is done. */
    async cost(deed: () => Promise<unknown>): Promise<number> {
      reads.length = 0;
      await deed();
      return reads.reduce((sum, count) => sum + count, 0);
    },
    async figures() {
      return valueOf((valueOf(await view.overview(CALLER))).figures);
    },
    /** So many attempts, two entries each, a minute apart, up to now. */
    attempts: (count: number, bend: Partial<Parameters<typeof attemptEntries>[0]> = {}) =>
      appendEntries(
        stores.ledger,
        Array.from({ length: count }, (_, place) =>
          attemptEntries({
            at: clock.now() - (count - 1 - place) * MINUTE,
            name: crypto.randomUUID(),
            result: "signed",
            ...bend,
          })).flat(),
      ),
  };
}

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
}

type Stage = ReturnType<typeof createStage>;

function test(name: string, prove: (stage: Stage) => Promise<void>): void {
  Deno.test(name, async () => {
    const stage = createStage();
    try {
      await prove(stage);
    } finally {
      stage.stores.close();
    }
  });
}

test("a log of 25,000 entries costs the newest 20,000 once, and then what came since", async (stage) => {
  assert.equal(await stage.attempts(12_500), 25_000);
  const first = await stage.cost(stage.figures);
  assert.ok(first >= MAX_COUNTED && first <= MAX_COUNTED + 20, `${first} entries`);
  const figures = await stage.figures();
  assert.equal(figures.since?.index, 5000);
  assert.equal(figures.since?.at, stage.clock.now() - 9999 * MINUTE);
  assert.equal(figures.days[0]!.total.signed, 10_000);
  assert.equal(figures.hours[0]!.total.signed, 23 * 60 + 1);
  assert.ok(await stage.cost(stage.figures) <= 20);

  await stage.attempts(3);
  assert.ok(await stage.cost(stage.figures) <= 26);
  assert.equal((await stage.figures()).days[0]!.total.signed, 10_003);
  assert.equal((await stage.figures()).since?.index, 5000);
});

test("whoever looks at the same time costs no second reading", async (stage) => {
  await stage.attempts(2000);
  const cost = await stage.cost(() => Promise.all([1, 2, 3].map(() => stage.figures())));
  assert.ok(cost < 4100, `${cost} entries`);
});

test("a log that grew by more than 20,000 is counted from the newest 20,000 on", async (stage) => {
  await stage.attempts(10);
  assert.equal((await stage.figures()).since?.index, 0);
  await stage.attempts(10_500);
  const cost = await stage.cost(stage.figures);
  assert.ok(cost <= MAX_COUNTED + 20, `${cost} entries`);
  const figures = await stage.figures();
  assert.equal(figures.since?.index, 1020);
  assert.equal(figures.days[0]!.total.signed, 10_000);
});

test("what was archived is not counted and not shown, and it is said", async (stage) => {
  await stage.attempts(600);
  await stage.stores.ledger.forget(768);
  const figures = await stage.figures();
  assert.deepEqual(figures.since, { index: 768, at: stage.clock.now() - 215 * MINUTE });
  assert.equal(figures.days[0]!.total.signed, 216);

  const all: number[] = [];
  let before: number | null = null;
  for (let pages = 0; pages < 20; pages++) {
    const found = await stage.search({}, before);
    all.push(...found.entries.map(({ index }) => index));
    before = found.next;
    if (found.next !== null) continue;
    assert.deepEqual([found.isArchived, found.first], [true, 768]);
    break;
  }
  assert.deepEqual(all, Array.from({ length: 432 }, (_, back) => 1199 - back));
  const beyond = await stage.search({}, 500);
  assert.deepEqual([beyond.entries, beyond.isArchived, beyond.next], [[], true, null]);
});

test("entries that are archived while the figures are kept stay counted", async (stage) => {
  await stage.attempts(600);
  await stage.figures();
  await stage.stores.ledger.forget(1024);
  await stage.attempts(1);
  const figures = await stage.figures();
  assert.equal(figures.since?.index, 0);
  assert.equal(figures.days[0]!.total.signed, 601);
});

test("a log of which everything is archived has no figures and no entries", async (stage) => {
  await stage.attempts(128);
  await stage.stores.ledger.forget(256);
  assert.equal((await stage.figures()).since, null);
  const found = await stage.search();
  assert.deepEqual([found.entries, found.isArchived, found.size], [[], true, 256]);
});

test("a store that was restored, shorter or other than before, is counted anew", async (stage) => {
  const other = createStage();
  try {
    await stage.attempts(20);
    assert.equal((await stage.figures()).days[0]!.total.signed, 20);
    await other.attempts(5);
    stage.switches.swap = other.stores.ledger;
    assert.equal((await stage.figures()).days[0]!.total.signed, 5);
    await other.attempts(45, { result: "failed" });
    assert.deepEqual((await stage.figures()).days[0]!.total, { signed: 5, failed: 45, open: 0 });
    stage.switches.swap = null;
    await stage.attempts(40);
    assert.deepEqual((await stage.figures()).days[0]!.total, { signed: 60, failed: 0, open: 0 });
  } finally {
    other.stores.close();
  }
});

test("a search for what is rare stops after 5,000 entries and can be gone on with", async (stage) => {
  await stage.attempts(1, { caller: "rare" });
  await stage.attempts(4000);
  const searches: unknown[] = [];
  let before: number | null = null;
  do {
    const cost = await stage.cost(async () => {
      const found = await stage.search({ caller: "rare" }, before);
      searches.push([found.entries.length, found.first, found.end]);
      before = found.next;
    });
    assert.ok(cost <= MAX_SEARCHED, `${cost} entries`);
  } while (before !== null);
  assert.deepEqual(searches, [[0, 3002, 8002], [2, 0, 3002]]);
});

test("pages of what is looked for neither repeat nor miss an entry", async (stage) => {
  for (let round = 0; round < 40; round++) {
    await stage.attempts(3, { caller: round % 2 === 0 ? "orders" : "sync" });
  }
  const found: number[] = [];
  let before: number | null = null;
  do {
    const page = await stage.search({ caller: "sync", kind: "sign_intent" }, before, 7);
    found.push(...page.entries.map(({ index }) => index));
    before = page.next;
  } while (before !== null);
  const wanted = Array.from({ length: 240 }, (_, index) => index)
    .filter((index) => Math.floor(index / 6) % 2 === 1 && index % 2 === 0);
  assert.deepEqual(found, wanted.toReversed());
});

test("a time long ago is found without reading what came since, also where clocks differ", async (stage) => {
  await stage.attempts(10_000);
  const from = stage.clock.now() - 9000 * MINUTE;
  const [wanted] = attemptEntries({ at: from + 1, name: "wanted", result: null });
  const [late] = attemptEntries({ at: from - 59 * MINUTE, name: "late", result: null });
  let found = await stage.search({ from, to: from + 10 * MINUTE });
  assert.equal(found.entries.length, 20);
  assert.equal(found.next, null);
  const cost = await stage.cost(() => stage.search({ from, to: from + 10 * MINUTE }));
  assert.ok(cost < 800, `${cost} entries`);

  // Of two instances whose clocks are an hour behind, less a minute.
  const other = createStage();
  try {
    const draft = (minute: number): EntryDraft[] =>
      attemptEntries({ at: from + minute * MINUTE, name: `at ${minute}`, result: "signed" });
    const drafts = Array.from({ length: 200 }, (_, minute) => draft(minute)).flat();
    drafts.splice(116, 0, wanted!, late!);
    await appendEntries(other.stores.ledger, drafts);
    found = await other.search({ from: from + 1, to: from + 2 });
    assert.deepEqual(found.entries.map(({ index }) => index), [116]);
  } finally {
    other.stores.close();
  }
});

test("who may not `ledger` is refused before anything is read", async (stage) => {
  const caller = { ...CALLER, permissions: new Set(["ticket", "relay", "tenants"] as const) };
  stage.switches.fault = new PartFault("store", "network");
  const search = { filter: EVERY_ENTRY, before: null, limit: 50 };
  for (
    const outcome of [
      await stage.view.overview(caller),
      await stage.view.entries(caller, search),
      await stage.view.tenants(caller, 0),
    ]
  ) assert.equal(!outcome.ok && outcome.refusal.code, "caller_forbidden");
  assert.deepEqual(stage.log.lines, []);
});

test("tenants are those of the caller's entry, 200 a page, in the order of consent", async (stage) => {
  for (let number = 1; number <= 205; number++) await addStoredTenant(stage, number);
  const first = valueOf(await stage.view.tenants(CALLER, 0));
  assert.equal(first.tenants.length, 200);
  const second = valueOf(await stage.view.tenants(CALLER, first.next!));
  assert.deepEqual(
    second.tenants.map((it) => it.contextIdentifier),
    [201, 202, 203, 204, 205]
      .map((number) => `Cust${number}`),
  );
  assert.equal(second.next, null);
  const one = { ...CALLER, tenants: new Set(["Cust7"]) };
  const own = valueOf(await stage.view.tenants(one, 0));
  assert.deepEqual(own.tenants.map((it) => it.contextIdentifier), [ContextId.parse("Cust7")]);
  assert.equal(own.next, first.next);
});

test("a store that does not answer is a refusal that says when to come again", async (stage) => {
  stage.switches.fault = new PartFault("store", "network", 4000);
  const outcome = await stage.view.overview(CALLER);
  assert.deepEqual(outcome, {
    ok: false,
    refusal: { code: "ledger_unavailable", reason: "network", retryAfterSeconds: 4 },
  });
  stage.switches.fault = null;
  assert.equal((await stage.view.overview(CALLER)).ok, true);
});

test("a fault in the middle of counting costs the figures alone, and they go on behind it", async (stage) => {
  await stage.attempts(3000);
  let pages = 0;
  const read = stage.reads.push.bind(stage.reads);
  stage.reads.push = (...counts) => {
    if (++pages === 3) stage.switches.fault = new PartFault("store", "timeout");
    return read(...counts);
  };
  const broken = valueOf(await stage.view.overview(CALLER));
  assert.equal(broken.figures.ok, false);
  stage.switches.fault = null;
  const figures = await stage.figures();
  assert.deepEqual(figures.days[0]!.total, { signed: 3000, failed: 0, open: 0 });
});

test("a reconciliation is shown as it was kept, or as unreadable, or as none", async (stage) => {
  const kept = async () => valueOf(valueOf(await stage.view.overview(CALLER)).reconciliation);
  assert.deepEqual(await kept(), { kind: "none" });
  const { ledger } = stage.stores;
  await ledger.keepNote("reconciliation", null, "{");
  assert.deepEqual(await kept(), { kind: "unreadable" });
  const summary = {
    at: "2026-11-22T12:00:00Z",
    from: null,
    to: null,
    matched: 1,
    unwitnessed: 0,
    unexplained: 0,
    indeterminate: 0,
    confirmed_until: null,
  };
  await ledger.keepNote("reconciliation", "{", JSON.stringify(summary));
  assert.deepEqual(await kept(), { kind: "kept", summary });
});
