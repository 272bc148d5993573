/** Ledger against log: who is explained by whom, what is left over, and what cannot be told yet. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { SignCall } from "../../src/domain/audit_entry.ts";
import { createAuditLog } from "../../src/domain/audit_log.ts";
import { instantAt, millisOf } from "../../src/domain/instant.ts";
import { summaryOf } from "../../src/domain/reconciliation.ts";
import type { SignIntent } from "../../src/domain/sign_intents.ts";
import { type Bent, CRYPTO_KEY, KEY_VERSION } from "../support/audit_entries.ts";
import { at, canary, entry, intent, LATER, MINUTE, NOON, run, told } from "./reconciling.ts";

Deno.test("a signature that was intended is matched, and one that was not is unexplained", () => {
  const result = run([intent(0, "a")], [entry(0.2, "a"), entry(5, "forged")]);
  assert.deepEqual(told(result), ["0.2 matched 0", "5 unexplained no_intent"]);
});

Deno.test("each retry is an intent of its own: so many signatures are explained, and no more", () => {
  const two = [intent(0, "a", { result: "failed" }), intent(1, "a")];
  assert.deepEqual(told(run(two, [entry(0.2, "a"), entry(1.2, "a")])), [
    "0.2 matched 0",
    "1.2 matched 1",
  ]);
  const three = [entry(0.2, "a"), entry(1.2, "a"), entry(300, "a")];
  assert.deepEqual(told(run(two, three)).at(-1), "300 unexplained too_many");
  const [attempt, ...rest] = told(run(two, [entry(1.2, "a")]));
  assert.deepEqual([attempt, rest], ["0 unwitnessed failed", ["1.2 matched 1"]]);
});

Deno.test("of signatures too many, those that name our attempt are ours", () => {
  const own = intent(0, "a");
  const entries = [entry(0.1, "a"), entry(0.9, "a", { reason: own.attempt })];
  assert.deepEqual(told(run([own], entries)), ["0.1 unexplained too_many", "0.9 matched 0"]);
});

Deno.test("an attempt's name joins nothing that digest and key version do not", () => {
  const own = intent(0, "a");
  const result = run([own], [entry(0.2, "forged", { reason: own.attempt })]);
  assert.deepEqual(told(result), ["0 unwitnessed signed", "0.2 unexplained no_intent"]);
});

Deno.test("an entry may be a little older than its intent: clocks differ", () => {
  assert.deepEqual(told(run([intent(3, "a")], [entry(0, "a")])), ["0 matched 3"]);
});

Deno.test("an intent without an entry is unwitnessed, and why says how much that matters", () => {
  const intents = [
    intent(0, "a"),
    intent(1, "b", { result: "failed", error: "network" }),
    intent(2, "c", { result: null }),
    intent(3, "d", { result: "failed", error: "denied" }),
    intent(4, "e", { keyVersion: "local:0123" }),
  ];
  assert.deepEqual(told(run(intents, [entry(3.1, "d", { status: { code: 7 } })])), [
    "0 unwitnessed signed",
    "1 unwitnessed failed",
    "2 unwitnessed no_outcome",
    "3 unwitnessed refused",
    "4 unwitnessed outside_kms",
  ]);
});

Deno.test("an attempt whose call was refused explains no signature, unless it has one", () => {
  const failed = intent(0, "a", { result: "failed", error: "unavailable" });
  const refused = (bent: Bent = {}) => entry(0.1, "a", { status: { code: 14 }, ...bent });
  const entries = [refused(), entry(1.2, "a"), entry(5, "a")];
  assert.deepEqual(told(run([failed, intent(1, "a")], entries)), [
    "0 unwitnessed refused",
    "1.2 matched 1",
    "5 unexplained too_many",
  ]);
  // Somebody else may be refused, over and over.
  const others = [refused(), refused({ insertId: "2" }), entry(0.2, "a")];
  assert.deepEqual(told(run([intent(0, "a")], others)), ["0.2 matched 0"]);
  const signed = intent(0, "a");
  const spoofed = [refused({ reason: signed.attempt }), entry(0.2, "a")];
  assert.deepEqual(told(run([signed], spoofed)), ["0.2 matched 0"]);
  const open = intent(0, "a", { result: null });
  assert.deepEqual(told(run([open], others)), ["0.2 matched 0"]);
  const named = [refused({ reason: open.attempt }), entry(0.2, "a")];
  assert.deepEqual(told(run([open], named)), ["0 unwitnessed refused", "0.2 unexplained too_many"]);
});

Deno.test("one refused call explains one failed attempt, and never one that was signed", () => {
  const failed = { result: "failed" } as const;
  const refused = entry(0.1, "a", { status: { code: 14 } });
  const result = run([intent(0, "a", failed), intent(1, "a", failed), intent(2, "a")], [refused]);
  assert.deepEqual(told(result), [
    "0 unwitnessed refused",
    "1 unwitnessed failed",
    "2 unwitnessed signed",
  ]);
});

Deno.test("key versions are compared to the letter, and siblings of ours are unexplained", () => {
  const named = (keyVersion: string) =>
    told(run([intent(0, "a")], [entry(1, "a", { keyVersion })]))
      .at(-1);
  const sibling = "1 unexplained unknown_version";
  assert.equal(named(KEY_VERSION), "1 matched 0");
  assert.equal(named(`${CRYPTO_KEY}/cryptoKeyVersions/2`), sibling);
  assert.equal(named(`${CRYPTO_KEY}/cryptoKeyVersions/01`), sibling);
  assert.equal(named(CRYPTO_KEY), sibling);
  // Whose number it is the log does not say.
  assert.equal(named(KEY_VERSION.replace("/acme/", "/123456789/")), sibling);
  for (
    const other of [
      KEY_VERSION.replace("/tokens/", "/Tokens/"),
      KEY_VERSION.replace("/tokens/", "/tokens2/"),
      KEY_VERSION.replace("/acme/", "/acme-test/"),
      KEY_VERSION.replace("europe-west4", "europe-west1"),
    ]
  ) {
    const result = run([intent(0, "a")], [entry(1, "a", { keyVersion: other })]);
    assert.deepEqual(told(result), ["0 unwitnessed signed"]);
    assert.deepEqual(result.otherKeys, [{ keyVersion: other, count: 1 }]);
  }
});

Deno.test("a version that the auditor names is the app's, though the ledger never used it", () => {
  const keyVersion = `${CRYPTO_KEY.replace("tokens", "standby")}/cryptoKeyVersions/7`;
  const entries = [entry(1, "a", { keyVersion })];
  assert.deepEqual(told(run([intent(0, "z")], entries)), ["0 unwitnessed signed"]);
  const { unexplained } = run([intent(0, "z")], entries, { keyVersions: [keyVersion] });
  assert.deepEqual(unexplained.map(({ why }) => why), ["no_intent"]);
});

Deno.test("a key outside of Cloud KMS is compared like any other where the log does name it", () => {
  const keyVersion = "local:0123";
  const intents = [intent(0, "a", { keyVersion }), intent(1, "b", { keyVersion })];
  assert.deepEqual(told(run(intents, [entry(0.1, "a", { keyVersion })])), [
    "0.1 matched 0",
    "1 unwitnessed signed",
  ]);
});

Deno.test("a signature whose digest cannot be read is unexplained, and matches nothing", () => {
  const result = run([intent(0, "")], [entry(0.1, "a", { digest: { sha512: "ab" } })]);
  assert.deepEqual(told(result), ["0 unwitnessed signed", "0.1 unexplained no_digest"]);
});

Deno.test("an intent is indeterminate for as long as its entry may still come", () => {
  const seen = (seconds: number, settlingMs = 15 * MINUTE) =>
    told(run([intent(0, "a")], [], { now: NOON + seconds * 1000, settlingMs }))[0];
  assert.equal(seen(1), "0 indeterminate too_recent");
  assert.equal(seen(15 * 60 - 0.001), "0 indeterminate too_recent");
  assert.equal(seen(15 * 60), "0 unwitnessed signed");
  assert.equal(seen(1, 0), "0 unwitnessed signed");
});

Deno.test("a signature is unexplained at once where the ledger was read after the log", () => {
  assert.deepEqual(told(run([], [entry(0, "a")], { now: NOON, keyVersions: [KEY_VERSION] })), [
    "0 unexplained no_intent",
  ]);
});

Deno.test("a signature after an export of the ledger is indeterminate until it has settled", () => {
  const seen = (seconds: number, now: number) =>
    told(run([intent(0, "a")], [entry(0, "a"), entry(seconds, "b")], {
      ledgerUntil: at(10),
      now: NOON + now * 1000,
    })).find((line) => line.startsWith(`${seconds} `));
  assert.equal(seen(11, 20), "11 indeterminate after_ledger");
  assert.equal(seen(10, 20), "10 unexplained no_intent");
  assert.equal(seen(11, 11 + 15 * 60), "11 unexplained no_intent");
});

Deno.test("at the edges of a window that was exported, an entry may lie just outside", () => {
  const window = { from: at(0), to: at(3600), now: NOON + 24 * 3600_000 };
  const intents = [intent(1, "a"), intent(1800, "b"), intent(3590, "c")];
  assert.deepEqual(told(run(intents, [], window)), [
    "1 indeterminate edge_of_log",
    "1800 unwitnessed signed",
    "3590 indeterminate too_recent",
  ]);
  const wide = [entry(-600, "y"), entry(3600 + 1000, "z")];
  assert.deepEqual(told(run(intents, wide, window)), [
    "1 unwitnessed signed",
    "1800 unwitnessed signed",
    "3590 unwitnessed signed",
  ]);
  const asked = { ...window, logExtent: { from: at(-900), until: at(3600 + 900) } };
  assert.equal(run(intents, [], asked).unwitnessed.length, 3);
});

Deno.test("a window tells of what lies in it, and pairs across its edges", () => {
  const intents = [intent(-1, "before"), intent(10, "in"), intent(99.9, "over"), intent(200, "z")];
  const entries = [
    entry(0.2, "before"),
    entry(10.2, "in"),
    entry(100.1, "over"),
    entry(-5, "forged before"),
    entry(50, "forged in"),
    entry(100, "forged after"),
  ];
  const result = run(intents, entries, { from: at(0), to: at(100) });
  assert.deepEqual(told(result), [
    "0.2 matched -1",
    "10.2 matched 10",
    "50 unexplained no_intent",
    "100.1 matched 99.9",
  ]);
});

Deno.test("where two share a digest across an edge, the one inside has the entry", () => {
  const result = run([intent(-2, "a"), intent(3, "a")], [entry(3.2, "a")], { from: at(0) });
  assert.deepEqual(told(result), ["3.2 matched 3"]);
});

Deno.test("the summary counts what was found", () => {
  const intents = [intent(0, "a"), intent(1, "b"), canary(2), intent(3599, "late")];
  const entries = [entry(0.1, "a"), entry(2.5, "canary 2"), entry(9, "x"), entry(9, "y")];
  assert.deepEqual(summaryOf(run(intents, entries, { from: at(0) })), {
    at: instantAt(LATER),
    from: at(0),
    to: null,
    matched: 2,
    unwitnessed: 0,
    unexplained: 2,
    indeterminate: 2,
    confirmed_until: at(2),
  });
});

/** Few digests, few seconds and few versions, so that they meet. */
const seconds = fc.integer({ min: -900, max: 1500 });
const name = fc.constantFrom("a", "b", "c");
const version = fc.constantFrom(KEY_VERSION, `${CRYPTO_KEY}/cryptoKeyVersions/2`);
const arbitraryIntents = fc.array(
  fc.record({
    seconds,
    name,
    version,
    result: fc.constantFrom("signed" as const, "failed" as const, null),
    isCanary: fc.boolean(),
  }),
  { maxLength: 12 },
);
const arbitraryEntries = fc.array(
  fc.record({
    seconds,
    name: fc.option(name),
    version: fc.oneof(version, fc.constant("projects/other/x")),
    code: fc.constantFrom(0, 0, 0, 7),
    id: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 12 },
);

/** By augmenting paths: nothing of how the program does it. */
function mostPairs(intents: readonly SignIntent[], signatures: readonly SignCall[]): number {
  const canBe = (one: SignIntent, other: SignCall) => {
    const late = millisOf(other.time) - millisOf(one.at);
    return one.keyVersion === other.keyVersion && one.digest === other.digest &&
      late >= -MINUTE && late <= 5 * MINUTE;
  };
  const taken = new Map<SignCall, SignIntent>();
  const place = (one: SignIntent, seen: Set<SignCall>): boolean =>
    signatures.some((other) => {
      if (!canBe(one, other) || seen.has(other)) return false;
      seen.add(other);
      const holder = taken.get(other);
      if (holder !== undefined && !place(holder, seen)) return false;
      taken.set(other, one);
      return true;
    });
  return intents.filter((one) => place(one, new Set())).length;
}

Deno.test("order and repetition of the log change nothing, and every count adds up", () => {
  const property = fc.property(
    arbitraryIntents,
    arbitraryEntries,
    fc.infiniteStream(fc.nat()),
    fc.boolean(),
    (ours, theirs, chance, isWindowed) => {
      const intents = ours.map((it, index) =>
        intent(it.seconds, it.name, {
          index,
          attempt: `a${index}`,
          keyVersion: it.version,
          result: it.result,
          ...(it.isCanary && { caller: null, contextIdentifier: null }),
        })
      );
      const entries = theirs.map((it) =>
        entry(it.seconds, it.name ?? "", {
          keyVersion: it.version,
          insertId: `${it.id}`,
          status: { code: it.code },
          ...(it.name === null && { digest: {} }),
        })
      );
      const draw = (below: number) => chance.next().value % below;
      const repeated = entries.flatMap((it) => draw(2) === 0 ? [it] : [it, it]);
      const shuffled = repeated.map((it) => [draw(1000), it] as const)
        .sort(([one], [other]) => one - other).map(([, it]) => it);
      const window = isWindowed ? { from: at(0), to: at(2000) } : {};
      const result = run(intents, entries, window);
      assert.deepEqual(run(intents, shuffled, window), result);
      if (isWindowed) return;

      const { matched, unwitnessed, unexplained, indeterminate, otherKeys } = result;
      const log = createAuditLog();
      for (const it of entries) log.take(it);
      const others = otherKeys.reduce((sum, { count }) => sum + count, 0);
      const open = (side: "intent" | "signature") =>
        indeterminate.filter((it) => it[side] !== null).length;
      assert.equal(intents.length, matched.length + unwitnessed.length + open("intent"));
      assert.equal(
        log.reading().signatures.length,
        matched.length + unexplained.length + open("signature") + others,
      );
      // As many pairs as there can be, whatever they are.
      const { signatures, refused } = log.reading();
      assert.equal(matched.length, mostPairs(intents, signatures));
      assert.ok(unwitnessed.filter(({ why }) => why === "refused").length <= refused.length);
      assert.ok(
        matched.every((it) =>
          it.intent.digest === it.signature.digest &&
          it.intent.keyVersion === it.signature.keyVersion &&
          millisOf(it.signature.time) >= millisOf(it.intent.at) - MINUTE &&
          millisOf(it.signature.time) <= millisOf(it.intent.at) + 5 * MINUTE
        ),
      );
      assert.equal(new Set(matched.map((it) => it.intent.index)).size, matched.length);
      assert.equal(new Set(matched.map((it) => it.signature)).size, matched.length);
    },
  );
  fc.assert(property, { numRuns: 500, seed: 6 });
});
