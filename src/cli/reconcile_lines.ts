/**
 * Findings of a reconciliation as lines for people. Callers choose what their user agent says, and others
 * what their keys are called: nothing that could move a terminal's cursor is printed as it came.
 */

import type { AuditSignature } from "../domain/audit_log.ts";
import type { Instant } from "../domain/instant.ts";
import type { Indeterminate, Unexplained, Unwitnessed } from "../domain/findings.ts";
import type { Pair } from "../domain/pairing.ts";
import { shown } from "../domain/shown_text.ts";
import type { SignIntent } from "../domain/sign_intents.ts";

const UNEXPLAINED: Readonly<Record<Unexplained["why"], string>> = {
  no_intent: "Box Office never meant to sign this digest",
  too_many: "Box Office meant to sign this digest, but not so often, or not at that time",
  no_digest: "no SHA-256 digest can be read, and Box Office sends nothing else",
  unknown_version: "the ledger never names this version of the crypto key",
};

const UNWITNESSED: Readonly<Record<Unwitnessed["why"], string>> = {
  signed: "a signature came back, and the cloud's log does not have it: that log is incomplete",
  failed: "the attempt failed; it may never have reached the key",
  refused: "Cloud KMS refused the call, as its log shows",
  no_outcome: "no outcome was written; the call may never have been made",
  outside_kms: "by a key outside of Cloud KMS, which no cloud's log sees",
};

const INDETERMINATE: Readonly<Record<Indeterminate["why"], string>> = {
  too_recent: "its entry may still come: run this again later",
  edge_of_log: "its entry may lie before those given: export from earlier on",
  after_ledger: "later than the ledger given: export the ledger again",
};

export function unexplained({ signature, why }: Unexplained): readonly string[] {
  return [...signatureLines(signature), UNEXPLAINED[why]];
}

export function unwitnessed({ intent, why }: Unwitnessed): readonly string[] {
  return [...intentLines(intent), UNWITNESSED[why]];
}

export function indeterminate({ intent, signature, why }: Indeterminate): readonly string[] {
  const lines = intent === null ? signatureLines(signature!) : intentLines(intent);
  return [...lines, INDETERMINATE[why]];
}

export function doubtful({ intent, signature }: Pair): readonly string[] {
  return [
    ...signatureLines(signature),
    `counted as entry ${intent.index} of ${brief(intent.at)}: ${intent.result ?? "no outcome"}`,
  ];
}

function signatureLines(signature: AuditSignature): readonly string[] {
  const { time, keyVersion, digest, insertId } = signature;
  return [
    `${brief(time)}  ${whoOf(signature)}`,
    `key ${shown(keyVersion)}`,
    `digest ${digest ?? "none"}, insert id ${shown(insertId)}`,
  ];
}

function intentLines(intent: SignIntent): readonly string[] {
  const { at, caller, contextIdentifier, requestId, index, keyVersion, digest } = intent;
  const whose = caller === null && contextIdentifier === null
    ? "a canary"
    : `caller ${shown(caller)}, tenant ${shown(contextIdentifier)}`;
  return [
    `${brief(at)}  ${whose}, request ${shown(requestId)}, entry ${index}`,
    `key ${shown(keyVersion)}`,
    `digest ${digest}`,
  ];
}

/** Identity, those behind it, address and user agent. */
export function whoOf({ principal, delegates, callerIp, userAgent }: AuditSignature): string {
  const behind = delegates.length === 0 ? "" : ` for ${delegates.map(shown).join(", ")}`;
  return `${shown(principal)}${behind}  ${shown(callerIp)}  ${shown(userAgent)}`;
}

/** An instant without the zeros at its end. */
export function brief(instant: Instant): string {
  return instant.replace(/\.?0+Z$/, "Z");
}
