import assert from "node:assert/strict";
import { checkpointBody } from "../../src/domain/checkpoint.ts";
import { canonicalText } from "../../src/domain/ledger_entry.ts";
import { type ReceiptEntry, verifyReceipt } from "../../src/domain/receipt.ts";
import {
  DIGEST,
  ENTRIES,
  entryOf,
  indexesOf,
  KEY,
  keyOf,
  LEAVES,
  NOTE,
  ORIGIN,
  OWN,
  RECEIPT,
  sign,
  TENANT,
  TREE,
} from "./receipt_sample.ts";

const verify = (receipt: unknown) => verifyReceipt(JSON.stringify(receipt), KEY);

Deno.test("a receipt that nobody has touched verifies, however its JSON is laid out", () => {
  assert.deepEqual(OWN.slice(0, 4), [2, 5, 8, 11]);
  const expected = { ok: true, size: OWN.length, rootHash: TREE.root() };
  assert.deepEqual(verify(RECEIPT), expected);
  assert.deepEqual(verifyReceipt(JSON.stringify(RECEIPT, null, 2), KEY), expected);
});

Deno.test("a receipt of some of a tenant's entries is one of these: none need be there", () => {
  const some = ENTRIES.slice(0, 6);
  assert.deepEqual(verify({ ...RECEIPT, entries: some }), {
    ok: true,
    size: 6,
    rootHash: TREE.root(),
  });
});

const NO_PROOF = "its proof does not lead to the checkpoint's root hash";
const UNSIGNED = "its checkpoint is malformed or not signed by this key";
const NO_MEMBERS = "its members are not a receipt's";
const NO_TYPE = "a member is not of its type";
const NO_FORMAT = "it is no receipt of this format";

const withEntries = (entries: readonly unknown[]) => ({ ...RECEIPT, entries });
const withEntry = (place: number, bend: Record<string, unknown>) =>
  withEntries(RECEIPT.entries.map((entry, at) => at === place ? { ...entry, ...bend } : entry));
const edited = (place: number, bend: Record<string, unknown>) =>
  withEntry(place, { leaf: canonicalText({ ...JSON.parse(ENTRIES[place]!.leaf), ...bend }) });
const flip = (hash: string) => `${hash.slice(0, 63)}${hash.endsWith("0") ? "1" : "0"}`;

const thief = await keyOf(9);
const elsewhere = await keyOf(7, "other.example.com/ledger");
const foreign = entryOf(indexesOf("Cust1")[3]!);
const rest = { checkpoint: RECEIPT.checkpoint, entries: RECEIPT.entries, format: RECEIPT.format };

/** What somebody might do to a receipt, and what is told. The receipt's entry number 3 is entry 11. */
const BENT: readonly (readonly [
  what: string,
  receipt: unknown,
  index: number | null,
  why: string,
])[] = [
  [
    "another tenant's entry is spliced in",
    withEntries([...ENTRIES.slice(0, 3), foreign]),
    10,
    "it is another tenant's",
  ],
  [
    "another tenant's entry is passed off as this one's",
    withEntries(ENTRIES.toSpliced(3, 1, {
      ...foreign,
      leaf: canonicalText({ ...JSON.parse(foreign.leaf), context_identifier: TENANT }),
    })),
    10,
    NO_PROOF,
  ],
  [
    "it is said to be another tenant's",
    { ...RECEIPT, context_identifier: "Cust1" },
    2,
    "it is another tenant's",
  ],
  [
    "an entry is of no tenant",
    edited(3, { context_identifier: null }),
    11,
    "it is another tenant's",
  ],
  ["an entry is edited", edited(3, { caller: "someone" }), 11, NO_PROOF],
  ["an entry's instant is edited", edited(0, { at: "2026-11-22T12:00:00.001Z" }), 2, NO_PROOF],
  ["an entry has another number", edited(3, { index: 12 }), 12, NO_PROOF],
  ["an entry's number is beyond the log", edited(13, { index: 42 }), 42, NO_PROOF],
  [
    "an entry's number is negative",
    edited(0, { index: -1 }),
    -1,
    "it does not follow the one before it",
  ],
  ["a proof is another entry's", withEntry(3, { proof: TREE.path(8) }), 11, NO_PROOF],
  ["two proofs are swapped", withEntries(swapProofs(3, 4)), 11, NO_PROOF],
  ["a proof is of a smaller tree", withEntry(3, { proof: TREE.path(11, 40) }), 11, NO_PROOF],
  ["a proof is cut", withEntry(3, { proof: TREE.path(11).slice(0, -1) }), 11, NO_PROOF],
  ["a proof goes on", withEntry(3, { proof: [...TREE.path(11), DIGEST] }), 11, NO_PROOF],
  ["a proof is empty", withEntry(3, { proof: [] }), 11, NO_PROOF],
  ["a proof is turned round", withEntry(3, { proof: TREE.path(11).toReversed() }), 11, NO_PROOF],
  [
    "a hash of a proof is another",
    withEntry(3, { proof: TREE.path(11).with(2, flip(TREE.path(11)[2]!)) }),
    11,
    NO_PROOF,
  ],
  [
    "a proof is upper case",
    withEntry(3, { proof: TREE.path(11).map((it) => it.toUpperCase()) }),
    null,
    NO_TYPE,
  ],
  [
    "an entry stands twice",
    withEntries(ENTRIES.toSpliced(4, 0, ENTRIES[3]!)),
    11,
    "it does not follow the one before it",
  ],
  [
    "entries are in another order",
    withEntries(ENTRIES.with(3, ENTRIES[4]!).with(4, ENTRIES[3]!)),
    14,
    "its attempt has no open intent",
  ],
  [
    "all entries are turned round",
    withEntries(ENTRIES.toReversed()),
    41,
    "its attempt has no open intent",
  ],
  [
    "an intent is left out",
    withEntries(ENTRIES.toSpliced(3, 1)),
    14,
    "its attempt has no open intent",
  ],
  ["the checkpoint is an older one", { ...RECEIPT, checkpoint: await sign(41) }, 2, NO_PROOF],
  [
    "the checkpoint is of before the last entry",
    {
      ...RECEIPT,
      entries: OWN.map((index) => entryOf(index, Math.max(index + 1, 30))),
      checkpoint: await sign(30),
    },
    32,
    NO_PROOF,
  ],
  ["the checkpoint is of a fork", { ...RECEIPT, checkpoint: await sign(42, DIGEST) }, 2, NO_PROOF],
  [
    "the checkpoint is signed by another key",
    { ...RECEIPT, checkpoint: await thief.sign(42) },
    null,
    UNSIGNED,
  ],
  [
    "the checkpoint is another log's",
    { ...RECEIPT, checkpoint: await elsewhere.sign(42) },
    null,
    UNSIGNED,
  ],
  [
    "the checkpoint is edited",
    { ...RECEIPT, checkpoint: NOTE.replace("\n42\n", "\n43\n") },
    null,
    UNSIGNED,
  ],
  [
    "the checkpoint has no signature",
    { ...RECEIPT, checkpoint: checkpointBody({ origin: ORIGIN, size: 42, rootHash: TREE.root() }) },
    null,
    UNSIGNED,
  ],
  [
    "an entry is told in another way",
    withEntry(3, { leaf: LEAVES[11]!.replace(",", ", ") }),
    null,
    "entry number 4 of it: it is not in canonical form",
  ],
  [
    "an entry is garbage",
    withEntry(3, { leaf: "garbage" }),
    null,
    "entry number 4 of it: it is not JSON",
  ],
  ["an entry is an object", withEntry(3, { leaf: JSON.parse(LEAVES[11]!) }), null, NO_TYPE],
  ["an entry has a member too many", withEntry(3, { note: "trust me" }), null, NO_TYPE],
  [
    "the format is of another version",
    { ...RECEIPT, format: "box-office-receipt/2" },
    null,
    NO_FORMAT,
  ],
  ["the format is missing", { ...RECEIPT, format: undefined }, null, NO_FORMAT],
  ["it is a list", [RECEIPT], null, NO_FORMAT],
  ["it is null", null, null, NO_FORMAT],
  ["a member is too many", { ...RECEIPT, note: "trust me" }, null, NO_MEMBERS],
  ["a member is missing", rest, null, NO_MEMBERS],
  ["the entries are no list", { ...RECEIPT, entries: {} }, null, NO_TYPE],
  ["the tenant is a number", { ...RECEIPT, context_identifier: 2 }, null, NO_TYPE],
];

function swapProofs(one: number, other: number): ReceiptEntry[] {
  return ENTRIES.with(one, { ...ENTRIES[one]!, proof: ENTRIES[other]!.proof })
    .with(other, { ...ENTRIES[other]!, proof: ENTRIES[one]!.proof });
}

for (const [what, receipt, index, why] of BENT) {
  const named = index === null ? "no entry" : `entry ${index}`;
  Deno.test(`a receipt is refused, ${named} named, if ${what}`, () => {
    assert.deepEqual(verify(receipt), { ok: false, index, why });
  });
}

Deno.test("a receipt whose text is cut, or is no JSON, is none", () => {
  const text = JSON.stringify(RECEIPT);
  for (const bent of ["", "{", text.slice(0, -1), `${text}}`, "\ufffd"]) {
    assert.deepEqual(verifyReceipt(bent, KEY), { ok: false, index: null, why: "it is not JSON" });
  }
});

Deno.test("a receipt is refused by a key of another log", () => {
  const text = JSON.stringify(RECEIPT);
  for (const { key } of [thief, elsewhere]) {
    assert.deepEqual(verifyReceipt(text, key), { ok: false, index: null, why: UNSIGNED });
  }
});
