/**
 * What came to the exchange and what became of it, for tests to count. Holds no token, secret or
 * ticket. Keeps the latest 10 000; the counter counts all.
 */
import type { AuthorizeErrorName } from "./authorize_error.ts";

export type ExchangeVerdict =
  | "issued"
  | "malformed"
  | "unknown_application"
  | "unknown_tenant"
  | "tenant_not_running"
  | "invalid_signature"
  | "invalid_timestamp"
  | "not_authorized"
  | "revoked"
  | "expired"
  | "needs_reapproval"
  | "wrong_system_user_token"
  | "forced";

export interface ExchangeRecord {
  /** Milliseconds of the simulator's clock. */
  readonly at: number;
  readonly door: "rest" | "soap";
  /** As it was asked for, `null` when it was not readable. */
  readonly contextIdentifier: string | null;
  readonly verdict: ExchangeVerdict;
  readonly authorizeErrorName: AuthorizeErrorName | null;
  readonly authorizeErrorCode: number | null;
  /** The `yyyyMMddHHmm` that was signed, as sent. */
  readonly signedTimestamp: string | null;
}

export interface ExchangeLog {
  add(record: ExchangeRecord): void;
  records(): readonly ExchangeRecord[];
  /** Exchanges since the start or the last reset. */
  count(): number;
  reset(): void;
}

/** An empty log. */
export function createExchangeLog(): ExchangeLog {
  let records: ExchangeRecord[] = [];
  let count = 0;
  return {
    add(record) {
      count++;
      records.push(record);
      if (records.length > 20_000) records = records.slice(-10_000);
    },
    records: () => records.slice(-10_000),
    count: () => count,
    reset() {
      records = [];
      count = 0;
    },
  };
}
