/**
 * A reconciliation for machines: one JSON object, with each finding on a line of its own, since there may
 * be more of them than a string can hold.
 */

import type { Report } from "./reconcile_report.ts";
import type { AuditSignature } from "../domain/audit_log.ts";
import type { Confirmation } from "../domain/logging_confirmation.ts";
import { summaryOf } from "../domain/reconciliation.ts";
import type { SignIntent } from "../domain/sign_intents.ts";
import { print } from "../print.ts";

/** Prints the report on stdout. @param cannotSee what the reader must know besides */
export function printJson(report: Report, cannotSee: readonly string[]): void {
  const { result } = report;
  print.line("{");
  for (const [name, value] of Object.entries(headOf(report, cannotSee))) {
    print.line(`${JSON.stringify(name)}:${JSON.stringify(value)},`);
  }
  printList(
    "unexplained",
    result.unexplained,
    (it) => ({ ...ofSignature(it.signature), why: it.why }),
  );
  print.line(",");
  printList("unwitnessed", result.unwitnessed, (it) => ({ ...ofIntent(it.intent), why: it.why }));
  print.line(",");
  printList("indeterminate", result.indeterminate, ({ intent, signature, why }) => ({
    ...(intent === null ? ofSignature(signature!) : ofIntent(intent)),
    why,
  }));
  print.line(",");
  printList("matched", result.matched, ({ intent, signature, isNamed }) => ({
    ...ofSignature(signature),
    matched_by: isNamed ? "attempt" : "count",
    intent: { time: intent.at, ...ofAttempt(intent) },
  }));
  print.line("}");
}

function headOf(report: Report, cannotSee: readonly string[]) {
  const { result, ledger, isSigned, isFromLog, older, log } = report;
  const { matched, unwitnessed, unexplained, indeterminate, ...summary } = summaryOf(result);
  const { passedOver } = log;
  const { periodMs, isPeriodGiven } = result.logging;
  return {
    ok: unexplained === 0,
    ...summary,
    from_log: isFromLog,
    older_intents: older,
    settling_minutes: result.settlingMs / 60_000,
    counts: { matched, unwitnessed, unexplained, indeterminate },
    key_versions: result.keyVersions,
    logging: {
      ...ofConfirmation(result.logging),
      canary_minutes: periodMs === null ? null : periodMs / 60_000,
      canary_minutes_given: isPeriodGiven,
      key_versions: result.logging.keyVersions.map((it) => ({
        key_version: it.keyVersion,
        ...ofConfirmation(it),
      })),
    },
    ledger: { size: ledger.size, last: ledger.last, checkpoint: isSigned, beyond: ledger.beyond },
    log: {
      entries: log.entries,
      first: log.first,
      last: log.last,
      refused: passedOver.refused,
      duplicates: passedOver.duplicates,
      other_methods: passedOver.otherMethods,
      other_services: passedOver.otherServices,
      other_logs: passedOver.otherLogs,
      other_keys: result.otherKeys.map((it) => ({ key_version: it.keyVersion, count: it.count })),
    },
    cannot_see: cannotSee,
  };
}

function printList<T>(name: string, found: readonly T[], toJson: (one: T) => unknown): void {
  print.line(`${JSON.stringify(name)}:[`);
  found.forEach((one, place) =>
    print.line(`${JSON.stringify(toJson(one))}${place + 1 < found.length ? "," : ""}`)
  );
  print.line("]");
}

function ofConfirmation({ from, until, seen, missing, longest, gaps }: Confirmation) {
  return {
    confirmed_from: from,
    confirmed_until: until,
    canaries_seen: seen,
    canaries_missing: missing.map(ofIntent),
    longest_without: longest,
    gaps,
  };
}

function ofSignature(signature: AuditSignature) {
  return {
    time: signature.time,
    principal: signature.principal,
    delegates: signature.delegates,
    caller_ip: signature.callerIp,
    user_agent: signature.userAgent,
    key_version: signature.keyVersion,
    digest_sha256: signature.digest,
    log_name: signature.logName,
    insert_id: signature.insertId,
  };
}

/** Who called Cloud KMS is in its log only, where this intent is not, or not yet. */
function ofIntent(intent: SignIntent) {
  return {
    time: intent.at,
    principal: null,
    caller_ip: null,
    user_agent: null,
    key_version: intent.keyVersion,
    digest_sha256: intent.digest,
    ...ofAttempt(intent),
  };
}

function ofAttempt(intent: SignIntent) {
  return {
    index: intent.index,
    attempt: intent.attempt,
    request_id: intent.requestId,
    caller: intent.caller,
    context_identifier: intent.contextIdentifier,
    result: intent.result,
    error: intent.error,
  };
}
