/**
 * Compares two independent records of one key: the ledger, which Box Office writes before each attempt,
 * and Cloud Audit Logs, which Google writes for each call. As multisets of (key version, digest), within
 * minutes of each other. A signature that the ledger does not account for is unexplained.
 *
 * The app's key versions are all that the whole ledger ever names, and those that the auditor names
 * besides: never fewer, since a version left out would be one that nobody watches. A signature by
 * another version of the same crypto key is unexplained as well: whoever may sign with one version may
 * sign with all, and a version made behind the ledger's back is how one would. Other crypto keys are
 * passed over, counted by name.
 */

import type { SignCall } from "./audit_entry.ts";
import type { AuditLogReading, AuditSignature } from "./audit_log.ts";
import {
  confirmLogging,
  type LoggingConfirmation,
  type SeenCanary,
} from "./logging_confirmation.ts";
import {
  createJudge,
  type Extents,
  type Finding,
  type Indeterminate,
  type Unexplained,
  type Unwitnessed,
} from "./findings.ts";
import { type Instant, instantAt, isWithin } from "./instant.ts";
import { createKeyScope, type KeyScope } from "./key_scope.ts";
import { type Group, type Pair, pairUp } from "./pairing.ts";
import { isCanary, type SignIntent } from "./sign_intents.ts";

export interface ReconciliationInput extends Extents {
  /** Of the whole ledger, verified: the window is about what is told, not about what is paired. */
  readonly intents: readonly SignIntent[];
  readonly log: AuditLogReading;
  /** The app's, besides those that the ledger names. */
  readonly keyVersions: readonly string[];
  /** Milliseconds in which one canary is signed. Null: unknown. */
  readonly canaryMs: number | null;
}

/** What falls in the window, by time. */
export interface Reconciliation {
  readonly at: Instant;
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly settlingMs: number;
  /** What is looked for in the log. */
  readonly keyVersions: readonly string[];
  /** One of the two lies in the window. */
  readonly matched: readonly Pair[];
  readonly unwitnessed: readonly Unwitnessed[];
  readonly unexplained: readonly Unexplained[];
  readonly indeterminate: readonly Indeterminate[];
  /** Signatures by crypto keys that are none of the app's. */
  readonly otherKeys: readonly { readonly keyVersion: string; readonly count: number }[];
  readonly logging: LoggingConfirmation;
}

/** What is remembered of a reconciliation. Instants as text; null leaves a side open. */
export interface ReconciliationSummary {
  readonly at: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly matched: number;
  readonly unwitnessed: number;
  readonly unexplained: number;
  readonly indeterminate: number;
  /** How far canaries confirm that the cloud's log logs; null: not at all. */
  readonly confirmed_until: string | null;
}

export function reconcile(input: ReconciliationInput): Reconciliation {
  const { intents, log, from, to, now, settlingMs } = input;
  const scope = createKeyScope([...namesIn(intents), ...input.keyVersions]);
  const { pairs, findings } = compare(input, scope);
  const isTold = (time: Instant) => isWithin(time, from, to);
  const told = findings.filter((finding) => isTold(timeOf(finding)));
  const canaries = canariesIn(pairs, findings).filter(({ intent }) => isTold(intent.at));
  const until = instantAt(now);
  return {
    at: until,
    from,
    to,
    settlingMs,
    keyVersions: scope.keyVersions,
    matched: pairs.filter(({ intent, signature }) => isTold(intent.at) || isTold(signature.time)),
    unwitnessed: told.filter((finding) => finding.outcome === "unwitnessed"),
    unexplained: told.filter((finding) => finding.outcome === "unexplained"),
    indeterminate: told.filter((finding) => finding.outcome === "indeterminate"),
    otherKeys: countOthers(log.signatures.filter(({ time }) => isTold(time)), scope),
    logging: confirmLogging(canaries, {
      periodMs: input.canaryMs,
      from,
      to: to === null || until < to ? until : to,
    }),
  };
}

/** What the store remembers of it. */
export function summaryOf(result: Reconciliation): ReconciliationSummary {
  return {
    at: result.at,
    from: result.from,
    to: result.to,
    matched: result.matched.length,
    unwitnessed: result.unwitnessed.length,
    unexplained: result.unexplained.length,
    indeterminate: result.indeterminate.length,
    confirmed_until: result.logging.until,
  };
}

interface Comparison {
  /** By the time of the signature. */
  readonly pairs: readonly Pair[];
  /** By time. */
  readonly findings: readonly Finding[];
}

/** Of everything given, in the window or not. */
function compare(input: ReconciliationInput, scope: KeyScope): Comparison {
  const judge = createJudge(input, scope);
  const pairs: Pair[] = [];
  const findings: Finding[] = [];
  for (const group of groupUp(input, scope)) {
    const rest = pairUp(group, judge.isAtEdge);
    for (const pair of rest.pairs) pairs.push(pair);
    const isIntended = group.intents.length > 0;
    for (const signature of rest.signatures) findings.push(judge.signature(signature, isIntended));
    for (const intent of rest.intents) findings.push(judge.intent(intent));
    for (const intent of rest.refused) {
      findings.push({ outcome: "unwitnessed", intent, why: "refused" });
    }
  }
  return {
    pairs: pairs.sort((one, other) => inOrder(one.signature.time, other.signature.time)),
    findings: findings.sort((one, other) => inOrder(timeOf(one), timeOf(other))),
  };
}

/** What may belong together: key version and digest are the same. A signature without one is alone. */
function groupUp({ intents, log }: ReconciliationInput, scope: KeyScope): Iterable<Group> {
  const groups = new Map<string, Map<string, MutableGroup>>();
  const all: MutableGroup[] = [];
  const groupOf = (keyVersion: string, digest: string) => {
    const ofKey = groups.get(keyVersion) ?? new Map<string, MutableGroup>();
    groups.set(keyVersion, ofKey);
    const known = ofKey.get(digest);
    if (known !== undefined) return known;
    const made: MutableGroup = { intents: [], signatures: [], refused: [] };
    ofKey.set(digest, made);
    all.push(made);
    return made;
  };
  for (const intent of intents) groupOf(intent.keyVersion, intent.digest).intents.push(intent);
  for (const signature of log.signatures) {
    const { keyVersion, digest } = signature;
    if (scope.whose(keyVersion) !== "other") {
      groupOf(keyVersion, digest ?? "").signatures.push(signature);
    }
  }
  for (const call of log.refused) {
    groups.get(call.keyVersion)?.get(call.digest ?? "")?.refused.push(call);
  }
  return all;
}

interface MutableGroup extends Group {
  readonly intents: SignIntent[];
  readonly signatures: AuditSignature[];
  readonly refused: SignCall[];
}

function canariesIn(pairs: readonly Pair[], findings: readonly Finding[]): SeenCanary[] {
  const seen = pairs.filter(({ intent }) => isCanary(intent))
    .map(({ intent }): SeenCanary => ({ intent, seen: "seen" }));
  const unseen = findings.flatMap((finding): SeenCanary[] => {
    if (finding.outcome === "unexplained" || finding.intent === null) return [];
    const { intent, outcome } = finding;
    // Of one that was not signed nothing is missed.
    if (!isCanary(intent) || intent.result !== "signed") return [];
    return [{ intent, seen: outcome === "indeterminate" ? "pending" : "missing" }];
  });
  return [...seen, ...unseen];
}

function countOthers(signatures: readonly AuditSignature[], scope: KeyScope) {
  const counts = new Map<string, number>();
  for (const { keyVersion } of signatures) {
    if (scope.whose(keyVersion) !== "other") continue;
    counts.set(keyVersion, (counts.get(keyVersion) ?? 0) + 1);
  }
  return [...counts].map(([keyVersion, count]) => ({ keyVersion, count }))
    .sort((one, other) => inOrder(one.keyVersion, other.keyVersion));
}

function namesIn(intents: readonly SignIntent[]): Iterable<string> {
  return new Set(intents.map(({ keyVersion }) => keyVersion));
}

function timeOf(finding: Finding): Instant {
  if (finding.outcome === "unexplained") return finding.signature.time;
  if (finding.outcome === "unwitnessed") return finding.intent.at;
  return finding.intent?.at ?? finding.signature!.time;
}

function inOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
