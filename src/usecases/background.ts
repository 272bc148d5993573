/** Work that goes on in the background, from its start until it is told to leave. */

import type { Clock } from "./ports.ts";

export interface Background {
  start(): void;
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>;
}

/** @param work never rejects, and ends soon after it is told to leave */
export function createBackground(work: (leaving: AbortSignal) => Promise<void>): Background {
  const leaving = new AbortController();
  let running: Promise<void> | null = null;
  return {
    start() {
      running ??= work(leaving.signal);
    },
    async stop() {
      leaving.abort();
      await running;
    },
  };
}

/** @param deed never rejects. Done again and again, first after `everyMs` */
export function createRepeated(
  { clock, everyMs, deed }: {
    readonly clock: Clock;
    readonly everyMs: number;
    readonly deed: () => Promise<void>;
  },
): Background {
  return createBackground(async (leaving) => {
    while (!leaving.aborted) {
      await clock.sleep(everyMs, leaving);
      if (!leaving.aborted) await deed();
    }
  });
}
