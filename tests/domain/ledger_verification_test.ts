import assert from "node:assert/strict";
import type { Checkpoint } from "../../src/domain/checkpoint.ts";
import { canonicalText, type EntryDraft, leafText } from "../../src/domain/ledger_entry.ts";
import { createLedgerWalk, type LedgerVerdict } from "../../src/domain/ledger_verification.ts";
import { EMPTY_TREE, extend, leafHash, rootHash } from "../../src/domain/merkle.ts";

const CONTEXT = {
  at: "2026-11-22T12:00:00.000Z",
  request_id: "r1",
  caller: "orders",
  context_identifier: "Cust12345",
};
const DIGEST = "ab".repeat(32);

function attempt(name: string): EntryDraft[] {
  return [
    {
      ...CONTEXT,
      kind: "sign_intent",
      attempt: name,
      key_version: "local:1",
      digest_sha256: DIGEST,
    },
    {
      ...CONTEXT,
      kind: "sign_outcome",
      attempt: name,
      result: "signed",
      signature_sha256: DIGEST,
      error: null,
    },
    {
      ...CONTEXT,
      kind: "exchange",
      attempt: name,
      result: "issued",
      ticket_sha256: DIGEST,
      error: null,
    },
  ];
}

const DRAFTS: EntryDraft[] = [
  {
    ...CONTEXT,
    caller: null,
    kind: "consent",
    serial: "1234567890",
    consented_by: "admin@example.test",
    system_token_sha256: DIGEST,
  },
  ...attempt("one"),
  ...attempt("two"),
];

const leavesOf = (drafts: readonly EntryDraft[]) =>
  drafts.map((draft, index) => leafText(index, draft));
const LEAVES = leavesOf(DRAFTS);

function checkpointOf(leaves: readonly string[]): Checkpoint {
  const head = leaves.reduce((tree, leaf) => extend(tree, leafHash(leaf)), EMPTY_TREE);
  return { origin: "log", size: head.size, rootHash: rootHash(head) };
}

function verify(leaves: readonly string[], checkpoint: Checkpoint | null): LedgerVerdict {
  const walk = createLedgerWalk();
  for (const leaf of leaves) walk.next(leaf);
  return walk.finish(checkpoint);
}

const CHECKPOINT = checkpointOf(LEAVES);

Deno.test("an untouched log verifies against its checkpoint and without one", () => {
  const verdict = verify(LEAVES, CHECKPOINT);
  assert.deepEqual(verdict, { ok: true, size: 7, rootHash: CHECKPOINT.rootHash });
  assert.deepEqual(verify(LEAVES, null), verdict);
});

Deno.test("an intent without an outcome is what a crash leaves, and is right", () => {
  const leaves = leavesOf(DRAFTS.slice(0, 2));
  assert.ok(verify(leaves, checkpointOf(leaves)).ok);
});

const bend = (index: number, change: (entry: Record<string, unknown>) => void): string[] =>
  LEAVES.map((leaf, place) => {
    if (place !== index) return leaf;
    const entry = JSON.parse(leaf);
    change(entry);
    return canonicalText(entry);
  });

const renumber = (leaves: readonly string[]) =>
  leaves.map((leaf, index) => canonicalText({ ...JSON.parse(leaf), index }));

const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;

const other = leavesOf([...attempt("three"), ...attempt("four"), ...attempt("five")]);

/** What was done to the log, and the first index that must be named. */
const TAMPERED:
  readonly (readonly [what: string, leaves: readonly string[], index: number | null])[] = [
    ["nothing is left", [], 0],
    ["the last entry is cut off", LEAVES.slice(0, -1), 6],
    ["the first entry is cut off", LEAVES.slice(1), 0],
    ["the first is cut off and the rest renumbered", renumber(LEAVES.slice(1)), 6],
    ["an entry in the middle is dropped", LEAVES.toSpliced(3, 1), 3],
    ["an entry stands twice", LEAVES.toSpliced(3, 0, LEAVES[3]!), 4],
    ["two entries are swapped", LEAVES.toSpliced(4, 2, LEAVES[5]!, LEAVES[4]!), 4],
    ["two are swapped and renumbered", renumber(LEAVES.toSpliced(1, 2, LEAVES[2]!, LEAVES[1]!)), 1],
    ["an entry of another log is spliced in", LEAVES.toSpliced(4, 1, other[4]!), 4],
    ["an entry of our own making follows", [...LEAVES, leafText(7, DRAFTS[0]!)], 7],
    ["a digest is edited", bend(2, (entry) => entry.signature_sha256 = "cd".repeat(32)), null],
    ["a caller is edited", bend(1, (entry) => entry.caller = "someone"), null],
    ["a member is missing", bend(1, (entry) => delete entry.caller), 1],
    ["a member is too many", bend(1, (entry) => entry.note = "x"), 1],
    ["a kind is unknown", bend(1, (entry) => entry.kind = "other"), 1],
    ["a kind is a name of Object", bend(1, (entry) => entry.kind = "constructor"), 1],
    ["an instant is none", bend(1, (entry) => entry.at = "yesterday"), 1],
    ["an instant is in another form", bend(1, (entry) => entry.at = "2026-11-22T12:00:00Z"), 1],
    ["an instant is beyond all years", bend(1, (e) => e.at = "+010000-01-01T00:00:00.000Z"), 1],
    ["a digest is upper case", bend(1, (entry) => entry.digest_sha256 = "AB".repeat(32)), 1],
    ["an index is a string", bend(1, (entry) => entry.index = "1"), 1],
    ["a result is of another kind", bend(3, (entry) => entry.result = "signed"), 3],
    ["a signature without its digest", bend(2, (entry) => entry.signature_sha256 = null), 2],
    ["an outcome of an unknown attempt", bend(2, (entry) => entry.attempt = "zero"), 2],
    ["a second intent of one attempt", bend(4, (entry) => entry.attempt = "one"), 4],
    ["an exchange before its signature", renumber(LEAVES.toSpliced(2, 1)), 2],
    ["a duplicate member", LEAVES.with(1, LEAVES[1]!.replace("{", '{"at":"x",')), 1],
    ["white space", LEAVES.with(1, LEAVES[1]!.replace(",", ", ")), 1],
    [
      "another order of members",
      LEAVES.with(
        1,
        JSON.stringify(JSON.parse(LEAVES[1]!), [
          "kind",
          ...Object.keys(JSON.parse(LEAVES[1]!)).filter((name) => name !== "kind"),
        ]),
      ),
      1,
    ],
    ["half a line", LEAVES.with(6, LEAVES[6]!.slice(0, 40)), 6],
    ["a number is beyond all numbers", LEAVES.with(2, '{"a":1e999}'), 2],
    ["half a character is in it", LEAVES.with(2, '{"a":"\\ud800"}'), 2],
    ["half a character names a member", LEAVES.with(2, '{"\\udc00":1}'), 2],
    ["it is nested deeper than anybody reads", LEAVES.with(2, nested(200_000)), 2],
    ["garbage", LEAVES.with(3, "\ufffd"), 3],
    ["an array", LEAVES.with(3, "[]"), 3],
    ["an empty line", LEAVES.toSpliced(3, 0, ""), 3],
  ];

for (const [what, leaves, index] of TAMPERED) {
  const named = index === null ? "no entry" : `entry ${index}`;
  Deno.test(`a log is refused and ${named} named when ${what}`, () => {
    const verdict = verify(leaves, CHECKPOINT);
    assert.ok(!verdict.ok);
    assert.equal(verdict.index, index, verdict.why);
  });
}

Deno.test("a log is refused against an older checkpoint, a newer one and another log's", () => {
  assert.deepEqual(
    { ...verify(LEAVES, checkpointOf(LEAVES.slice(0, 4))), why: "" },
    { ok: false, index: 4, why: "" },
  );
  assert.ok(!verify(LEAVES.slice(0, 4), CHECKPOINT).ok);
  assert.ok(!verify(LEAVES, { ...checkpointOf(other), size: 7 }).ok);
});
