/** A ledger and a log that are made by hand, for tests of how they are compared. Times are seconds after noon. */

import assert from "node:assert/strict";
import { createAuditLog } from "../../src/domain/audit_log.ts";
import { type Instant, instantAt } from "../../src/domain/instant.ts";
import {
  reconcile,
  type Reconciliation,
  type ReconciliationInput,
} from "../../src/domain/reconciliation.ts";
import type { SignIntent } from "../../src/domain/sign_intents.ts";
import { type Bent, KEY_VERSION, logEntry } from "../support/audit_entries.ts";

export const MINUTE = 60_000;
export const NOON = Date.UTC(2026, 9, 2, 12);
/** An hour after noon everything of noon has settled. */
export const LATER = NOON + 60 * MINUTE;

/** Seconds after noon. */
export const at = (seconds: number): Instant => instantAt(NOON + seconds * 1000);
export const digestOf = (name: string) => new TextEncoder().encode(name.padEnd(32, ".")).toHex();

let serial = 0;
/** A signed attempt for a tenant, bent. */
export function intent(seconds: number, name: string, bent: Partial<SignIntent> = {}): SignIntent {
  return {
    index: serial++,
    at: at(seconds),
    attempt: `attempt-${serial}`,
    keyVersion: KEY_VERSION,
    digest: digestOf(name),
    requestId: "r",
    caller: "orders",
    contextIdentifier: "Cust12345",
    result: "signed",
    error: null,
    ...bent,
  };
}
export const canary = (seconds: number, bent: Partial<SignIntent> = {}) =>
  intent(seconds, `canary ${seconds}`, { caller: null, contextIdentifier: null, ...bent });

/** The entry of a signature in the cloud's log. */
export const entry = (seconds: number, name: string, bent: Bent = {}) =>
  logEntry({
    time: at(seconds),
    digest: { sha256: digestOf(name) },
    insertId: `${name} ${seconds} ${bent.keyVersion ?? ""}`,
    ...bent,
  });

export function run(
  intents: readonly SignIntent[],
  entries: readonly unknown[],
  rest: Partial<ReconciliationInput> = {},
): Reconciliation {
  const log = createAuditLog();
  for (const it of entries) assert.equal(log.take(it), null);
  return reconcile({
    intents,
    log: log.reading(),
    logExtent: null,
    ledgerUntil: null,
    keyVersions: [],
    canaryMs: null,
    from: null,
    to: null,
    now: LATER,
    settlingMs: 15 * MINUTE,
    ...rest,
  });
}

/** Outcomes in one line each: which, when (seconds after noon), why. */
export function told(result: Reconciliation): string[] {
  const seconds = (time: Instant) => (Date.parse(time) - NOON) / 1000;
  const timed = [
    ...result.matched.map((it) => [it.signature.time, "matched", `${seconds(it.intent.at)}`]),
    ...result.unexplained.map((it) => [it.signature.time, "unexplained", it.why]),
    ...result.unwitnessed.map((it) => [it.intent.at, "unwitnessed", it.why]),
    ...result.indeterminate.map((
      it,
    ) => [it.intent?.at ?? it.signature!.time, "indeterminate", it.why]),
  ] as [Instant, string, string][];
  return timed.sort(([one], [other]) => one < other ? -1 : 1)
    .map(([time, outcome, why]) => `${seconds(time)} ${outcome} ${why}`);
}
