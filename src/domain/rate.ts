/**
 * How often something may happen: so many at once, and as many again, evenly, in each period (a leaky
 * bucket as a meter, which is the generic cell rate algorithm of ITU-T I.371). Two numbers remember
 * any history. Pure: the instant is passed in.
 */

/** For example 60 in an hour: sixty at once, then one each minute. Both whole and above zero. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

/** What has been used and not come back by an instant. */
export interface Usage {
  readonly at: number;
  /** In units of `1 / count` milliseconds, so that it stays whole whatever the rate. */
  readonly used: number;
}

/** Nothing used yet. */
export const UNUSED: Usage = { at: 0, used: 0 };

/**
 * Uses one more, if there is one.
 *
 * @returns what is used then, and 0; or how many milliseconds from now there will be one
 */
export function use(
  { count, periodMs }: Rate,
  usage: Usage,
  now: number,
): { readonly usage: Usage; readonly waitMs: number } {
  const used = usedAt(count, usage, now);
  const missing = used + periodMs - periodMs * count;
  if (missing > 0) return { usage: { at: now, used }, waitMs: Math.ceil(missing / count) };
  return { usage: { at: now, used: used + periodMs }, waitMs: 0 };
}

/** What of a usage is left at an instant. @param count of the rate's */
export function usedAt(count: number, usage: Usage, now: number): number {
  // A clock that was set back gives nothing back, and makes nobody wait for it to catch up either.
  return Math.max(0, usage.used - Math.max(0, now - usage.at) * count);
}

/** @returns how many more uses there are at once, and in how many milliseconds all of them are back */
export function spare(
  { count, periodMs }: Rate,
  usage: Usage,
  now: number,
): { readonly left: number; readonly fullInMs: number } {
  const used = usedAt(count, usage, now);
  return {
    left: Math.max(0, Math.floor((periodMs * count - used) / periodMs)),
    fullInMs: Math.ceil(used / count),
  };
}
