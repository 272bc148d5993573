/**
 * Finds ledger entries, newest first. Reads no more than 5,000 for one answer and says how far it came,
 * so that who looks for something rare goes on from there. A time is found by halving, not by reading.
 */

import type { Caller } from "../domain/caller.ts";
import { accept, type Outcome } from "../domain/refusal.ts";
import {
  type EntryFilter,
  isFiltered,
  isWanted,
  millisOfEntry,
  type ShownEntry,
  shownEntry,
} from "../domain/shown_entry.ts";
import { isArchived, type LeafReader, readKept } from "./kept_entries.ts";

export interface EntrySearch {
  readonly filter: EntryFilter;
  /** Only entries below this index; null for all. */
  readonly before: number | null;
  readonly limit: number;
}

export interface FoundEntries {
  /** Newest first. */
  readonly entries: readonly ShownEntry[];
  /** Entries of the log when it was asked. */
  readonly size: number;
  /** Everything from `first` to before `end` was looked at. */
  readonly first: number;
  readonly end: number;
  /** `before` of what is older; null if nothing can be. */
  readonly next: number | null;
  /** Whether what is older was moved to an archive that is not at hand. */
  readonly isArchived: boolean;
}

/** Entries that are looked at for one answer, at most. */
export const MAX_SEARCHED = 5_000;

const CHUNK = 500;

/**
 * Entries are nearly in the order of their times: each instance has a clock of its own. What lies so
 * far outside of the wanted time is not looked at.
 */
const CLOCKS_APART_MS = 3_600_000;

/** @param size of the log, as just read */
export async function searchEntries(
  audit: LeafReader,
  caller: Caller,
  { filter, before, limit }: EntrySearch,
  size: number,
): Promise<Outcome<FoundEntries>> {
  const newest = await newestOf(audit, caller, filter, Math.min(before ?? size, size));
  if (!newest.ok) return newest;
  const end = newest.value;
  const oldest = Math.max(0, end - MAX_SEARCHED);
  const chunk = isFiltered(filter) ? CHUNK : limit;
  const entries: ShownEntry[] = [];
  const found = (first: number, next: number | null, isCut = false) =>
    accept({ entries, size, first, end, next, isArchived: isCut });

  for (let high = end; high > oldest;) {
    const page = await readKept(audit, caller, Math.max(oldest, high - chunk), high);
    if (!page.ok) return page;
    const { start, leaves } = page.value;
    for (let place = leaves.length - 1; place >= 0; place--) {
      const entry = shownEntry(leaves[place]!, start + place);
      if (isTooOld(entry, filter)) return found(entry.index, null);
      if (isWanted(entry, filter)) entries.push(entry);
      if (entries.length === limit) return found(entry.index, entry.index || null);
    }
    if (start > Math.max(oldest, high - chunk)) return found(start, null, true);
    high = start;
  }
  return found(oldest, oldest || null);
}

function isTooOld(entry: ShownEntry, { from }: EntryFilter): boolean {
  const at = millisOfEntry(entry);
  return from !== null && at !== null && at < from - CLOCKS_APART_MS;
}

/** @returns the index below which everything wanted lies */
async function newestOf(
  audit: LeafReader,
  caller: Caller,
  { to }: EntryFilter,
  end: number,
): Promise<Outcome<number>> {
  let low = 0;
  let high = end;
  while (to !== null && low < high) {
    const middle = Math.floor((low + high) / 2);
    const one = await audit.entries(caller, middle - 1, 1);
    if (!one.ok && !isArchived(one)) return one;
    const [leaf] = one.ok ? one.value : [];
    const at = leaf === undefined ? null : millisOfEntry(shownEntry(leaf, middle));
    if (at !== null && at >= to + CLOCKS_APART_MS) high = middle;
    else low = middle + 1;
  }
  return accept(high);
}
