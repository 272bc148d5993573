/**
 * What a reconciliation found, for a person who has never seen one: verdict, counts, each finding with
 * who and from where, and what it cannot see.
 */

import { printJson } from "./reconcile_json.ts";
import { logging } from "./reconcile_logging.ts";
import {
  brief,
  doubtful,
  indeterminate,
  unexplained,
  unwitnessed,
  whoOf,
} from "./reconcile_lines.ts";
import type { AuditLogReading } from "../domain/audit_log.ts";
import { type Instant, millisOf } from "../domain/instant.ts";
import type { Pair } from "../domain/pairing.ts";
import type { Reconciliation } from "../domain/reconciliation.ts";
import { shown } from "../domain/shown_text.ts";
import { print } from "../print.ts";

/** A result and what it was made from. */
export interface Report {
  readonly result: Reconciliation;
  readonly ledger: {
    readonly size: number;
    readonly last: Instant;
    /** Entries after those that the checkpoint covers, passed over. */
    readonly beyond: number;
  };
  /** The ledger was read from the store, not from an export. */
  readonly isLiving: boolean;
  /** A checkpoint vouches for the ledger. */
  readonly isSigned: boolean;
  /** The window begins where the log given begins: nobody said where. */
  readonly isFromLog: boolean;
  /** Intents before the window. */
  readonly older: number;
  readonly log: AuditLogReading;
}

/** Prints the report on stdout. */
export function printReport(report: Report, { json }: { readonly json?: true }): void {
  if (json) printJson(report, CANNOT_SEE);
  else for (const line of textOf(report)) print.line(line);
}

const CANNOT_SEE = [
  "A signature by a copy of the key outside the HSM: a key that was imported, or ever was elsewhere.",
  "What somebody does who controls both signing and logging: switches the log off or exempts an " +
  "identity, signs, switches it on again. Look for SetIamPolicy in the Admin Activity log.",
  "Logging that was off between two canaries, or where none was signed.",
  "A Box Office that was taken over: what it signs, it intends. The ledger says for whom.",
];

/** Beyond that, `--json` has them all. An even number. */
const MOST = 100;

function* textOf(report: Report): Generator<string> {
  const { result, log } = report;
  yield verdictOf(result);
  yield* given(report);
  yield "";
  yield* counts(result);
  yield "";
  yield* logging(result, MOST);
  yield* section("Unexplained", result.unexplained, unexplained);
  yield* hintsOfLedger(report);
  yield* section("Unwitnessed", result.unwitnessed, unwitnessed);
  yield* hintsOfLog(report);
  yield* section("Indeterminate", result.indeterminate, indeterminate);
  yield* section("Matched by count alone: compare who and when", doubtfulIn(result), doubtful);
  yield* section("Who made the matched signatures", makersOf(result.matched), maker, true);
  yield* passedOver(result, log);
  yield "";
  yield "What this cannot see";
  for (const sentence of CANNOT_SEE) yield `  - ${sentence}`;
}

function verdictOf(result: Reconciliation): string {
  const count = result.unexplained.length;
  if (count > 0) {
    const [what, were] = count === 1 ? ["signature", "was"] : ["signatures", "were"];
    return `UNEXPLAINED: ${count} ${what} in the cloud's log ${were} not asked for by Box Office.`;
  }
  const lost = result.unwitnessed.filter(({ why }) => why === "signed").length;
  if (lost > 0) {
    return `INCOMPLETE: nothing is unexplained, but ${lost} of Box Office's own signatures ` +
      "are not in the cloud's log: others may be missing, too.";
  }
  const open = result.indeterminate.filter(({ signature }) => signature !== null).length;
  if (open > 0) {
    return `INCOMPLETE: nothing is unexplained, but ${open} in the cloud's log cannot be judged yet.`;
  }
  if (result.matched.length > 0) {
    return "OK: every signature in the cloud's log was asked for by Box Office.";
  }
  return "NOTHING COMPARED: the log given has no signature by the app's keys.";
}

function* given(report: Report): Generator<string> {
  const { result, ledger, isLiving, isSigned, isFromLog, older, log } = report;
  const { from, to } = result;
  const window = from === null && to === null
    ? "everything given"
    : `${from ? brief(from) : "the beginning"} until ${to ? brief(to) : "now"}`;
  const seal = isLiving
    ? "as a checkpoint of now says"
    : isSigned
    ? "as the checkpoint says"
    : "no checkpoint was given";
  const source = isLiving ? "the configured store" : "an export";
  yield `Window: ${window}.`;
  if (isFromLog) {
    const rest = older > 0
      ? ` ${older} intents of the ledger are older: --from tells of them.`
      : "";
    yield `  Compared from the first entry of the log given.${rest}`;
  }
  yield `Ledger: ${ledger.size} entries of ${source}, verified, ${seal}; the last ${
    brief(ledger.last)
  }.`;
  if (ledger.beyond > 0) {
    yield `  ${ledger.beyond} entries beyond the checkpoint were passed over: nobody vouches for them.`;
  }
  const { first, last } = log;
  const extent = first && last ? ` from ${brief(first)} to ${brief(last)}` : "";
  yield `Log: ${log.entries} entries${extent}.`;
}

function* counts(result: Reconciliation): Generator<string> {
  const minutes = result.settlingMs / 60_000;
  const rows = [
    ["matched", result.matched, "asked for by Box Office, and in the cloud's log"],
    ["unexplained", result.unexplained, "in the cloud's log, not asked for: who used the key?"],
    ["unwitnessed", result.unwitnessed, "asked for, not in the cloud's log"],
    ["indeterminate", result.indeterminate, `not to be told yet: ${minutes} minutes to settle`],
  ] as const;
  for (const [name, found, what] of rows) {
    yield `  ${name.padEnd(13)} ${String(found.length).padStart(8)}  ${what}`;
  }
}

/** @param isRankedDown the last are what stands out, so both ends are told */
function* section<T>(
  title: string,
  found: readonly T[],
  lines: (one: T) => readonly string[],
  isRankedDown = false,
): Generator<string> {
  if (found.length === 0) return;
  const end = isRankedDown && found.length > MOST ? MOST / 2 : 0;
  const left = found.length - MOST;
  yield "";
  yield title;
  for (const one of found.slice(0, MOST - end)) yield* indented(lines(one));
  if (left > 0) yield `  and ${left} more: --json has them all`;
  if (end > 0) { for (const one of found.slice(-end)) yield* indented(lines(one)); }
}

function* indented([first, ...rest]: readonly string[]): Generator<string> {
  yield `  ${first}`;
  for (const line of rest) yield `    ${line}`;
}

/** Where the exports do not fit together, and that may be all. */
function* hintsOfLedger({ result, ledger, isLiving }: Report): Generator<string> {
  const later = result.unexplained.filter(({ signature }) => signature.time > ledger.last).length;
  if (isLiving || later === 0) return;
  yield `  ${later} of them later than the ledger's last entry: export the log first, then the ledger.`;
}

function* hintsOfLog({ result, log }: Report): Generator<string> {
  const { first, last } = log;
  if (first === null || last === null) return;
  const witnessable = result.unwitnessed.filter(({ why }) => why !== "outside_kms");
  const before = witnessable.filter(({ intent }) => intent.at < first).length;
  const after = witnessable.filter(({ intent }) => intent.at > last).length;
  const kept =
    "Cloud Logging keeps 30 days unless told otherwise; --from leaves out what is older.";
  if (before > 0) yield `  ${before} of them before the log's first entry. ${kept}`;
  if (after > 0) yield `  ${after} of them after the log's last entry: was it exported later?`;
}

function* passedOver({ otherKeys }: Reconciliation, log: AuditLogReading): Generator<string> {
  const { otherLogs, otherServices, otherMethods, duplicates, refused } = log.passedOver;
  yield "";
  yield "Passed over in the log";
  yield `  Refused calls: ${refused}. Duplicates: ${duplicates}. Other calls to Cloud KMS: ` +
    `${otherMethods}, to other services: ${otherServices}. Entries of other logs: ${otherLogs}.`;
  for (const { keyVersion, count } of otherKeys.slice(0, MOST)) {
    yield `  Signatures by another key: ${count}, ${shown(keyVersion)}`;
  }
}

interface Maker {
  readonly who: string;
  readonly count: number;
  readonly first: Instant;
  readonly last: Instant;
}

/** By identity, address and user agent, the rarest last: one that does not belong there stands out. */
function makersOf(pairs: readonly Pair[]): readonly Maker[] {
  const makers = new Map<string, Maker>();
  for (const { signature } of pairs) {
    const who = whoOf(signature);
    const { count = 0, first = signature.time } = makers.get(who) ?? {};
    makers.set(who, { who, count: count + 1, first, last: signature.time });
  }
  return [...makers.values()].sort((one, other) => other.count - one.count);
}

/**
 * Pairs that were counted, and that little else speaks for: further apart than an attempt takes, or
 * without the name of our attempt, though the log has that of others.
 */
function doubtfulIn({ matched }: Reconciliation): readonly Pair[] {
  const isTold = matched.some(({ isNamed }) => isNamed);
  return matched.filter(({ intent, signature, isNamed }) =>
    (isTold && !isNamed) || Math.abs(millisOf(intent.at) - millisOf(signature.time)) > USUAL_MS
  );
}

/** Most calls take less than a second, and no attempt lasts longer. */
const USUAL_MS = 60_000;

function maker({ who, count, first, last }: Maker): readonly string[] {
  return [`${String(count).padStart(8)}  ${who}`, `from ${brief(first)} to ${brief(last)}`];
}
