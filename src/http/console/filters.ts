/**
 * What is looked for, as it stands in an address: each filter once, empty or of its form. A bad one is
 * refused by its name; nothing is guessed.
 */

import { ContextId } from "../../domain/context_id.ts";
import { CANARIES, ENTRY_KINDS, type EntryFilter } from "../../domain/shown_entry.ts";

export const FILTERS = ["tenant", "caller", "kind", "from", "to"] as const;
export type FilterName = typeof FILTERS[number] | "older_than";

/** As typed, for the form. */
export type FilterTexts = Readonly<Record<FilterName, string>>;

export type ReadFilters =
  | {
    readonly ok: true;
    readonly filter: EntryFilter;
    /** Only entries below this index: where the page before ended. */
    readonly before: number | null;
    readonly texts: FilterTexts;
  }
  | { readonly ok: false; readonly bad: FilterName; readonly texts: FilterTexts };

export function readFilters(params: URLSearchParams): ReadFilters {
  const names = [...FILTERS, "older_than"] as const;
  const texts = Object.fromEntries(
    names.map((name) => [name, (params.get(name) ?? "").trim()]),
  ) as FilterTexts;
  const refuse = (bad: FilterName) => ({ ok: false, bad, texts }) as const;
  const repeated = names.find((name) => params.getAll(name).length > 1);
  if (repeated !== undefined) return refuse(repeated);
  const read = {
    tenant: optional(texts.tenant, ContextId.parse),
    caller: optional(texts.caller, readCaller),
    kind: optional(texts.kind, readKind),
    from: optional(texts.from, readTime),
    to: optional(texts.to, readTime),
    older_than: optional(texts.older_than, readIndex),
  };
  const bad = names.find((name) => read[name] === undefined);
  if (bad !== undefined) return refuse(bad);
  const { older_than: before, ...filter } = read as Known<typeof read>;
  const isBackwards = filter.from !== null && filter.to !== null && filter.from >= filter.to;
  return isBackwards ? refuse("to") : { ok: true, filter, before, texts };
}

/** @returns the address of the same search, further back if an index is given */
export function searchAddress(texts: FilterTexts, before: number | null): string {
  const params = new URLSearchParams(
    FILTERS.filter((name) => texts[name] !== "").map((name) => [name, texts[name]]),
  );
  if (before !== null) params.set("older_than", String(before));
  return params.size === 0 ? "/console/entries" : `/console/entries?${params}`;
}

type Known<T> = { readonly [name in keyof T]: Exclude<T[name], undefined> };

/** @returns null if nothing is asked for, undefined if it is not of its form */
function optional<T>(text: string, read: (text: string) => T | null): T | null | undefined {
  return text === "" ? null : read(text) ?? undefined;
}

function readCaller(text: string): string | null {
  return /^[\w.-]{1,64}$/.test(text) ? text : null;
}

function readKind(text: string): string | null {
  return text === CANARIES || ENTRY_KINDS.includes(text) ? text : null;
}

/** Fifteen digits are more than any log will have, and a whole number still. */
function readIndex(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** As a browser's field for date and time gives it, or a day; always UTC. */
function readTime(text: string): number | null {
  const [, day, time = "00:00"] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?Z?$/.exec(text) ?? [];
  if (day === undefined) return null;
  const at = Date.parse(`${day}T${time}Z`);
  // `Date` makes the 3rd of March of the 31st of February.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(`${day}T${time}`) ? null : at;
}
