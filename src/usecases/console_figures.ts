/**
 * How often the keys were used, as the ledger tells it. Reads the newest entries once and then only what
 * came since: never more than 20,000 for one answer. What lies before is not counted, and it is said from
 * where on the figures count.
 */

import type { Caller } from "../domain/caller.ts";
import { createSignTally, DAYS, HOURS, type SignSeries } from "../domain/ledger_charts.ts";
import { accept, type Outcome } from "../domain/refusal.ts";
import { millisOfEntry, shownEntry } from "../domain/shown_entry.ts";
import { isArchived, type LeafReader, readKept } from "./kept_entries.ts";
import type { Clock } from "./ports.ts";

export interface Figures {
  readonly hours: readonly SignSeries[];
  readonly days: readonly SignSeries[];
  /** The first entry that was counted. Null: there is none. */
  readonly since: CountedFrom | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface CountedFrom {
  readonly index: number;
  /** Milliseconds since the epoch; null if the entry tells no time. */
  readonly at: number | null;
}

export interface FigureReader {
  /** @param size of the log, as just read */
  read(caller: Caller, size: number): Promise<Outcome<Figures>>;
}

/** Entries that are read for one answer, at most. */
export const MAX_COUNTED = 20_000;

const PAGE = 1000;

/** What was counted of one log. */
interface Counted {
  readonly tally: ReturnType<typeof createSignTally>;
  readonly since: CountedFrom | null;
  /** Index of the next entry. */
  readonly next: number;
  /** The leaf before it: another log has another one there. */
  readonly last: string | null;
}

export function createFigureReader(
  { audit, clock }: { readonly audit: LeafReader; readonly clock: Clock },
): FigureReader {
  let counted: Counted | null = null;
  let reading: Promise<unknown> = Promise.resolve();

  const goOn = async (caller: Caller, size: number): Promise<Outcome<null>> => {
    if (counted !== null && counted.next > size) counted = null;
    let known = counted !== null && size - counted.next < MAX_COUNTED ? counted : null;
    if (known !== null && !(await isContinued(audit, caller, known))) known = null;
    counted = known ?? beginning(Math.max(0, size - MAX_COUNTED));
    while (counted.next < size) {
      const end = Math.min(size, counted.next + PAGE);
      const page = await readKept(audit, caller, counted.next, end);
      if (!page.ok) return page;
      // The log was cut back since its size was read.
      if (page.value.leaves.length === 0 && page.value.start < end) break;
      counted = taken(counted, page.value.start, page.value.leaves);
      // Others get their turn between pages: a store on disk answers without a pause.
      await clock.sleep(0);
    }
    return accept(null);
  };

  const read = async (caller: Caller, size: number): Promise<Outcome<Figures>> => {
    const done = await goOn(caller, size);
    if (!done.ok) return done;
    const now = clock.now();
    const { tally, since } = counted!;
    return accept({ hours: tally.series(HOURS, now), days: tally.series(DAYS, now), since, now });
  };

  return {
    // One after the other: each goes on where the one before stopped.
    read(caller, size) {
      const mine = reading.then(() => read(caller, size));
      reading = mine.catch(() => {});
      return mine;
    },
  };
}

function beginning(next: number): Counted {
  return { tally: createSignTally(), since: null, next, last: null };
}

function taken(counted: Counted, start: number, leaves: readonly string[]): Counted {
  for (const leaf of leaves) counted.tally.take(leaf);
  const [first] = leaves;
  const since = counted.since ?? (first === undefined ? null : {
    index: start,
    at: millisOfEntry(shownEntry(first, start)),
  });
  return { ...counted, since, next: start + leaves.length, last: leaves.at(-1) ?? counted.last };
}

/** False if the log is another one than before: a store that was restored, say. */
async function isContinued(
  audit: LeafReader,
  caller: Caller,
  { next, last }: Counted,
): Promise<boolean> {
  if (last === null) return true;
  const page = await audit.entries(caller, next - 2, 1);
  return page.ok ? page.value[0] === last : isArchived(page);
}
