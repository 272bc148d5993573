/**
 * What came to the exchange and what became of it: who asked, for which tenant, what was signed, and
 * the verdict. For tests to count and for people to watch. Holds no token, secret or ticket. Keeps the
 * latest 10 000; the counter counts all.
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
  /** Of the app that the sent secret belongs to; `null` when it belongs to none. */
  readonly clientId: string | null;
  readonly appName: string | null;
  /** As it was asked for; `null` when it was missing or no context identifier. */
  readonly contextIdentifier: string | null;
  /** `null` when there is no such tenant. */
  readonly companyName: string | null;
  /** What `maskSignedText` leaves of the signed token; `null` when there was none. */
  readonly signedText: string | null;
  readonly verdict: ExchangeVerdict;
  readonly authorizeErrorName: AuthorizeErrorName | null;
  readonly authorizeErrorCode: number | null;
  /** The time that was signed, as sent; `null` when it does not look like one. */
  readonly signedTimestamp: string | null;
  /** HTTP status of the answer; `null`: none was given. */
  readonly status: number | null;
}

export interface ExchangeLog {
  add(record: ExchangeRecord): void;
  records(): readonly ExchangeRecord[];
  /** Exchanges since the start or the last reset. */
  count(): number;
  reset(): void;
  /** Calls `listener` with every record from now on. Returns the function that ends it. */
  subscribe(listener: (record: ExchangeRecord) => void): () => void;
}

/** An empty log. */
export function createExchangeLog(): ExchangeLog {
  let records: ExchangeRecord[] = [];
  let count = 0;
  const listeners = new Set<(record: ExchangeRecord) => void>();
  return {
    add(record) {
      count++;
      records.push(record);
      if (records.length > 20_000) records = records.slice(-10_000);
      for (const listener of listeners) listener(record);
    },
    records: () => records.slice(-10_000),
    count: () => count,
    reset() {
      records = [];
      count = 0;
    },
    subscribe(listener) {
      // Of its own, so that one function may listen twice and end once.
      const own = (record: ExchangeRecord) => listener(record);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}

/**
 * A signed token that nobody can use: `Box Office-Ab…yz.202611221200.Q2x3…`. Of the token's random part
 * two characters stay at each end, of the signature four. `appNames` are those that may be shown: what
 * a client put where a name belongs may be anything.
 */
export function maskSignedText(signed: string, appNames: readonly string[]): string {
  const [token = "", timestamp = "", signature = "", ...more] = signed.split(".");
  const isThree = signature !== "" && more.length === 0;
  if (!isThree || signedTimestampOf(signed) === null) return mask(signed);
  const name = appNames.find((known) => token.startsWith(`${known}-`));
  const shown = name === undefined ? mask(token) : `${name}-${mask(token.slice(name.length + 1))}`;
  return `${shown}.${timestamp}.${signature.slice(0, 4)}…`;
}

/** The time inside a signed token, whether or not it is a right one. */
export function signedTimestampOf(signed: string): string | null {
  const [, timestamp = "", ...rest] = signed.split(".");
  return rest.length === 1 && /^[\dTZ:-]{1,20}$/.test(timestamp) ? timestamp : null;
}

/** Less than half of it. */
function mask(text: string): string {
  return text.length < 10 ? "…" : `${text.slice(0, 2)}…${text.slice(-2)}`;
}
