/**
 * The largest set of pairs of intents and entries that can be one call by their times. Knows nothing but
 * times: each intent may have an entry within one and the same span around it, which is what makes
 * taking them in order the best there is.
 */

/** Something and its time in milliseconds. */
export interface Timed<T> {
  readonly it: T;
  readonly ms: number;
}

/**
 * How much earlier than its intent an entry may be: both clocks are disciplined, and a minute is far
 * more than either should be off.
 */
export const EARLIEST_MS = 60_000;

/**
 * How much later. Between the two lie one append to the ledger and one call, each with a deadline of
 * seconds; the rest is for clocks and for a process that stood still. About the entry's own timestamp:
 * how late it arrives in the log is another matter, and has no part in this.
 */
export const LATEST_MS = 5 * 60_000;

/** Pairs as many as can be. Both sides by time. */
export function match<I, E>(
  intents: readonly Timed<I>[],
  entries: readonly Timed<E>[],
): (readonly [I, E])[] {
  const pairs: (readonly [I, E])[] = [];
  let place = 0;
  for (const { it, ms } of intents) {
    while (place < entries.length && entries[place]!.ms < ms - EARLIEST_MS) place++;
    const entry = entries[place];
    if (entry === undefined) break;
    if (entry.ms > ms + LATEST_MS) continue;
    pairs.push([it, entry.it]);
    place++;
  }
  return pairs;
}

/** What a choice is made by. */
export interface Choice<T> {
  /** By time. */
  readonly all: readonly Timed<T>[];
  /** How many can be paired. */
  readonly most: number;
  /** The least first, by the first number, then by the second. */
  readonly keyOf: (one: Timed<T>) => readonly [number, number];
  /** Whether each of some, by time, can have a partner of its own. */
  readonly isPaired: (some: readonly Timed<T>[]) => boolean;
}

/** Chooses which ones are paired where not all can be. @returns both by time */
export function choose<T>({ all, most, keyOf, isPaired }: Choice<T>) {
  if (all.length === most) return { chosen: all, rest: [] };
  const keyed = all.map((one) => ({ one, key: keyOf(one) }))
    .sort(({ key: [a, b] }, { key: [c, d] }) => a - c || b - d);
  let chosen: readonly Timed<T>[] = [];
  for (const { one } of keyed) {
    if (chosen.length === most) break;
    const more = byTime([...chosen, one]);
    if (isPaired(more)) chosen = more;
  }
  const taken = new Set(chosen);
  return { chosen, rest: all.filter((one) => !taken.has(one)) };
}

/** Equals stay in their order. */
export function byTime<T>(all: readonly Timed<T>[]): readonly Timed<T>[] {
  return all.toSorted((one, other) => one.ms - other.ms);
}
