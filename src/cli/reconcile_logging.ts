/**
 * What canaries say of the cloud's logging, as lines for people: from when to when it is confirmed, and
 * where it is not. Claims nothing for a time in which no canary was seen.
 */

import { brief } from "./reconcile_lines.ts";
import { shown } from "../domain/shown_text.ts";
import { millisOf } from "../domain/instant.ts";
import { isKeyVersionName } from "../domain/key_version.ts";
import type { Confirmation, LoggingConfirmation, Stretch } from "../domain/logging_confirmation.ts";
import type { Reconciliation } from "../domain/reconciliation.ts";

/** @param most lines of one kind */
export function* logging(
  { logging, keyVersions }: Reconciliation,
  most: number,
): Generator<string> {
  const { seen, missing, gaps, longest, keyVersions: keys } = logging;
  if (!keyVersions.some(isKeyVersionName)) {
    yield "The ledger names no key in Cloud KMS: this log can say nothing about its signatures.";
  }
  if (logging.until !== null) {
    const canaries = seen === 1 ? "1 canary was" : `${seen} canaries were`;
    yield `Logging is confirmed ${extentOf(logging)}: ${canaries} seen.`;
  } else if (seen + missing.length === 0) {
    yield "Logging is not confirmed: there is no canary here. Without one an empty log proves nothing.";
  } else yield "Logging is not confirmed: the first canary is not in the log, or not yet.";
  if (longest !== null) yield `  Longest time without one: ${stretch(longest)}.`;
  for (const gap of gaps.slice(0, most)) {
    yield `  Gap: no canary in the log ${stretch(gap)}. Nothing tells whether it logged then.`;
  }
  if (gaps.length > most) yield `  and ${gaps.length - most} more gaps: --json has them all`;
  yield* basis(logging);
  if (keys.length > 1) {
    for (const key of keys) {
      yield `  ${shown(key.keyVersion)}: ${key.until ? extentOf(key) : "not confirmed"}`;
    }
  }
  for (const { at, index } of missing.slice(0, most)) {
    yield `  Missing: the canary of ${
      brief(at)
    }, entry ${index}. Until the next one the log may be incomplete.`;
  }
}

/** What is held to be a gap. */
function* basis({ periodMs, isPeriodGiven, seen }: LoggingConfirmation): Generator<string> {
  if (periodMs === null || seen === 0) return;
  const expected = `One canary in ${lengthOf(periodMs)} is expected`;
  yield isPeriodGiven
    ? `  ${expected}.`
    : `  ${expected}, by what is usual here: --canary-minutes tells for certain.`;
}

function extentOf({ from, until }: Confirmation): string {
  return from === until ? `at ${brief(from!)} only` : `from ${brief(from!)} until ${brief(until!)}`;
}

function stretch({ from, until }: Stretch): string {
  return `from ${brief(from)} to ${brief(until)}, ${lengthOf(millisOf(until) - millisOf(from))}`;
}

/** Days from two days on. */
function lengthOf(milliseconds: number): string {
  const [unit, word] = milliseconds < 2 * DAY_MS ? [60_000, "minute"] : [DAY_MS, "day"];
  const count = Math.round(10 * milliseconds / unit) / 10;
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

const DAY_MS = 24 * 60 * 60 * 1000;
