/**
 * How far the cloud's log is known to log: as far as canaries, signatures that this service made for
 * that purpose, were seen in it. Without them an empty log proves nothing: logging may be switched off.
 */

import type { Instant } from "./instant.ts";
import type { SignIntent } from "./sign_intents.ts";

/** A canary and what the log shows of it. */
export interface SeenCanary {
  readonly intent: SignIntent;
  /** Time in the cloud's log; `pending`: it may still come; `missing`: signed, and not there. */
  readonly seen: Instant | "pending" | "missing";
}

export interface Confirmation {
  /**
   * Logging is confirmed until then: the last canary in the log before the first that is not.
   * Null: it is not confirmed at all.
   */
  readonly until: Instant | null;
  /** Canaries in the log. */
  readonly seen: number;
  /** Canaries that were signed and are not in the log, by time. */
  readonly missing: readonly SignIntent[];
}

export interface LoggingConfirmation extends Confirmation {
  readonly keyVersions: readonly (Confirmation & { readonly keyVersion: string })[];
}

/** @param canaries of the window, in any order */
export function confirmLogging(canaries: readonly SeenCanary[]): LoggingConfirmation {
  const sorted = canaries.toSorted((one, other) => one.intent.index - other.intent.index);
  const byKey = Map.groupBy(sorted, ({ intent }) => intent.keyVersion);
  return {
    ...confirm(sorted),
    keyVersions: [...byKey].map(([keyVersion, own]) => ({ keyVersion, ...confirm(own) })),
  };
}

function confirm(canaries: readonly SeenCanary[]): Confirmation {
  const end = canaries.findIndex(({ seen }) => seen === "missing" || seen === "pending");
  const unbroken = timesOf(end < 0 ? canaries : canaries.slice(0, end));
  return {
    until: unbroken.reduce<Instant | null>(
      (last, time) => last === null || time > last ? time : last,
      null,
    ),
    seen: timesOf(canaries).length,
    missing: canaries.filter(({ seen }) => seen === "missing").map(({ intent }) => intent),
  };
}

function timesOf(canaries: readonly SeenCanary[]): Instant[] {
  return canaries.flatMap(({ seen }) => seen === "pending" || seen === "missing" ? [] : [seen]);
}
