/**
 * Cloud Audit Logs as evidence: every signature that they show, once, and a count of everything that is
 * none. Takes entries in any order, from any number of exports, repeated or not. Nothing is dropped in
 * silence: an entry that cannot be read is refused, and its reader says where.
 */

import { type AuditEntry, readAuditEntry, type SignCall } from "./audit_entry.ts";
import type { Instant } from "./instant.ts";
import { createJsonText, type JsonText } from "./json_values.ts";

/** A signature that Cloud KMS made. */
export type AuditSignature = SignCall & { readonly refusedWith: null };

/** How many entries were passed over, and why. */
export interface PassedOver {
  /** No audit entries. */
  readonly otherLogs: number;
  readonly otherServices: number;
  readonly otherMethods: number;
  /** Entries of AsymmetricSign that were there already. */
  readonly duplicates: number;
  /** Calls that Cloud KMS refused: nothing was signed. */
  readonly refused: number;
}

export interface AuditLogReading {
  /** Of all keys, by time. */
  readonly signatures: readonly AuditSignature[];
  /** Calls of AsymmetricSign that were refused, by time. */
  readonly refused: readonly SignCall[];
  /** All that were read. */
  readonly entries: number;
  readonly passedOver: PassedOver;
  /** Times of the oldest and the newest entry of any kind; null if there is none. */
  readonly first: Instant | null;
  readonly last: Instant | null;
}

export interface AuditLog {
  /** Takes one entry. @returns why it cannot be read, or null */
  take(entry: unknown): string | null;
  /** @returns a reader of one export: a JSON array, or JSON lines */
  text(): JsonText;
  /** What was read so far. */
  reading(): AuditLogReading;
}

export function createAuditLog(): AuditLog {
  const counts = { other_log: 0, other_service: 0, other_method: 0 };
  const calls = createDistinctCalls();
  let entries = 0;
  let first: Instant | null = null;
  let last: Instant | null = null;

  const see = (time: Instant | null): void => {
    if (time === null) return;
    if (first === null || time < first) first = time;
    if (last === null || time > last) last = time;
  };

  const take = (value: unknown): string | null => {
    const entry: AuditEntry = readAuditEntry(value);
    if (entry.kind === "unreadable") return entry.why;
    entries++;
    if (entry.kind === "sign") {
      see(entry.call.time);
      calls.add(entry.call);
    } else {
      see(entry.time);
      counts[entry.kind]++;
    }
    return null;
  };

  return {
    take,
    text: () => createJsonText(take),
    reading() {
      const { distinct, duplicates } = calls.finish();
      const refused = distinct.filter((call) => call.refusedWith !== null);
      return {
        signatures: distinct.filter(isSignature),
        refused,
        entries,
        passedOver: {
          otherLogs: counts.other_log,
          otherServices: counts.other_service,
          otherMethods: counts.other_method,
          duplicates,
          refused: refused.length,
        },
        first,
        last,
      };
    },
  };
}

function isSignature(call: SignCall): call is AuditSignature {
  return call.refusedWith === null;
}

/**
 * Takes out what an export repeats. Two entries are one if they agree in log name, timestamp and insert
 * id, and in what they say: nothing is hidden by borrowing another's name. An entry without an insert id
 * is nobody's duplicate. One from BigQuery, which cuts the timestamp to microseconds, is also that of
 * the whole timestamp.
 */
function createDistinctCalls() {
  const whole = new Map<string, SignCall>();
  const rounded = new Map<string, SignCall>();
  const shared = createSharedTexts();
  let added = 0;
  const nameOf = (call: SignCall, time: string) => {
    const { insertId, digest, refusedWith } = call;
    const [log, key] = [shared.number(call.logName), shared.number(call.keyVersion)];
    return JSON.stringify([log, insertId, time, key, digest, refusedWith]);
  };
  return {
    add(call: SignCall): void {
      added++;
      const [into, time] = call.isRounded ? [rounded, microseconds(call.time)] : [whole, call.time];
      const name = call.insertId === null ? `#${added}` : nameOf(call, time);
      if (!into.has(name)) into.set(name, shared.inside(call));
    },
    finish(): { distinct: SignCall[]; duplicates: number } {
      const cut = rounded.size === 0
        ? new Set<string>()
        : new Set([...whole.values()].map((call) => nameOf(call, microseconds(call.time))));
      const others = [...rounded].filter(([name]) => !cut.has(name)).map(([, call]) => call);
      const distinct = [...whole.values(), ...others].sort(byTime);
      return { distinct, duplicates: added - distinct.length };
    },
  };
}

function microseconds(time: Instant): string {
  return time.slice(0, 26);
}

/** By time; whatever has one time, in an order that does not depend on the order it came in. */
function byTime(one: SignCall, other: SignCall): number {
  return compare(one.time, other.time) || compare(one.insertId ?? "", other.insertId ?? "") ||
    compare(JSON.stringify(one), JSON.stringify(other));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The same few texts in a million entries are kept once. */
function createSharedTexts() {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  const number = (text: string): number => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, texts.length);
    return texts.push(text) - 1;
  };
  const once = <T extends string | null>(text: T): T =>
    text === null ? text : texts[number(text)] as T;
  return {
    number,
    inside: (call: SignCall): SignCall => ({
      ...call,
      logName: once(call.logName),
      keyVersion: once(call.keyVersion),
      principal: once(call.principal),
      callerIp: once(call.callerIp),
      userAgent: once(call.userAgent),
    }),
  };
}
