/** What canaries confirm: a time without holes, and nothing beyond it. */

import assert from "node:assert/strict";
import { type Instant, instantAt } from "../../src/domain/instant.ts";
import type { ReconciliationInput } from "../../src/domain/reconciliation.ts";
import { CRYPTO_KEY, KEY_VERSION } from "../support/audit_entries.ts";
import { at, canary, entry, LATER, MINUTE, NOON, run } from "./reconciling.ts";

Deno.test("logging is confirmed until the last canary before one that is missing", () => {
  const seen = (seconds: number) => entry(seconds + 0.5, `canary ${seconds}`);
  const canaries = [canary(0), canary(100), canary(200), canary(300)];
  const confirmed = (entries: readonly unknown[], rest: Partial<ReconciliationInput> = {}) => {
    const { logging } = run(canaries, entries, rest);
    return [logging.until, logging.seen, logging.missing.map((it) => it.at)];
  };
  const all = [seen(0), seen(100), seen(200), seen(300)];
  assert.deepEqual(confirmed(all), [at(300), 4, []]);
  assert.deepEqual(confirmed(all.toSpliced(2, 1)), [at(100), 3, [at(200)]]);
  assert.deepEqual(confirmed(all.slice(1)), [null, 3, [at(0)]]);
  assert.deepEqual(confirmed([]), [null, 0, canaries.map((it) => it.at)]);
  assert.deepEqual(confirmed([], { from: at(1000), logExtent: { from: at(0), until: at(5000) } }), [
    null,
    0,
    [],
  ]);
  // Not a hole yet: it may still come.
  assert.deepEqual(confirmed(all.slice(0, 3), { now: NOON + 301_000 }), [at(200), 3, []]);
});

Deno.test("a canary that was never signed is not missed", () => {
  const { logging } = run([canary(0), canary(100, { result: "failed" }), canary(200)], [
    entry(0.5, "canary 0"),
    entry(200.5, "canary 200"),
  ]);
  assert.deepEqual([logging.until, logging.seen, logging.missing.length], [at(200), 2, 0]);
});

Deno.test("what has a caller or a tenant is no canary", () => {
  for (const bent of [{ caller: "orders" }, { contextIdentifier: "Cust12345" }]) {
    const { logging } = run([canary(0, bent)], [entry(0.5, "canary 0")]);
    assert.deepEqual([logging.until, logging.seen], [null, 0]);
  }
});

Deno.test("logging is confirmed for each key version by its own canaries", () => {
  const keyVersion = `${CRYPTO_KEY}/cryptoKeyVersions/2`;
  const { logging } = run([canary(0), canary(100, { keyVersion })], [entry(0.5, "canary 0")]);
  assert.deepEqual(logging.keyVersions.map((it) => [it.keyVersion, it.until]), [
    [KEY_VERSION, at(0)],
    [keyVersion, null],
  ]);
  assert.equal(logging.until, at(0));
});

Deno.test("a canary that two key versions signed is one, where nobody says how many there should be", () => {
  const keyVersion = `${CRYPTO_KEY}/cryptoKeyVersions/2`;
  const both = [0, 600, 1200].flatMap((it) => [canary(it), canary(it, { keyVersion })]);
  assert.equal(run(both, []).logging.periodMs, 600_000);
});

const HOUR = 3600;
const DAY_LATER = NOON + 24 * HOUR * 1000;
const shown = (seconds: number) => entry(seconds + 0.5, `canary ${seconds}`);

/** Canaries at these times, all of them logged at once. */
function confirmedBy(times: readonly number[], rest: Partial<ReconciliationInput> = {}) {
  const canaries = times.map((seconds) => canary(seconds));
  const given = { from: at(0), now: DAY_LATER, ...rest };
  return run(canaries, times.map(shown), given).logging;
}

/** Seconds after noon. */
const seconds = (instant: Instant | null) => instant && (Date.parse(instant) - NOON) / 1000;

Deno.test("a canary that logging missed stays missing, though somebody signs its digest later", () => {
  const times = [0, HOUR, 2 * HOUR, 7 * HOUR];
  const late = [entry(6.5 * HOUR, `canary ${HOUR}`), entry(6.6 * HOUR, `canary ${2 * HOUR}`)];
  const { logging, unexplained } = run(
    times.map((it) => canary(it)),
    [shown(0), ...late, shown(7 * HOUR)],
    { now: DAY_LATER },
  );
  assert.deepEqual(logging.missing.map((it) => it.at), [at(HOUR), at(2 * HOUR)]);
  assert.deepEqual([logging.until, logging.seen], [at(0), 2]);
  assert.deepEqual(unexplained.map(({ why }) => why), ["too_many", "too_many"]);
});

Deno.test("logging is confirmed by the time of the intent, whatever the entry's", () => {
  const { logging } = run([canary(0)], [entry(250, "canary 0")]);
  assert.deepEqual([logging.from, logging.until], [at(0), at(0)]);
});

Deno.test("hours without any canary are confirmed by nothing, and told", () => {
  const times = [0, HOUR, 2 * HOUR, 7 * HOUR, 8 * HOUR];
  const gap = { from: at(2 * HOUR), until: at(7 * HOUR) };
  for (const canaryMs of [null, 60 * MINUTE]) {
    const logging = confirmedBy(times, { canaryMs, to: at(9 * HOUR) });
    assert.deepEqual([logging.from, logging.until], [at(0), at(2 * HOUR)]);
    assert.deepEqual([logging.gaps, logging.longest], [[gap], gap]);
    assert.deepEqual([logging.periodMs, logging.isPeriodGiven], [60 * MINUTE, canaryMs !== null]);
    assert.deepEqual([logging.keyVersions[0]!.until, logging.missing], [at(2 * HOUR), []]);
  }
});

Deno.test("each canary has its own time in its period: up to two periods are no gap", () => {
  const period = { canaryMs: 60 * MINUTE };
  assert.equal(seconds(confirmedBy([0, 2 * HOUR], period).until), 2 * HOUR);
  assert.equal(seconds(confirmedBy([0, 2 * HOUR + 120], period).until), 2 * HOUR + 120);
  assert.equal(seconds(confirmedBy([0, 2 * HOUR + 121], period).until), 0);
  // Of two distances the longer is never more than twice what is usual.
  assert.equal(seconds(confirmedBy([0, 600, 5 * HOUR]).until), 5 * HOUR);
});

Deno.test("tries at one canary do not make the usual time shorter", () => {
  const times = [0, HOUR, 2 * HOUR, 3 * HOUR];
  const tries = times.flatMap((it) =>
    [2, 1, 0].map((early) =>
      canary(it - early, {
        digest: canary(it).digest,
        ...(early > 0 && { result: "failed", error: "network" }),
      })
    )
  );
  // Their answers were lost, and all of them are in the log.
  const entries = times.flatMap((it) =>
    [2, 1, 0].map((early) => entry(it - early + 0.5, `canary ${it}`))
  );
  const { logging } = run(tries, entries, { now: DAY_LATER });
  assert.equal(Math.round(logging.periodMs! / MINUTE), 60);
  assert.deepEqual([logging.seen, seconds(logging.until)], [12, 3 * HOUR]);
});

Deno.test("the longest time without a canary may lie at an edge of the window", () => {
  const window = { from: at(-5 * HOUR), to: at(9 * HOUR) };
  assert.deepEqual(confirmedBy([0, HOUR], window).longest, { from: at(HOUR), until: at(9 * HOUR) });
  const later = { ...window, to: at(2 * HOUR) };
  assert.deepEqual(confirmedBy([0, HOUR], later).longest, { from: at(-5 * HOUR), until: at(0) });
  const now = { from: null, to: null, now: LATER };
  assert.deepEqual(confirmedBy([0], now).longest, { from: at(0), until: instantAt(LATER) });
  assert.equal(confirmedBy([], window).longest, null);
});
