/** What somebody might do to the entries of a log, and which entry is the first bad one then. */

import { canonicalText, leafText } from "../../src/domain/ledger_entry.ts";
import { LEAVES, OTHERS, SIZE } from "./signed_log.ts";

/** One kind of tampering. */
export interface Bend {
  readonly what: string;
  readonly leaves: readonly string[];
  /** The first entry that is not the log's: it must be named where there are hashes of the log. */
  readonly index: number;
  /**
   * What must be named without them. An entry that gives itself away is named; null where all entries
   * look well, and only the root tells.
   */
  readonly alone: number | null;
}

/** @param alone if it is another entry than the first one that differs, or none */
function bend(what: string, leaves: readonly string[], alone?: number | null): Bend {
  // Where nothing differs, or something is missing, it is the one behind the last.
  const index = [...leaves, undefined].findIndex((leaf, place) => leaf !== LEAVES[place]);
  return { what, leaves, index, alone: alone === undefined ? index : alone };
}

type Members = Record<string, unknown>;

const edit = (index: number, change: (entry: Members) => void): string[] =>
  LEAVES.map((leaf, place) => {
    if (place !== index) return leaf;
    const entry = JSON.parse(leaf);
    change(entry);
    return canonicalText(entry);
  });

const retell = (index: number, change: (leaf: string) => string) =>
  LEAVES.with(index, change(LEAVES[index]!));

const renumber = (leaves: readonly string[]) =>
  leaves.map((leaf, index) => canonicalText({ ...JSON.parse(leaf), index }));

const swap = (one: number, other: number) =>
  LEAVES.with(one, LEAVES[other]!).with(other, LEAVES[one]!);

const firstThen = (name: string, leaf: string) => {
  const entry = JSON.parse(leaf);
  return JSON.stringify({ [name]: entry[name], ...entry });
};

const OWN = leafText(SIZE, {
  at: "2026-11-22T13:00:00.000Z",
  request_id: "r",
  caller: "orders",
  context_identifier: "Cust1",
  kind: "tenant_removed",
  reason: "requested",
});

// Entry 0 is a consent; then each attempt has three entries: 1 is an intent, 2 its outcome, 3 its
// exchange, and so on. 256 is an intent, and the first of the second tile.

/** Entries are missing, too many, or elsewhere. */
const MOVED: readonly Bend[] = [
  bend("nothing is left", []),
  bend("the last is cut off", LEAVES.slice(0, -1)),
  bend("the last hundred are cut off", LEAVES.slice(0, 200)),
  bend("all behind a full tile are cut off", LEAVES.slice(0, 256)),
  bend("the first is cut off", LEAVES.slice(1)),
  bend("the first is cut off and the rest renumbered", renumber(LEAVES.slice(1)), 299),
  bend("one in the middle is dropped", LEAVES.toSpliced(137, 1)),
  bend("an intent is dropped and the rest renumbered", renumber(LEAVES.toSpliced(136, 1))),
  bend("an exchange is dropped and the rest renumbered", renumber(LEAVES.toSpliced(138, 1)), 299),
  bend(
    "an attempt is dropped, the rest renumbered, another one put at the end",
    renumber([...LEAVES.toSpliced(136, 3), ...OTHERS.slice(136, 139)]),
    null,
  ),
  bend("one stands twice", LEAVES.toSpliced(137, 0, LEAVES[137]!)),
  bend(
    "one stands twice, the rest is renumbered, the last cut off",
    renumber(LEAVES.toSpliced(138, 0, LEAVES[138]!).slice(0, SIZE)),
  ),
  bend("two are swapped", swap(137, 138)),
  bend("two are swapped across a border of tiles and renumbered", renumber(swap(255, 256)), null),
  bend("all are turned round", LEAVES.toReversed()),
  bend("the second half is before the first", [...LEAVES.slice(150), ...LEAVES.slice(0, 150)]),
  bend("one is copied over its neighbour", LEAVES.with(137, LEAVES[136]!)),
];

/** Entries of another log, at the places that they have there. */
const SPLICED: readonly Bend[] = [
  bend("one of another log is spliced in", LEAVES.with(137, OTHERS[137]!)),
  bend("another log's consent is spliced in", LEAVES.with(0, OTHERS[0]!), null),
  bend(
    "a whole attempt of another log is spliced in",
    LEAVES.toSpliced(271, 3, ...OTHERS.slice(271, 274)),
    null,
  ),
  bend(
    "from some attempt on it is another log",
    [...LEAVES.slice(0, 136), ...OTHERS.slice(136)],
    null,
  ),
  bend("it is another log altogether", OTHERS, null),
];

/** Nothing is touched, and something follows that no checkpoint covers. */
export const LONGER: readonly Bend[] = [
  bend("one of somebody's making follows", [...LEAVES, OWN]),
  bend("an empty line follows", [...LEAVES, ""]),
  bend("the last stands twice", [...LEAVES, LEAVES[299]!]),
];

const reject = { result: "refused", ticket_sha256: null };
const fail = { result: "failed", signature_sha256: null, error: "timeout" };
const rename = (index: number) => edit(index, (entry) => entry.caller = "someone");

/** What an entry says is another thing, and well formed. */
const EDITED: readonly Bend[] = [
  bend("a digest is edited", edit(136, (entry) => entry.digest_sha256 = "cd".repeat(32)), null),
  bend("one character is another", retell(137, (leaf) => leaf.replace(/0"/, '1"')), null),
  bend("a caller is edited", rename(271), null),
  bend("a caller is taken out", edit(271, (entry) => entry.caller = null), null),
  bend("a tenant is edited", edit(299, (entry) => entry.context_identifier = "Cust99"), null),
  bend("an instant is edited", edit(137, (entry) => entry.at = "2026-11-22T12:02:17.001Z"), null),
  bend("a key version is edited", edit(136, (entry) => entry.key_version = "local:2"), null),
  bend("an exchange is turned round", edit(138, (entry) => Object.assign(entry, reject)), null),
  bend("a signature is made a failure", edit(137, (entry) => Object.assign(entry, fail)), 138),
  bend("an intent is of nobody's attempt", edit(136, (entry) => entry.attempt = "nobody"), 137),
  bend("an intent is of an older attempt", edit(136, (entry) => entry.attempt = "ours-0")),
  bend("an outcome is of an older attempt", edit(137, (entry) => entry.attempt = "ours-0")),
  bend(
    "an entry is of another kind",
    LEAVES.with(137, canonicalText({ ...JSON.parse(OWN), index: 137 })),
    138,
  ),
  bend("two entries are edited", rename(271).with(20, rename(20)[20]!), null),
];

/** An entry is told in another way, or is none. */
const MISTOLD: readonly Bend[] = [
  bend("a member is missing", edit(137, (entry) => delete entry.caller)),
  bend("a member is too many", edit(137, (entry) => entry.note = "x")),
  bend("a member stands twice", retell(137, (leaf) => leaf.replace("{", '{"at":"x",'))),
  bend("the number is another's", edit(137, (entry) => entry.index = 136)),
  bend("the number is text", edit(137, (entry) => entry.index = "137")),
  bend("the number is spelt otherwise", retell(137, (leaf) => leaf.replace(":137,", ":1.37e2,"))),
  bend("the kind is unknown", edit(137, (entry) => entry.kind = "other")),
  bend("a digest is upper case", edit(136, (entry) => entry.digest_sha256 = "AB".repeat(32))),
  bend("members stand in another order", retell(137, (leaf) => firstThen("kind", leaf))),
  bend("there is white space", retell(137, (leaf) => leaf.replace(",", ", "))),
  bend("a letter is escaped", retell(137, (leaf) => leaf.replace("orders", "\\u006frders"))),
  bend("a line ends as on other machines", retell(137, (leaf) => `${leaf}\r`)),
  bend("a mark stands before the first", retell(0, (leaf) => `\ufeff${leaf}`)),
  bend("half of an entry is left", retell(299, (leaf) => leaf.slice(0, 40))),
  bend("an entry is empty", retell(137, () => "")),
  bend("an entry is an array", retell(137, () => "[]")),
  bend("an entry is garbage", retell(137, () => "\ufffd")),
  bend("two entries are one", LEAVES.toSpliced(137, 2, LEAVES[137]! + LEAVES[138]!)),
];

/** Every kind but `LONGER`. */
export const BENT: readonly Bend[] = [...MOVED, ...SPLICED, ...EDITED, ...MISTOLD];
