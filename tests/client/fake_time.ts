/** Time that passes when a test says so: timers, `performance.now()` and `Date.now()` of this process. */

export interface FakeTime {
  /** Milliseconds go by; whoever waited for one of them goes on. */
  advance(ms: number): Promise<void>;
  /** The wall clock is set; `performance.now()` does not care. */
  setClock(ms: number): void;
}

const REAL = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => REAL.setTimeout(done, 0));
}

export async function withFakeTime(work: (time: FakeTime) => Promise<void>): Promise<void> {
  const real = { now: performance.now, dateNow: Date.now };
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  let monotonic = 1000;
  let wall = Date.UTC(2026, 10, 22, 12);
  let lastId = 0;
  const fakes = {
    setTimeout: (run: () => void, ms = 0) => {
      timers.set(++lastId, { at: monotonic + ms, run });
      return lastId;
    },
    clearTimeout: (id: number) => void timers.delete(id),
  };
  Object.assign(globalThis, fakes);
  performance.now = () => monotonic;
  Date.now = () => wall;
  try {
    await work({
      async advance(ms) {
        await settle();
        const end = monotonic + ms;
        while (true) {
          const due = [...timers].filter(([, { at }]) => at <= end)
            .sort(([, one], [, other]) => one.at - other.at)[0];
          if (due === undefined) break;
          const [id, { at, run }] = due;
          wall += Math.max(0, at - monotonic);
          monotonic = Math.max(at, monotonic);
          timers.delete(id);
          run();
          await settle();
        }
        wall += end - monotonic;
        monotonic = end;
      },
      setClock: (ms) => wall = ms,
    });
  } finally {
    Object.assign(globalThis, REAL);
    performance.now = real.now;
    Date.now = real.dateNow;
  }
}
