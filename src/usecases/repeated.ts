/** A deed that is done again and again in the background, until it is stopped. */

import type { Clock } from "./ports.ts";

export interface Repeated {
  start(): void;
  /** Resolves when the deed that is under way has ended. */
  stop(): Promise<void>;
}

/** @param deed never throws. Done first after `everyMs` */
export function createRepeated(
  { clock, everyMs, deed }: {
    readonly clock: Clock;
    readonly everyMs: number;
    readonly deed: () => Promise<void>;
  },
): Repeated {
  const leaving = new AbortController();
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(everyMs, leaving.signal);
      if (leaving.signal.aborted) return;
      await deed();
    }
  };
  return {
    start() {
      running ??= run();
    },
    async stop() {
      leaving.abort();
      await running;
    },
  };
}
