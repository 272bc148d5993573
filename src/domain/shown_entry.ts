/**
 * Ledger entries for people: what a leaf says, and whether it is one of those that are looked for. A
 * leaf is shown as it is stored, also one that is none of ours: judging it is verification's work.
 */

import type { ContextId } from "./context_id.ts";
import { COMMON_MEMBERS, ENTRY_MEMBERS } from "./ledger_entry.ts";

/** An entry as text. Members that are missing or of another type are null. */
export interface ShownEntry {
  /** Its place in the log. */
  readonly index: number;
  readonly at: string | null;
  /** Null: the leaf cannot be read as an entry. */
  readonly kind: string | null;
  readonly requestId: string | null;
  readonly caller: string | null;
  readonly contextIdentifier: string | null;
  /** A signature for nobody, made to see whether the cloud's log shows it: its intent or outcome. */
  readonly isCanary: boolean;
  /** What its kind has besides; of a leaf that cannot be read, the leaf. */
  readonly members: readonly ShownMember[];
}

export interface ShownMember {
  readonly name: string;
  /** Null where the entry says null. */
  readonly value: string | null;
}

/** What is looked for. Null: anything. */
export interface EntryFilter {
  readonly tenant: ContextId | null;
  readonly caller: string | null;
  /** One of `ENTRY_KINDS`, or `CANARIES`. */
  readonly kind: string | null;
  /** Milliseconds since the epoch, itself included. */
  readonly from: number | null;
  /** Itself not included. */
  readonly to: number | null;
}

export const EVERY_ENTRY: EntryFilter = {
  tenant: null,
  caller: null,
  kind: null,
  from: null,
  to: null,
};

/** What can be looked for by kind. */
export const ENTRY_KINDS: readonly string[] = Object.keys(ENTRY_MEMBERS);

/** Finds canaries among the kinds. A word of its own: a caller may have any id, also `canary`. */
export const CANARIES = "canaries";

export function shownEntry(leaf: string, index: number): ShownEntry {
  const entry = parse(leaf);
  if (entry === null) {
    const members = [{ name: "leaf", value: leaf }];
    const nothing = { at: null, kind: null, requestId: null, caller: null, isCanary: false };
    return { index, ...nothing, contextIdentifier: null, members };
  }
  return {
    index,
    at: textIn(entry, "at"),
    kind: textIn(entry, "kind"),
    requestId: textIn(entry, "request_id"),
    caller: textIn(entry, "caller"),
    contextIdentifier: textIn(entry, "context_identifier"),
    isCanary: isCanary(entry),
    members: namesIn(entry).map((name) => ({ name, value: shown(entry[name]) })),
  };
}

/** True for an entry that is looked for. */
export function isWanted(entry: ShownEntry, filter: EntryFilter): boolean {
  const { tenant, caller, kind, from, to } = filter;
  if (tenant !== null && entry.contextIdentifier !== tenant) return false;
  if (caller !== null && entry.caller !== caller) return false;
  if (kind === CANARIES ? !entry.isCanary : kind !== null && entry.kind !== kind) return false;
  if (from === null && to === null) return true;
  const at = millisOfEntry(entry);
  return at !== null && (from === null || at >= from) && (to === null || at < to);
}

/** @returns milliseconds since the epoch, or null if the entry tells no time */
export function millisOfEntry({ at }: ShownEntry): number | null {
  const millis = at === null ? NaN : Date.parse(at);
  return Number.isNaN(millis) ? null : millis;
}

/** True if there is anything that is looked for. */
export function isFiltered(filter: EntryFilter): boolean {
  return Object.values(filter).some((value) => value !== null);
}

type Members = Readonly<Record<string, unknown>>;

function parse(leaf: string): Members | null {
  try {
    const value: unknown = JSON.parse(leaf);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && typeof (value as Members).kind === "string" ? value as Members : null;
  } catch {
    return null;
  }
}

/** As `usecases/canary.ts` writes them. A refused consent is nobody's as well, and signs nothing. */
function isCanary({ kind, caller, context_identifier: tenant }: Members): boolean {
  return (kind === "sign_intent" || kind === "sign_outcome") && caller === null && tenant === null;
}

function textIn(entry: Members, name: string): string | null {
  const value = entry[name];
  return typeof value === "string" ? value : null;
}

/** In the order of the kind's grammar; what the grammar does not know comes last. */
function namesIn(entry: Members): string[] {
  const known = Object.hasOwn(ENTRY_MEMBERS, String(entry.kind))
    ? ENTRY_MEMBERS[entry.kind as keyof typeof ENTRY_MEMBERS]
    : [];
  const own = Object.keys(entry).filter((name) =>
    !(COMMON_MEMBERS as readonly string[]).includes(name)
  );
  return [
    ...known.filter((name) => own.includes(name)),
    ...own.filter((it) => !known.includes(it)),
  ];
}

function shown(value: unknown): string | null {
  return value === null || typeof value === "string" ? value : JSON.stringify(value);
}
