/**
 * What a reconciliation found, for a person who has never seen one: verdict, counts, each finding with
 * who and from where, and what it cannot see.
 */

import { printJson } from "./cli_reconcile_json.ts";
import {
  brief,
  doubtful,
  indeterminate,
  shown,
  unexplained,
  unwitnessed,
  whoOf,
} from "./cli_reconcile_lines.ts";
import type { AuditLogReading } from "./domain/audit_log.ts";
import { type Instant, millisOf } from "./domain/instant.ts";
import { isKeyVersionName } from "./domain/key_version.ts";
import type { Pair } from "./domain/pairing.ts";
import type { Reconciliation } from "./domain/reconciliation.ts";
import { print } from "./print.ts";

/** A result and what it was made from. */
export interface Report {
  readonly result: Reconciliation;
  readonly ledger: { readonly size: number; readonly last: Instant };
  /** The ledger was read from the store, not from an export. */
  readonly isLiving: boolean;
  /** A checkpoint vouches for the ledger. */
  readonly isSigned: boolean;
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
  "Logging that was off between two canaries.",
  "A Box Office that was taken over: what it signs, it intends. The ledger says for whom.",
];

/** Beyond that, `--json` has them all. */
const MOST = 100;

function* textOf(report: Report): Generator<string> {
  const { result, log } = report;
  yield verdictOf(result);
  yield* given(report);
  yield "";
  yield* counts(result);
  yield "";
  yield* logging(result);
  yield* section("Unexplained", result.unexplained, unexplained);
  yield* hintsOfLedger(report);
  yield* section("Unwitnessed", result.unwitnessed, unwitnessed);
  yield* hintsOfLog(report);
  yield* section("Indeterminate", result.indeterminate, indeterminate);
  yield* section("Matched by count alone: compare who and when", doubtfulIn(result), doubtful);
  yield* section("Who made the matched signatures", makersOf(result.matched), maker);
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
  if (result.matched.length > 0) {
    return "OK: every signature in the cloud's log was asked for by Box Office.";
  }
  return "OK, but nothing was compared: the log given has no signature by the app's keys.";
}

function* given({ result, ledger, isLiving, isSigned, log }: Report): Generator<string> {
  const { from, to } = result;
  const window = from === null && to === null
    ? "everything given"
    : `${from ? brief(from) : "the beginning"} until ${to ? brief(to) : "now"}`;
  const seal = isSigned ? "as the checkpoint says" : "no checkpoint was given";
  const source = isLiving ? "the configured store" : "an export";
  yield `Window: ${window}.`;
  yield `Ledger: ${ledger.size} entries of ${source}, verified, ${seal}; the last ${
    brief(ledger.last)
  }.`;
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

function* logging(
  { logging: { until, seen, missing, keyVersions: keys }, keyVersions }: Reconciliation,
): Generator<string> {
  if (!keyVersions.some(isKeyVersionName)) {
    yield "The ledger names no key in Cloud KMS: this log can say nothing about its signatures.";
  }
  if (until !== null) {
    yield `Logging is confirmed until ${brief(until)}: ${seen} canaries were seen.`;
  } else if (seen + missing.length === 0) {
    yield "Logging is not confirmed: there is no canary here. Without one an empty log proves nothing.";
  } else yield "Logging is not confirmed: the first canary is not in the log, or not yet.";
  if (keys.length > 1) {
    for (const key of keys) {
      yield `  ${shown(key.keyVersion)}: ${key.until ? brief(key.until) : "not confirmed"}`;
    }
  }
  for (const { at, index } of missing.slice(0, MOST)) {
    yield `  Missing: the canary of ${
      brief(at)
    }, entry ${index}. Until the next one the log may be incomplete.`;
  }
}

function* section<T>(
  title: string,
  found: readonly T[],
  lines: (one: T) => readonly string[],
): Generator<string> {
  if (found.length === 0) return;
  yield "";
  yield title;
  for (const one of found.slice(0, MOST)) {
    const [first, ...rest] = lines(one);
    yield `  ${first}`;
    for (const line of rest) yield `    ${line}`;
  }
  if (found.length > MOST) yield `  and ${found.length - MOST} more: --json has them all`;
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

/** By identity, address and user agent: one that does not belong there stands out. */
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
 * Pairs that were counted, and that little else speaks for: far apart in time, though a digest is good
 * for some minutes, or without the name of our attempt, though the log has that of others.
 */
function doubtfulIn({ matched, settlingMs }: Reconciliation): readonly Pair[] {
  const isTold = matched.some(({ isNamed }) => isNamed);
  const mostMs = Math.max(settlingMs, 60_000);
  return matched.filter(({ intent, signature, isNamed }) =>
    (isTold && !isNamed) || Math.abs(millisOf(intent.at) - millisOf(signature.time)) > mostMs
  );
}

function maker({ who, count, first, last }: Maker): readonly string[] {
  return [`${String(count).padStart(8)}  ${who}`, `from ${brief(first)} to ${brief(last)}`];
}
