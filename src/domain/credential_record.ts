/**
 * What all instances know of the app's own credentials: which version of the signing key and which
 * client secret SuperOffice takes, since when, and when each was last seen to work. Names and instants
 * only; a secret is named by its digest. Says nothing of any tenant.
 */

import { canonicalText } from "./ledger_entry.ts";
import { sha256Hex } from "./signed_text.ts";
import type { Secret } from "./secret.ts";

/** The two credentials that SuperOffice holds one of each. */
export const CREDENTIALS = ["key", "secret"] as const;
export type CredentialKind = typeof CREDENTIALS[number];

/** By kind: the names of a signing key's version and of a client secret that go together. */
export type CredentialNames = Readonly<Record<CredentialKind, string>>;

export interface CredentialUse {
  /** Name of the one to begin with. */
  readonly inUse: string;
  /** Since when. Milliseconds since the epoch, as everywhere here; 0 before it was seen to work. */
  readonly since: number;
  /** When each was last seen to work, by name: to about a minute. */
  readonly worked: Readonly<Record<string, number>>;
}

export interface CredentialRecord extends Readonly<Record<CredentialKind, CredentialUse>> {
  /** When the ones not in use were last tried for a tenant that is refused anyway. Null: never. */
  readonly triedAt: number | null;
  /** Unguessable, of the last writing: two instances that find the same at the same time are still two. */
  readonly writing: string;
  /** Not there: the ledger has every change. */
  readonly untold?: Untold;
}

/** Another one is in use than before. */
export interface CredentialChange {
  readonly from: string;
  readonly to: string;
}

/** Changes that the ledger may not have yet. */
export interface Untold {
  readonly changes: readonly CredentialChange[];
  /** Of the request that met the last of them. */
  readonly requestId: string | null;
  /** Since when somebody is writing them down, and the unguessable name of that writing. */
  readonly at: number;
  readonly teller: string;
}

/** Older ones are forgotten. */
const MAX_NAMES = 8;

/** Before anything was seen to work. */
export function newRecord(first: CredentialNames): CredentialRecord {
  const use = (inUse: string) => ({ inUse, since: 0, worked: {} });
  return { key: use(first.key), secret: use(first.secret), triedAt: null, writing: "" };
}

/**
 * Notes that credentials worked.
 *
 * @param names what worked; a kind that was not asked about is left as it is
 * @param isProof true where those in use were refused for the same question: then these are in use now
 */
export function withWork(
  record: CredentialRecord,
  names: Partial<CredentialNames>,
  now: number,
  isProof: boolean,
): CredentialRecord {
  const use = (kind: CredentialKind): CredentialUse => {
    const [old, name] = [record[kind], names[kind]];
    if (name === undefined) return old;
    const { [name]: _, ...others } = old.worked;
    const latest = Object.entries(others).sort(([, a], [, b]) => b - a).slice(0, MAX_NAMES - 1);
    // Now, also where a clock that was ahead has noted a later instant: that would stay for as long.
    const worked = { [name]: now, ...Object.fromEntries(latest) };
    const isNew = name === old.inUse ? old.since === 0 : isProof;
    return isNew ? { inUse: name, since: now, worked } : { ...old, worked };
  };
  return { ...record, key: use("key"), secret: use("secret") };
}

/** What worked is not noted again so soon: many that find the same at once do not queue for the record. */
const SAME_MS = 10_000;

/** Whether `next`, which follows from the record by `withWork`, is worth being written. */
export function isNews(record: CredentialRecord, next: CredentialRecord): boolean {
  return CREDENTIALS.some((kind) => {
    const [old, use] = [record[kind], next[kind]];
    return use.inUse !== old.inUse || use.since !== old.since ||
      Object.entries(use.worked).some(([name, at]) =>
        Math.abs(at - (old.worked[name] ?? 0)) >= SAME_MS
      );
  });
}

/** What is in use in `next` that was not before. */
export function changesOf(record: CredentialRecord, next: CredentialRecord): CredentialChange[] {
  return CREDENTIALS.flatMap((kind) => {
    const [from, to] = [record[kind].inUse, next[kind].inUse];
    return from === to ? [] : [{ from, to }];
  });
}

/** What worked so long ago may have been replaced by one that nobody notes. Milliseconds. */
const KNOWN_MS = 24 * 60 * 60_000;

/**
 * What is in use, if it is none of these and was seen to work lately.
 *
 * @param names those that somebody has
 */
export function foreignUse(
  { inUse, worked }: CredentialUse,
  names: readonly string[],
  now: number,
): string | null {
  // An instant that is still to come is of a clock that is ahead.
  const isLately = now - (worked[inUse] ?? -Infinity) < KNOWN_MS;
  return isLately && !names.includes(inUse) ? inUse : null;
}

/**
 * How a client secret is called where it must not be seen: 48 bits of its digest, which tell nothing of
 * 128 random bits or more.
 */
export function secretName(secret: Secret): string {
  return `client_secret:${sha256Hex(secret.reveal()).slice(0, 12)}`;
}

/** The same record has the same text. */
export function recordText(record: CredentialRecord): string {
  return canonicalText(record);
}

/** @returns null for anything but a record's text */
export function parseRecord(text: string): CredentialRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { key, secret, triedAt, writing, untold } = value;
  if (!isUse(key) || !isUse(secret) || typeof writing !== "string") return null;
  if (triedAt !== null && !isInstant(triedAt)) return null;
  const record = { key, secret, triedAt, writing };
  if (untold === undefined) return record;
  return isUntold(untold) ? { ...record, untold } : null;
}

function isUntold(value: unknown): value is Untold {
  if (!isObject(value) || !Array.isArray(value.changes)) return false;
  const { changes, requestId, at, teller } = value;
  return changes.every((it) => typeof it?.from === "string" && typeof it.to === "string") &&
    (requestId === null || typeof requestId === "string") && isInstant(at) &&
    typeof teller === "string";
}

function isUse(value: unknown): value is CredentialUse {
  if (!isObject(value) || !isObject(value.worked)) return false;
  const { inUse, since, worked } = value;
  return typeof inUse === "string" && isInstant(since) && Object.values(worked).every(isInstant);
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
