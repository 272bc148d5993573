/** The ledger's side: what is taken out of leaves, and that nothing is taken out of a bad ledger. */

import assert from "node:assert/strict";
import { type EntryDraft, leafText } from "../../src/domain/ledger_entry.ts";
import { EMPTY_TREE, extend, leafHash, rootHash } from "../../src/domain/merkle.ts";
import { createSignIntentWalk, isCanary, type SignIntents } from "../../src/domain/sign_intents.ts";

const CONTEXT = {
  at: "2026-11-22T12:00:00.000Z",
  request_id: "r1",
  caller: "orders",
  context_identifier: "Cust12345",
};
const DIGEST = "ab".repeat(32);
const intent = (attempt: string, rest: Partial<EntryDraft> = {}) => ({
  ...CONTEXT,
  kind: "sign_intent" as const,
  attempt,
  key_version: "local:1",
  digest_sha256: DIGEST,
  ...rest,
});
const DRAFTS = [
  intent("one"),
  intent("two", { caller: null, context_identifier: null } as Partial<EntryDraft>),
  {
    ...CONTEXT,
    kind: "sign_outcome",
    attempt: "two",
    result: "signed",
    signature_sha256: DIGEST,
    error: null,
  },
  intent("three"),
  {
    ...CONTEXT,
    kind: "sign_outcome",
    attempt: "one",
    result: "failed",
    signature_sha256: null,
    error: "quota",
  },
  {
    ...CONTEXT,
    at: "2026-11-22T12:00:01.000Z",
    kind: "consent_refused",
    reason: '"kind":"sign_intent"',
  },
] as readonly EntryDraft[];
const LEAVES = DRAFTS.map((draft, index) => leafText(index, draft));

const checkpointOf = (leaves: readonly string[]) => {
  const head = leaves.reduce((tree, leaf) => extend(tree, leafHash(leaf)), EMPTY_TREE);
  return { origin: "log", size: head.size, rootHash: rootHash(head) };
};

function walk(
  leaves: readonly string[],
  checkpoint = checkpointOf(leaves),
  kept: Parameters<typeof createSignIntentWalk>[0] = [],
): SignIntents {
  const steps = createSignIntentWalk(kept);
  for (const leaf of leaves) steps.next(leaf);
  return steps.finish(checkpoint);
}

Deno.test("each intent has what came of it, in the order of the ledger", () => {
  const found = walk(LEAVES);
  assert.ok(found.ok);
  assert.deepEqual(
    found.intents.map((it) => [it.index, it.attempt, it.result, it.error, isCanary(it)]),
    [
      [0, "one", "failed", "quota", false],
      [1, "two", "signed", null, true],
      [3, "three", null, null, false],
    ],
  );
  const [{ at, keyVersion, digest, caller, contextIdentifier }] = found.intents as [
    typeof found.intents[0] & object,
  ];
  assert.deepEqual([at, keyVersion, digest], ["2026-11-22T12:00:00.000000000Z", "local:1", DIGEST]);
  assert.deepEqual([caller, contextIdentifier], ["orders", "Cust12345"]);
  assert.deepEqual([found.size, found.last], [6, "2026-11-22T12:00:01.000000000Z"]);
});

Deno.test("a walk may be asked in between, and go on", () => {
  const steps = createSignIntentWalk();
  for (const leaf of LEAVES.slice(0, 2)) steps.next(leaf);
  const early = steps.finish(null);
  assert.ok(early.ok && early.intents.length === 2);
  assert.deepEqual([steps.size(), steps.keyVersions()], [2, ["local:1"]]);
  for (const leaf of LEAVES.slice(2)) steps.next(leaf);
  const late = steps.finish(null);
  assert.ok(late.ok && late.intents.length === 3);
  assert.equal(early.intents[1]!.result, null, "what was given out stays as it was");
});

Deno.test("a ledger that does not verify gives its first bad index and no intents", () => {
  const bad: readonly (readonly [readonly string[], number | null])[] = [
    [[], 0],
    [LEAVES.toSpliced(1, 1), 1],
    [LEAVES.with(3, "garbage"), 3],
    [LEAVES.with(3, '{"kind":"sign_intent"}'), 3],
    [LEAVES.with(5, "null"), 5],
  ];
  for (const [leaves, index] of bad) {
    const steps = createSignIntentWalk();
    for (const leaf of leaves) steps.next(leaf);
    const found = steps.finish(null);
    assert.ok(!found.ok && !("intents" in found));
    assert.equal(found.index, index);
  }
  assert.ok(!walk(LEAVES.slice(0, 4), checkpointOf(LEAVES)).ok);
  assert.ok(!walk(LEAVES, checkpointOf(LEAVES), [checkpointOf([LEAVES[1]!])]).ok);
  assert.ok(walk(LEAVES, checkpointOf(LEAVES), [checkpointOf(LEAVES.slice(0, 3))]).ok);
});

Deno.test("a time that no other can be compared with spoils the ledger, and is no fault", () => {
  for (const at of ["+010000-01-01T00:00:00.000Z", "-000001-01-01T00:00:00.000Z"]) {
    for (const place of [0, 3]) {
      const leaf = leafText(place, { ...DRAFTS[place]!, at });
      const leaves = [...LEAVES.slice(0, place), leaf];
      for (const all of [leaves, [...leaves, ...LEAVES.slice(place + 1)]]) {
        const found = walk(all);
        assert.ok(!found.ok);
        assert.equal(found.index, place);
      }
    }
  }
});
