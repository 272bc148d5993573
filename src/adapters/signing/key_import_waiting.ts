/** Looking again and again, until it is there or the time is over. */

export interface Waiting {
  /** Waits a moment. @returns false at once if the time is over */
  pause(): Promise<boolean>;
  /** Milliseconds until the time is over; below 0 after that. */
  leftMs(): number;
}

/**
 * @param timeoutMs for everything that is waited for
 * @param sleep resolves after so many milliseconds
 */
export function createWaiting(
  timeoutMs: number,
  now: () => number,
  sleep: (ms: number) => Promise<void>,
): Waiting {
  const end = now() + timeoutMs;
  let ms = FIRST_MS;
  return {
    leftMs: () => end - now(),
    async pause() {
      if (now() >= end) return false;
      await sleep(Math.min(ms, end - now()));
      ms = Math.min(ms * 2, LONGEST_MS);
      return true;
    },
  };
}

/** Google allows 300 look-ups a minute and project. */
const FIRST_MS = 250;
const LONGEST_MS = 4000;
