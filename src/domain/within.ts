/**
 * True for so long after an instant, both in milliseconds. An instant that is still to come is of a
 * clock that was set back since: nothing waits for it.
 */
export function isWithin(instant: number, ms: number, now: number): boolean {
  return now >= instant && now < instant + ms;
}
