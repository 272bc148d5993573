/**
 * One entry of Cloud Audit Logs, as Cloud Logging gives it (`LogEntry`) or as a sink writes it to
 * BigQuery: is it a use of a key that signs, whose, and was it served? Reads tolerantly, since the
 * shape is Google's to change, but never so that a signature is passed over: what is in doubt counts
 * as one. Source: google.cloud.audit.AuditLog, and entries as `entries.list` returned them.
 */

import { type Instant, parseInstant } from "./instant.ts";

/** One call of AsymmetricSign. Members are null where the entry does not say. */
export interface SignCall {
  readonly time: Instant;
  readonly logName: string;
  readonly insertId: string | null;
  /** `resourceName` as it stands: compared letter by letter. */
  readonly keyVersion: string;
  /** Lower-case hex SHA-256 that was signed; null if there is none that can be read. */
  readonly digest: string | null;
  /** Canonical status code of a refused call; null if it was served. */
  readonly refusedWith: number | null;
  /** E-mail address; without one the subject, as of a workload identity that was granted the key. */
  readonly principal: string | null;
  /** On whose behalf: the identities behind a service account that was impersonated. */
  readonly delegates: readonly string[];
  readonly callerIp: string | null;
  /** Whatever the caller said it was. */
  readonly userAgent: string | null;
  /** `X-Goog-Request-Reason` of the call; ours holds the attempt. A hint: anybody may send one. */
  readonly reason: string | null;
  /** From BigQuery, which keeps microseconds. */
  readonly isRounded: boolean;
}

/** What an entry is. */
export type AuditEntry =
  | { readonly kind: "sign"; readonly call: SignCall }
  | {
    readonly kind: "other_log" | "other_service" | "other_method";
    readonly time: Instant | null;
  }
  | { readonly kind: "unreadable"; readonly why: string };

/** @param entry one JSON value of the log */
export function readAuditEntry(entry: unknown): AuditEntry {
  if (!isRecord(entry)) return unreadable("it is no object");
  const time = parseInstant(member(entry, "timestamp"));
  const exported = member(entry, "protopayload_auditlog");
  const payload = exported ?? member(entry, "protoPayload");
  if (!isRecord(payload)) {
    const isOther = OTHER_PAYLOADS.some((name) => member(entry, name) !== undefined);
    return isOther ? { kind: "other_log", time } : unreadable("it is no log entry");
  }
  const type = member(payload, "@type");
  if (typeof type === "string" && !type.endsWith("/google.cloud.audit.AuditLog")) {
    return { kind: "other_log", time };
  }
  const service = member(payload, "serviceName") ?? KMS;
  if (service !== KMS) return { kind: "other_service", time };
  const method = member(payload, "methodName");
  if (typeof method !== "string") return unreadable("it names no method");
  if (!SIGN.test(method)) return { kind: "other_method", time };
  if (time === null) return unreadable("its timestamp is none");
  return readCall(entry, payload, time, exported !== undefined && exported !== null);
}

const KMS = "cloudkms.googleapis.com";

/** Short as the log has it, or after any interface's name. */
const SIGN = /(?:^|\.)AsymmetricSign$/i;

/** A `LogEntry` has one of three payloads; BigQuery has a column for each kind of the third. */
const OTHER_PAYLOADS = ["textPayload", "jsonPayload"];

function readCall(
  entry: Members,
  payload: Members,
  time: Instant,
  isRounded: boolean,
): AuditEntry {
  const request = readRequest(payload);
  const keyVersion = textOf(member(payload, "resourceName")) ?? textOf(member(request, "name"));
  if (keyVersion === null) return unreadable("it signs with no key that it names");
  const authentication = member(payload, "authenticationInfo");
  const metadata = member(payload, "requestMetadata");
  const call: SignCall = {
    time,
    logName: textOf(member(entry, "logName")) ?? "",
    insertId: textOf(member(entry, "insertId")),
    keyVersion,
    digest: hexDigest(member(member(request, "digest"), "sha256")),
    refusedWith: refusalOf(payload),
    principal: textOf(member(authentication, "principalEmail")) ??
      textOf(member(authentication, "principalSubject")),
    delegates: delegatesOf(member(authentication, "serviceAccountDelegationInfo")),
    callerIp: textOf(member(metadata, "callerIp")),
    userAgent: textOf(member(metadata, "callerSuppliedUserAgent")),
    reason: textOf(member(member(metadata, "requestAttributes"), "reason")),
    isRounded,
  };
  return { kind: "sign", call };
}

/** An object, or the text of one in a column of BigQuery. */
function readRequest(payload: Members): unknown {
  const text = member(payload, "requestJson");
  if (typeof text !== "string") return member(payload, "request");
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * As logged (64 hex digits) or as the request had it (base64 of 32 bytes).
 * @returns lower-case hex, or null
 */
function hexDigest(text: unknown): string | null {
  if (typeof text !== "string") return null;
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  const standard = text.slice(0, 43).replaceAll("-", "+").replaceAll("_", "/");
  try {
    return Uint8Array.fromBase64(`${standard}=`).toHex();
  } catch {
    return null;
  }
}

/**
 * A served call has an empty status, code 0, or none. Only a number tells that nothing was signed.
 * BigQuery: numbers as text, and by Google's own table `statuscode`.
 */
function refusalOf(payload: Members): number | null {
  const status = member(payload, "status");
  const code = member(status, "code") ?? member(payload, "statuscode");
  const isNumber = typeof code === "number" || (typeof code === "string" && /^\d+$/.test(code));
  return isNumber && Number.isSafeInteger(Number(code)) && Number(code) !== 0 ? Number(code) : null;
}

function delegatesOf(chain: unknown): readonly string[] {
  if (!Array.isArray(chain)) return [];
  return chain.flatMap((link) => {
    const email = member(member(link, "firstPartyPrincipal"), "principalEmail");
    return textOf(member(link, "principalSubject")) ?? textOf(email) ?? [];
  });
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

type Members = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member by its name; else in another case, since BigQuery's columns know none. */
function member(of: unknown, name: string): unknown {
  if (!isRecord(of)) return undefined;
  if (Object.hasOwn(of, name)) return of[name];
  const folded = name.toLowerCase();
  const other = Object.keys(of).find((key) => key.toLowerCase() === folded);
  return other === undefined ? undefined : of[other];
}

function unreadable(why: string): AuditEntry {
  return { kind: "unreadable", why };
}
