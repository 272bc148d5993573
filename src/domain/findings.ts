/**
 * What it means that a signature has no intent, or an intent no signature: a verdict as soon as waiting
 * would change nothing, `indeterminate` until then. In doubt a signature is unexplained: that it is
 * explained after all shows when the ledger is read again.
 */

import type { AuditLogReading, AuditSignature } from "./audit_log.ts";
import { type Instant, instantAt, millisOf } from "./instant.ts";
import type { KeyScope } from "./key_scope.ts";
import { isKeyVersionName } from "./key_version.ts";
import { EARLIEST_MS } from "./matching.ts";
import type { SignIntent } from "./sign_intents.ts";

/** In the log, not ours. */
export interface Unexplained {
  readonly outcome: "unexplained";
  readonly signature: AuditSignature;
  /**
   * `no_intent`: nobody of ours intended this digest; `too_many`: more signatures than intents of
   * that time; `no_digest`: not what we ever send; `unknown_version`: by a version that the ledger never names.
   */
  readonly why: "no_intent" | "too_many" | "no_digest" | "unknown_version";
}

/** Ours, not in the log. */
export interface Unwitnessed {
  readonly outcome: "unwitnessed";
  readonly intent: SignIntent;
  /**
   * `signed`: the log lost it; `failed`, `no_outcome`: the call may never have arrived; `refused`: the
   * log has it as refused; `outside_kms`: by a key that no log of Cloud KMS can see.
   */
  readonly why: "signed" | "failed" | "refused" | "no_outcome" | "outside_kms";
}

/** Not to be told yet. One of the two is null. */
export interface Indeterminate {
  readonly outcome: "indeterminate";
  readonly intent: SignIntent | null;
  readonly signature: AuditSignature | null;
  /**
   * `too_recent`: its entry may still come; `edge_of_log`: its entry may lie before those given;
   * `after_ledger`: the ledger given may be older than it.
   */
  readonly why: "too_recent" | "edge_of_log" | "after_ledger";
}

export type Finding = Unexplained | Unwitnessed | Indeterminate;

/** What is given, as far as a verdict depends on it. */
export interface Extents {
  readonly log: Pick<AuditLogReading, "first" | "last" | "signatures">;
  /** What Cloud Logging was asked for. Null for files, whose extent nobody vouches for. */
  readonly logExtent: { readonly from: Instant | null; readonly until: Instant } | null;
  /** Null: the ledger was read after the log, so it has every intent. Else its newest entry. */
  readonly ledgerUntil: Instant | null;
  /** The window: `from` inside, `to` outside. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long an entry may take to appear. */
  readonly settlingMs: number;
}

export interface Judge {
  /** Of a signature that no intent is left for. @param isIntended whether its digest ever was */
  signature(signature: AuditSignature, isIntended: boolean): Finding;
  /** Of an intent that no signature is left for, and no refused call. */
  intent(intent: SignIntent): Finding;
  /** Whether an intent's entry may lie outside of the log that was given. */
  isAtEdge(intent: SignIntent): boolean;
}

export function createJudge(given: Extents, scope: KeyScope): Judge {
  const { ledgerUntil, now, settlingMs, log } = given;
  const { begin, end } = extentOf(given);
  const witnessed = new Set(log.signatures.map(({ keyVersion }) => keyVersion));
  const isTooRecent = ({ at }: SignIntent) => millisOf(at) + settlingMs > end;
  const isBefore = ({ at }: SignIntent) => begin !== null && millisOf(at) - EARLIEST_MS < begin;

  return {
    isAtEdge: (intent) => isTooRecent(intent) || isBefore(intent),
    signature(signature, isIntended) {
      const isLater = ledgerUntil !== null && signature.time > ledgerUntil;
      if (isLater && now < millisOf(signature.time) + settlingMs) {
        return { outcome: "indeterminate", intent: null, signature, why: "after_ledger" };
      }
      const why = scope.whose(signature.keyVersion) === "sibling"
        ? "unknown_version"
        : signature.digest === null
        ? "no_digest"
        : isIntended
        ? "too_many"
        : "no_intent";
      return { outcome: "unexplained", signature, why };
    },
    intent(intent) {
      const { keyVersion, result } = intent;
      if (!isKeyVersionName(keyVersion) && !witnessed.has(keyVersion)) {
        return { outcome: "unwitnessed", intent, why: "outside_kms" };
      }
      if (isTooRecent(intent)) {
        return { outcome: "indeterminate", intent, signature: null, why: "too_recent" };
      }
      if (isBefore(intent)) {
        return { outcome: "indeterminate", intent, signature: null, why: "edge_of_log" };
      }
      return { outcome: "unwitnessed", intent, why: result ?? "no_outcome" };
    },
  };
}

/**
 * From where to where the log given is whole, in milliseconds; an open begin is null. A file says
 * nothing of it: it is taken to be an export of the window, made now, and to reach as far as it does.
 */
function extentOf(given: Extents): { readonly begin: number | null; readonly end: number } {
  const { log, logExtent, from, to, now } = given;
  const atMost = (time: Instant, other: Instant | null) => other && other < time ? other : time;
  if (logExtent !== null) {
    const { from: begin, until } = logExtent;
    return { begin: begin && millisOf(begin), end: Math.min(now, millisOf(until)) };
  }
  const last = to === null ? instantAt(now) : log.last !== null && log.last > to ? log.last : to;
  return {
    begin: from && millisOf(atMost(from, log.first)),
    end: Math.min(now, millisOf(last)),
  };
}
