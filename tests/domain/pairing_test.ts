/** Who is paired with whom in time: an intent excuses a signature of its own minutes, and no other. */

import assert from "node:assert/strict";
import { instantAt } from "../../src/domain/instant.ts";
import { at, entry, intent, MINUTE, NOON, run, told } from "./reconciling.ts";

const DAY = 24 * 3600;
const SETTLED = { now: NOON + 40 * DAY * 1000 };
const TIMEOUT = { result: "failed", error: "timeout" } as const;
const DENIED = { result: "failed", error: "denied" } as const;
const refused = (seconds: number, name: string, reason?: string) =>
  entry(seconds, name, {
    status: { code: 7 },
    insertId: `refused ${seconds}`,
    ...(reason !== undefined && { reason }),
  });

Deno.test("an intent explains a signature from a minute before it to five minutes after", () => {
  const one = (seconds: number) => told(run([intent(0, "a")], [entry(seconds, "a")])).sort();
  for (const seconds of [-60, -1, 0, 299, 300]) {
    assert.deepEqual(one(seconds), [`${seconds} matched 0`]);
  }
  for (const seconds of [-61, -60.001, 300.001, 301]) {
    assert.deepEqual(
      one(seconds),
      [`${seconds} unexplained too_many`, "0 unwitnessed signed"].sort(),
    );
  }
});

Deno.test("how late entries may arrive has no part in which signature is whose", () => {
  for (const settlingMs of [0, 7 * DAY * 1000]) {
    const { unexplained } = run([intent(0, "a")], [entry(3600, "a")], { ...SETTLED, settlingMs });
    assert.equal(unexplained.length, 1);
  }
});

Deno.test("an old digest that is signed again is unexplained, though its own entry is not given", () => {
  const intents = [intent(0, "old"), intent(29 * DAY, "new")];
  const entries = [entry(28 * DAY, "old", { userAgent: "curl/8" }), entry(29 * DAY, "new")];
  for (
    const rest of [
      {},
      { from: at(23 * DAY) },
      { from: at(23 * DAY), logExtent: { from: at(23 * DAY), until: instantAt(SETTLED.now) } },
    ]
  ) {
    const { unexplained, matched } = run(intents, entries, { ...SETTLED, ...rest });
    assert.deepEqual(unexplained.map((it) => [it.why, it.signature.time]), [
      ["too_many", at(28 * DAY)],
    ]);
    assert.equal(matched.length, 1);
  }
});

Deno.test("neither an attempt that failed nor one without an outcome excuses another day's", () => {
  for (const bent of [TIMEOUT, { result: null }]) {
    for (const seconds of [-10 * DAY, 10 * DAY]) {
      const { unexplained } = run([intent(0, "a", bent)], [entry(seconds, "a")], SETTLED);
      assert.equal(unexplained.length, 1);
    }
  }
});

Deno.test("an attempt's name on a signature of another time joins nothing", () => {
  const own = intent(0, "a");
  const copied = entry(DAY, "a", { reason: own.attempt });
  assert.equal(run([own], [copied], SETTLED).unexplained.length, 1);
  const both = run([own], [copied, entry(1, "a")], SETTLED);
  assert.deepEqual(told(both), ["1 matched 0", `${DAY} unexplained too_many`]);
});

Deno.test("as many are paired as can be, though the nearest are not", () => {
  const intents = [intent(0, "a"), intent(290, "a")];
  // The first could have either of them, the second only the later one.
  assert.deepEqual(told(run(intents, [entry(-50, "a"), entry(250, "a")])), [
    "-50 matched 0",
    "250 matched 290",
  ]);
  assert.deepEqual(told(run(intents, [entry(250, "a"), entry(580, "a")])), [
    "250 matched 0",
    "580 matched 290",
  ]);
});

Deno.test("a stranger's refused call does not take the intent of a call that was cut off", () => {
  const late = entry(20, "a");
  assert.deepEqual(told(run([intent(0, "a", TIMEOUT)], [refused(5, "a"), late])), ["20 matched 0"]);
  // Nor one that names somebody else, whatever the attempt failed with.
  const other = refused(5, "a", "another attempt");
  assert.deepEqual(told(run([intent(0, "a", DENIED)], [other, late])), ["20 matched 0"]);
  // What was refused is not also what was signed.
  assert.deepEqual(told(run([intent(0, "a", DENIED)], [refused(5, "a"), late])), [
    "0 unwitnessed refused",
    "20 unexplained too_many",
  ]);
  const cut = run([intent(0, "a", TIMEOUT)], [refused(5, "a")]);
  assert.deepEqual(told(cut), ["0 unwitnessed refused"]);
});

Deno.test("a refused call of another time is not our attempt's", () => {
  for (const bent of [TIMEOUT, DENIED]) {
    const own = intent(0, "a", bent);
    const entries = [refused(600, "a"), refused(601, "a", own.attempt)];
    assert.deepEqual(told(run([own], entries)), ["0 unwitnessed failed"]);
    assert.deepEqual(told(run([own], [...entries, entry(1, "a")])), ["1 matched 0"]);
  }
});

Deno.test("a digest that is signed over and over is explained as often as it was meant to be", () => {
  const often = Array.from({ length: 5000 }, (_, place) => entry(place / 20, "a"));
  const intents = Array.from({ length: 50 }, (_, place) => intent(place, "a"));
  const { matched, unexplained } = run(intents, often, { settlingMs: MINUTE });
  assert.deepEqual([matched.length, unexplained.length], [50, 4950]);
});
