/** A pace: at most so many beginnings in any stretch of time of a length. */

import type { Clock } from "../../usecases/ports.ts";

/** @returns waits until the next may begin, and counts it */
export function createPace(clock: Clock, count: number, lengthMs: number): () => Promise<void> {
  const begun: number[] = [];
  return async () => {
    const first = begun.length < count ? undefined : begun.shift();
    const wait = first === undefined ? 0 : first + lengthMs - clock.now();
    if (wait > 0) await clock.sleep(wait);
    begun.push(clock.now());
  };
}
