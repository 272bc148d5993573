/**
 * What Cloud Logging is asked for, in its query language: every entry that may be a signature by a
 * version of these keys. Wider than what is wanted, never narrower: its comparisons take no notice of
 * case, and whose a signature is gets decided here. Source: Logging query language, "Comparisons".
 */

import type { Instant } from "../../domain/instant.ts";

export interface AuditQuery {
  /** Names of key versions in Cloud KMS. Without any, signatures of all keys are asked for. */
  readonly keyVersions: readonly string[];
  /** Null: from the oldest entry that is kept. */
  readonly from: Instant | null;
  readonly until: Instant;
}

/** Google takes 20,000 characters. */
const MAX_FILTER = 20_000;

/** @returns a filter for `entries.list` */
export function auditFilter({ keyVersions, from, until }: AuditQuery): string {
  const clauses = [
    'log_id("cloudaudit.googleapis.com/data_access")',
    // Contains: the short name of the method, and any longer one.
    'protoPayload.methodName:"AsymmetricSign"',
    `timestamp>="${from ?? "1970-01-01T00:00:00Z"}"`,
    `timestamp<"${until}"`,
  ];
  const keys = [...new Set(keyVersions.flatMap((name) => keyOf(name) ?? []))];
  const ofKeys = keys.map((key) => `protoPayload.resourceName:${JSON.stringify(key)}`).join(" OR ");
  const narrow = [...clauses, `(${ofKeys})`].join(" AND ");
  return keys.length === 0 || narrow.length > MAX_FILTER ? clauses.join(" AND ") : narrow;
}

/** Without the project, which Google may also name by its number. */
function keyOf(keyVersion: string): string | null {
  return /\/keyRings\/[^/]+\/cryptoKeys\/[^/]+\//.exec(keyVersion)?.[0] ?? null;
}
