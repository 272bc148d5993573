import assert from "node:assert/strict";
import {
  createSignTally,
  DAYS,
  emptySeries,
  HOURS,
  joined,
  type SignSeries,
  sumOf,
} from "../../src/domain/ledger_charts.ts";
import { canonicalText } from "../../src/domain/ledger_entry.ts";
import { type Attempt, attemptEntries, KEY_VERSION } from "../support/ledger_past.ts";

const HOUR = 3_600_000;

/** In the middle of an hour, and of a day. */
const NOW = Date.UTC(2026, 10, 22, 12, 30);

function tallyOf(attempts: readonly Attempt[]) {
  const tally = createSignTally();
  for (const entry of attempts.flatMap(attemptEntries)) tally.take(canonicalText(entry));
  return tally;
}

const attempt = (name: string, at: number, more: Partial<Attempt> = {}): Attempt => ({
  name,
  at,
  result: "signed",
  ...more,
});

const only = (all: readonly SignSeries[]): SignSeries => {
  assert.equal(all.length, 1);
  return all[0]!;
};

/** Slots with anything in them: place from the newest, and its counts. */
const used = ({ slots }: SignSeries) =>
  slots.toReversed().flatMap(({ start: _, ...counts }, back) =>
    sumOf([counts]).signed + counts.failed + counts.open > 0 ? [[back, counts]] : []
  );

Deno.test("attempts count at the hour of their intent, by what came of them", () => {
  const tally = tallyOf([
    attempt("one", NOW),
    attempt("two", NOW - HOUR / 2),
    attempt("three", NOW - HOUR / 2 - 1, { result: "failed" }),
    attempt("four", NOW - HOUR, { result: null }),
  ]);
  const series = only(tally.series(HOURS, NOW));
  assert.equal(series.keyVersion, KEY_VERSION);
  assert.deepEqual(used(series), [
    [0, { signed: 2, failed: 0, open: 0 }],
    [1, { signed: 0, failed: 1, open: 1 }],
  ]);
  assert.deepEqual(series.total, { signed: 2, failed: 1, open: 1 });
  assert.equal(series.slots.length, 24);
  assert.equal(series.slots.at(-1)!.start, Date.UTC(2026, 10, 22, 12));
});

Deno.test("an outcome in another hour counts where its intent was", () => {
  const [intent] = attemptEntries(attempt("one", NOW - HOUR));
  const [, outcome] = attemptEntries(attempt("one", NOW));
  const tally = createSignTally();
  tally.take(canonicalText(intent));
  assert.equal(only(tally.series(HOURS, NOW)).total.open, 1);
  tally.take(canonicalText(outcome));
  assert.deepEqual(used(only(tally.series(HOURS, NOW))), [[1, { signed: 1, failed: 0, open: 0 }]]);
});

Deno.test("24 hours and 30 days end with those that are not over, and begin where they must", () => {
  const tally = tallyOf([
    attempt("oldest hour", Date.UTC(2026, 10, 21, 13)),
    attempt("hour before", Date.UTC(2026, 10, 21, 12, 59, 59, 999)),
    attempt("oldest day", Date.UTC(2026, 9, 24)),
    attempt("day before", Date.UTC(2026, 9, 23, 23, 59, 59, 999)),
  ]);
  assert.deepEqual(used(only(tally.series(HOURS, NOW))).map(([back]) => back), [23]);
  const days = only(tally.series(DAYS, NOW));
  assert.deepEqual(used(days), [
    [1, { signed: 2, failed: 0, open: 0 }],
    [29, { signed: 1, failed: 0, open: 0 }],
  ]);
  assert.equal(days.slots[0]!.start, Date.UTC(2026, 9, 24));
});

Deno.test("every key version has a series of its own, in the order of their names", () => {
  const tally = tallyOf([
    attempt("one", NOW, { keyVersion: "b" }),
    attempt("two", NOW, { keyVersion: "a", result: "failed" }),
  ]);
  const series = tally.series(HOURS, NOW);
  assert.deepEqual(series.map(({ keyVersion }) => keyVersion), ["a", "b"]);
  const all = joined("all", series);
  assert.deepEqual(all.total, { signed: 1, failed: 1, open: 0 });
  assert.deepEqual(used(all), [[0, { signed: 1, failed: 1, open: 0 }]]);
  const empty = emptySeries("c", HOURS, NOW);
  assert.deepEqual(
    empty.slots.map(({ start }) => start),
    all.slots.map(({ start }) => start),
  );
  assert.deepEqual(used(empty), []);
});

Deno.test("what is no attempt counts nowhere: an outcome alone, another kind, a garbled leaf", () => {
  const tally = createSignTally();
  const [intent, outcome] = attemptEntries(attempt("one", NOW));
  tally.take(canonicalText(outcome));
  tally.take(canonicalText({ ...intent, kind: "exchange" }));
  const bends = [{ at: "never" }, { at: 7 }, { attempt: null }, { key_version: 7 }];
  for (const bend of bends) tally.take(canonicalText({ ...intent, ...bend }));
  for (const leaf of ["", "7", "null", '{"kind":"sign_intent"', '{"kind":"sign_intent"}']) {
    tally.take(leaf);
  }
  assert.deepEqual(tally.series(HOURS, NOW), []);
  tally.take(canonicalText(intent));
  tally.take(canonicalText({ ...outcome, result: "perhaps" }));
  assert.deepEqual(only(tally.series(HOURS, NOW)).total, { signed: 0, failed: 0, open: 1 });
});

Deno.test("an outcome told twice counts once", () => {
  const tally = tallyOf([attempt("one", NOW)]);
  const [, outcome] = attemptEntries(attempt("one", NOW));
  tally.take(canonicalText(outcome));
  assert.deepEqual(only(tally.series(HOURS, NOW)).total, { signed: 1, failed: 0, open: 0 });
});

Deno.test("hours that are over for a month are forgotten, and what came meanwhile is not", () => {
  const tally = tallyOf([attempt("old", NOW), attempt("open", NOW, { result: null })]);
  const later = NOW + 32 * 24 * HOUR;
  assert.deepEqual(tally.series(DAYS, later), []);
  const [intent] = attemptEntries(attempt("new", later));
  tally.take(canonicalText(intent));
  assert.deepEqual(only(tally.series(DAYS, later)).total, { signed: 0, failed: 0, open: 1 });
  assert.deepEqual(tally.series(DAYS, NOW), []);
});
