import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { canonicalText } from "../../src/domain/ledger_entry.ts";
import { readReconciliationNote } from "../../src/domain/reconciliation_note.ts";
import {
  CANARIES,
  ENTRY_KINDS,
  EVERY_ENTRY,
  isFiltered,
  isWanted,
  shownEntry,
} from "../../src/domain/shown_entry.ts";

const ENTRY = {
  at: "2026-11-22T12:00:00.000Z",
  attempt: "one",
  caller: "orders",
  context_identifier: "Cust12345",
  error: null,
  index: 7,
  kind: "sign_outcome",
  request_id: "r1",
  result: "signed",
  signature_sha256: "ab".repeat(32),
};

Deno.test("an entry is shown by its place, with its members in the order of its kind", () => {
  assert.deepEqual(shownEntry(canonicalText(ENTRY), 7), {
    index: 7,
    at: ENTRY.at,
    kind: "sign_outcome",
    requestId: "r1",
    caller: "orders",
    contextIdentifier: "Cust12345",
    isCanary: false,
    members: [
      { name: "attempt", value: "one" },
      { name: "result", value: "signed" },
      { name: "signature_sha256", value: ENTRY.signature_sha256 },
      { name: "error", value: null },
    ],
  });
});

Deno.test("what is no entry is shown as it is stored", () => {
  for (const leaf of ["", "7", "null", "[]", "{}", '{"kind":7}', "{", "<b>"]) {
    const entry = shownEntry(leaf, 3);
    assert.deepEqual([entry.index, entry.kind, entry.members], [3, null, [
      { name: "leaf", value: leaf },
    ]]);
  }
  const foreign = shownEntry('{"kind":"toString","x":{"y":[1]},"at":7}', 0);
  assert.deepEqual(foreign.members, [{ name: "x", value: '{"y":[1]}' }]);
  assert.equal(foreign.at, null);
});

Deno.test("each filter finds what it names and nothing else; a time begins with itself", () => {
  const entry = shownEntry(canonicalText(ENTRY), 7);
  const at = Date.parse(ENTRY.at);
  const rows = [
    [{}, true],
    [{ tenant: ContextId.parse("Cust12345") }, true],
    [{ tenant: ContextId.parse("Cust1234") }, false],
    [{ caller: "orders" }, true],
    [{ caller: "order" }, false],
    [{ kind: "sign_outcome" }, true],
    [{ kind: "sign_intent" }, false],
    [{ from: at }, true],
    [{ from: at + 1 }, false],
    [{ to: at + 1 }, true],
    [{ to: at }, false],
    [{ caller: "orders", kind: "sign_intent" }, false],
  ] as const;
  for (const [filter, expected] of rows) {
    const whole = { ...EVERY_ENTRY, ...filter };
    assert.equal(isWanted(entry, whole), expected, JSON.stringify(filter));
    assert.equal(isFiltered(whole), Object.keys(filter).length > 0);
  }
  const timeless = shownEntry(canonicalText({ ...ENTRY, at: "never" }), 7);
  assert.equal(isWanted(timeless, { ...EVERY_ENTRY, from: 0 }), false);
  assert.equal(isWanted(timeless, EVERY_ENTRY), true);
});

Deno.test("a canary is a signature of nobody, and nothing else is one", () => {
  const nobody = { ...ENTRY, caller: null, context_identifier: null };
  const { caller: _, ...missing } = nobody;
  const rows = [
    [nobody, true],
    [{ ...nobody, kind: "sign_intent" }, true],
    [{ ...nobody, kind: "consent_refused" }, false],
    [{ ...nobody, kind: "exchange" }, false],
    [{ ...nobody, caller: "canary" }, false],
    [{ ...nobody, context_identifier: "Cust1" }, false],
    [{ ...nobody, caller: 7 }, false],
    [missing, false],
    [{ ...nobody, kind: "canaries" }, false],
  ] as const;
  for (const [leaf, expected] of rows) {
    const entry = shownEntry(canonicalText(leaf), 7);
    assert.equal(entry.isCanary, expected, JSON.stringify(leaf));
    assert.equal(isWanted(entry, { ...EVERY_ENTRY, kind: CANARIES }), expected);
  }
  assert.equal(shownEntry("{", 7).isCanary, false);
});

Deno.test("what can be looked for by kind is what is written", () => {
  assert.ok(ENTRY_KINDS.includes("tenant_state"));
  assert.ok(ENTRY_KINDS.includes("key_changed"));
  assert.ok(!ENTRY_KINDS.includes(CANARIES));
});

const NOTE = {
  at: "2026-11-22T12:00:00.000000000Z",
  from: null,
  to: "2026-11-22T11:00:00Z",
  matched: 7,
  unwitnessed: 0,
  unexplained: 1,
  indeterminate: 0,
  confirmed_until: null,
};

Deno.test("what is remembered of a reconciliation is read whole or not at all", () => {
  assert.deepEqual(readReconciliationNote(JSON.stringify(NOTE)), NOTE);
  const bends = [
    { at: null },
    { at: "yesterday" },
    { at: "2026-02-31T00:00:00Z" },
    { at: "2026-11-22T12:00:00+02:00" },
    { from: 7 },
    { to: "<b>" },
    { confirmed_until: "" },
    { matched: -1 },
    { matched: "7" },
    { unexplained: 0.5 },
    { unexplained: null },
    { indeterminate: undefined },
    { unwitnessed: 1e300 },
  ];
  for (const bend of bends) {
    const text = JSON.stringify({ ...NOTE, ...bend });
    assert.equal(readReconciliationNote(text), null, text);
  }
  for (const text of ["", "{", "null", "7", "[]", "{}", '"x"']) {
    assert.equal(readReconciliationNote(text), null, text);
  }
});
