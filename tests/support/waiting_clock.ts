/** A clock that stands still until a test lets time pass; whoever sleeps then goes on in order. */

import type { Clock } from "../../src/usecases/ports.ts";

export interface WaitingClock extends Clock {
  /** How many sleep now. */
  readonly sleepers: number;
  /** Time is lost, as when a machine sleeps: nobody wakes until time passes again. */
  jump(ms: number): void;
  /** Time passes; everybody whose time comes goes on before the next one's does. */
  pass(ms: number): Promise<void>;
}

/** @param isBusy whether other threads still work on something that needs no time here */
export function createWaitingClock(
  start = Date.UTC(2026, 10, 22, 12),
  isBusy: () => boolean = () => false,
): WaitingClock {
  /** Lets everything happen that needs no time. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn = isBusy() ? 0 : turn + 1) {
      await new Promise((done) => setTimeout(done, 0));
    }
  };
  let now = start;
  const waiting = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        const sleeper = { at: now + ms, wake: resolve };
        waiting.add(sleeper);
        const give = () => {
          waiting.delete(sleeper);
          resolve();
        };
        signal?.addEventListener("abort", give, { once: true });
        if (signal?.aborted) give();
      });
    },
    get sleepers() {
      return waiting.size;
    },
    jump(ms) {
      now += ms;
    },
    async pass(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = Math.max(now, next.at);
        waiting.delete(next);
        next.wake();
        await settle();
      }
      now = end;
    },
  };
}
