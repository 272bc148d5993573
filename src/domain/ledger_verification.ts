/**
 * Checks a whole ledger from its leaves alone, entry by entry, and names the first bad index.
 * Trusts nothing it is given: not the order, not the numbering, not the spelling. Does no I/O.
 */

import type { Checkpoint } from "./checkpoint.ts";
import { canonicalText, COMMON_MEMBERS, type Entry, ENTRY_MEMBERS } from "./ledger_entry.ts";
import { EMPTY_TREE, extend, leafHash, rootHash, type TreeHead } from "./merkle.ts";

/**
 * What verification found. `index` is the first bad one; null when only the root tells that some
 * entry differs, because then no single one can be named.
 */
export type LedgerVerdict =
  | { readonly ok: true; readonly size: number; readonly rootHash: string }
  | { readonly ok: false; readonly index: number | null; readonly why: string };

/** One walk over a log, fed leaf by leaf so that a large log needs little memory. */
export interface LedgerWalk {
  /**
   * Takes the next leaf. Once one was bad, the walk stays at that verdict.
   *
   * @param hash what the leaf's hash must be, from a tree whose root a checkpoint vouches for
   */
  next(leaf: string, hash?: string): void;
  /**
   * The verdict on everything seen. With a checkpoint, the leaves must be exactly the ones it
   * covers: fewer are missing, more are vouched for by nobody.
   */
  finish(checkpoint: Checkpoint | null): LedgerVerdict;
}

/**
 * Starts a walk at index 0.
 *
 * @param kept older checkpoints, whose signatures were checked: the log must begin with each of them
 */
export function createLedgerWalk(kept: readonly Checkpoint[] = []): LedgerWalk {
  let head: TreeHead = EMPTY_TREE;
  let failure: LedgerVerdict | null = null;
  const attempts = createAttempts();
  const fail = (index: number | null, why: string): LedgerVerdict => ({ ok: false, index, why });
  const older = kept.toSorted((one, other) => one.size - other.size);
  /** Up to here some kept checkpoint vouches for what was seen. */
  let vouched = 0;

  const judge = (leaf: string, own: string, hash: string | undefined): string | null => {
    if (hash !== undefined && hash !== own) return "it is not the entry that the checkpoint covers";
    const entry = readEntry(leaf);
    if (typeof entry === "string") return entry;
    return entry.index === head.size ? attempts.judge(entry) : `it is numbered ${entry.index}`;
  };

  /** Whether the tree so far is what was kept of it. */
  const compare = (): void => {
    for (; older[0]?.size === head.size; older.shift()) {
      if (older[0].rootHash === rootHash(head)) vouched = head.size;
      else failure ??= fail(null, differ(vouched, head.size, "a checkpoint that was kept"));
    }
  };
  compare();

  return {
    next(leaf, hash) {
      if (failure !== null) return;
      const own = leafHash(leaf);
      const why = judge(leaf, own, hash);
      if (why !== null) {
        failure = fail(head.size, why);
        return;
      }
      head = extend(head, own);
      compare();
    },
    finish(checkpoint) {
      if (failure !== null) return failure;
      const size = head.size;
      if (size === 0 && !((checkpoint?.size ?? 0) > 0)) return fail(0, "there are no entries");
      if (checkpoint !== null && size < checkpoint.size) {
        return fail(size, `the checkpoint covers ${checkpoint.size} entries, here are ${size}`);
      }
      if (checkpoint !== null && size > checkpoint.size) {
        return fail(checkpoint.size, `the checkpoint covers only ${checkpoint.size} entries`);
      }
      if (older.length > 0) {
        return fail(size, `a checkpoint that was kept covers ${older[0]!.size} entries`);
      }
      const root = rootHash(head);
      if (checkpoint !== null && checkpoint.rootHash !== root) {
        return fail(null, differ(vouched, size, "the checkpoint"));
      }
      return { ok: true, size, rootHash: root };
    },
  };
}

/** Only the root tells, so no single entry can be named. */
function differ(from: number, to: number, whose: string): string {
  const which = to - from === 1 ? `entry ${from} is` : `some of entries ${from} to ${to - 1} are`;
  return `${which} not what ${whose} covers`;
}

/** @returns the entry, or why the leaf is none */
export function readEntry(leaf: string): Entry | string {
  let value: unknown;
  try {
    value = JSON.parse(leaf);
  } catch {
    return "it is not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it is no object";
  if (!isCanonical(value, leaf)) return "it is not in canonical form";
  const record = value as Record<string, unknown>;
  const members = typeof record.kind === "string" && Object.hasOwn(ENTRY_MEMBERS, record.kind)
    ? ENTRY_MEMBERS[record.kind as Entry["kind"]]
    : null;
  if (members === null) return "its kind is unknown";
  const wanted = [...COMMON_MEMBERS, ...members];
  const missing = wanted.find((name) => !Object.hasOwn(record, name));
  if (missing !== undefined) return `its member ${missing} is missing`;
  if (Object.keys(record).length !== wanted.length) return "it has a member too many";
  const results = RESULTS[record.kind as string];
  if (results !== undefined && !results.includes(record.result as string)) {
    return "its result is not one of its kind";
  }
  return wanted.every((name) => isWellTyped(name, record[name]))
    ? record as unknown as Entry
    : "a member is not of its type";
}

/** A duplicate member, white space or another spelling all change the text, so this finds them. */
function isCanonical(value: object, leaf: string): boolean {
  try {
    return canonicalText(value) === leaf;
  } catch {
    // JSON that has no canonical form at all: a number beyond all numbers, half a character.
    return false;
  }
}

const DIGEST = /^[0-9a-f]{64}$/;
const RESULTS: Readonly<Record<string, readonly string[]>> = {
  sign_outcome: ["signed", "failed"],
  exchange: ["issued", "refused", "failed"],
};
const NULLABLE = new Set(["request_id", "caller", "context_identifier", "error", "from"]);

function isWellTyped(name: string, value: unknown): boolean {
  if (name === "index") return Number.isSafeInteger(value);
  if (name === "signature_sha256" || name === "ticket_sha256") {
    return value === null || (typeof value === "string" && DIGEST.test(value));
  }
  if (name.endsWith("_sha256")) return typeof value === "string" && DIGEST.test(value);
  if (name === "at") {
    return typeof value === "string" && value.length === 24 && !Number.isNaN(Date.parse(value)) &&
      new Date(value).toISOString() === value;
  }
  if (value === null) return NULLABLE.has(name);
  return typeof value === "string" && value !== "";
}

/**
 * How far each attempt at the key has come: one intent, then one outcome, then one exchange. Entries are
 * judged in their order: null if one may follow, otherwise why not.
 */
export function createAttempts(): { judge(entry: Entry): string | null } {
  const stages = new Map<string, "intended" | "signed">();
  const known = new Set<string>();
  return {
    judge(entry) {
      switch (entry.kind) {
        case "sign_intent":
          if (known.has(entry.attempt)) return "its attempt has an intent already";
          known.add(entry.attempt);
          stages.set(entry.attempt, "intended");
          return null;
        case "sign_outcome":
          if (stages.get(entry.attempt) !== "intended") return "its attempt has no open intent";
          if ((entry.result === "signed") !== (entry.signature_sha256 !== null)) {
            return "its result and its signature digest disagree";
          }
          if (entry.result === "signed") stages.set(entry.attempt, "signed");
          else stages.delete(entry.attempt);
          return null;
        case "exchange":
          if (stages.get(entry.attempt) !== "signed") return "its attempt was not signed";
          if ((entry.result === "issued") !== (entry.ticket_sha256 !== null)) {
            return "its result and its ticket digest disagree";
          }
          stages.delete(entry.attempt);
          return null;
        default:
          return null;
      }
    },
  };
}
