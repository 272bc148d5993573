/**
 * From when to when the cloud's log is known to log: where canaries, signatures that this service made
 * for that purpose, were seen in it, one after another. Without them an empty log proves nothing:
 * logging may be switched off. Never confirms a stretch in which no canary was signed at all, and goes
 * by the times of the intents: a signature that somebody makes up for later confirms nothing.
 */

import { type Instant, millisOf } from "./instant.ts";
import type { SignIntent } from "./sign_intents.ts";

/** A canary and what the log shows of it: `pending`: it may still come; `missing`: it is not there. */
export interface SeenCanary {
  readonly intent: SignIntent;
  readonly seen: "seen" | "pending" | "missing";
}

/** From one instant to another. */
export interface Stretch {
  readonly from: Instant;
  readonly until: Instant;
}

export interface Confirmation {
  /**
   * Logging is confirmed between these: from the first canary to the last one before a canary that is
   * not in the log, or before a gap. Null: it is not confirmed at all.
   */
  readonly from: Instant | null;
  readonly until: Instant | null;
  /** Canaries in the log. */
  readonly seen: number;
  /** Canaries that were signed and are not in the log, by time. */
  readonly missing: readonly SignIntent[];
  /** The longest time without a canary in the log, the window's edges included. Null: none is there. */
  readonly longest: Stretch | null;
  /** Times between two canaries in the log in which one more should have been signed, by time. */
  readonly gaps: readonly Stretch[];
}

export interface LoggingConfirmation extends Confirmation {
  /** Milliseconds in which one canary is signed: as given, or as it seems. Null: nothing tells. */
  readonly periodMs: number | null;
  readonly isPeriodGiven: boolean;
  readonly keyVersions: readonly (Confirmation & { readonly keyVersion: string })[];
}

/** What canaries are held against. */
export interface Expectation {
  /** `CANARY_MINUTES`. Null: what is usual between two canaries is taken for it. */
  readonly periodMs: number | null;
  /** Between these, both inside, canaries are looked for. Null: as far as they reach. */
  readonly from: Instant | null;
  readonly to: Instant | null;
}

/** @param canaries of the window, in any order */
export function confirmLogging(
  canaries: readonly SeenCanary[],
  expected: Expectation,
): LoggingConfirmation {
  const sorted = canaries.toSorted((one, other) =>
    inOrder(one.intent.at, other.intent.at) || one.intent.index - other.intent.index
  );
  const periodMs = expected.periodMs ?? usualMs(sorted);
  const whole = { ...expected, periodMs };
  const byKey = Map.groupBy(sorted, ({ intent }) => intent.keyVersion);
  return {
    periodMs,
    isPeriodGiven: expected.periodMs !== null,
    ...confirm(sorted, whole),
    keyVersions: [...byKey].map(([keyVersion, own]) => ({ keyVersion, ...confirm(own, whole) })),
  };
}

/** From a canary to its signature, or to the next try: a minute, and one for good measure. */
const LATE_MS = 2 * 60_000;

function confirm(canaries: readonly SeenCanary[], expected: Expectation): Confirmation {
  const { periodMs } = expected;
  // Each has a time of its own in its period: two periods lie between two of them at most.
  const mostMs = periodMs === null ? Infinity : 2 * periodMs + LATE_MS;
  const isGap = (stretch: Stretch) => lengthOf(stretch) > mostMs;
  const seen = timesOf(canaries);
  const end = canaries.findIndex((it) => it.seen !== "seen");
  const before = end < 0 ? seen : timesOf(canaries.slice(0, end));
  const gap = stretchesOf(before).findIndex(isGap);
  const confirmed = gap < 0 ? before : before.slice(0, gap + 1);
  return {
    from: confirmed[0] ?? null,
    until: confirmed.at(-1) ?? null,
    seen: seen.length,
    missing: canaries.filter((it) => it.seen === "missing").map(({ intent }) => intent),
    longest: longestOf(seen, expected),
    gaps: stretchesOf(seen).filter(isGap),
  };
}

function longestOf(seen: readonly Instant[], { from, to }: Expectation): Stretch | null {
  if (seen.length === 0) return null;
  const begin = from !== null && from < seen[0]! ? [from] : [];
  const end = to !== null && to > seen.at(-1)! ? [to] : [];
  return stretchesOf([...begin, ...seen, ...end]).reduce<Stretch | null>(
    (longest, one) => longest === null || lengthOf(one) > lengthOf(longest) ? one : longest,
    null,
  );
}

/**
 * The median time between two canaries, tries at the same one left out. Of two it is their distance.
 * @returns milliseconds, or null where there is no such time
 */
function usualMs(canaries: readonly SeenCanary[]): number | null {
  const firsts = new Map<string, Instant>();
  for (const { intent } of canaries) {
    if (!firsts.has(intent.digest)) firsts.set(intent.digest, intent.at);
  }
  const lengths = stretchesOf([...firsts.values()]).map(lengthOf).sort((a, b) => a - b);
  const middle = lengths.length / 2;
  return lengths.length === 0
    ? null
    : (lengths[Math.floor(middle)]! + lengths[Math.ceil(middle) - 1]!) / 2;
}

function timesOf(canaries: readonly SeenCanary[]): Instant[] {
  return canaries.filter(({ seen }) => seen === "seen").map(({ intent }) => intent.at);
}

function stretchesOf(times: readonly Instant[]): Stretch[] {
  return times.slice(1).map((until, place) => ({ from: times[place]!, until }));
}

function lengthOf({ from, until }: Stretch): number {
  return millisOf(until) - millisOf(from);
}

function inOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
