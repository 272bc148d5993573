/** The levers of the simulator itself: its switches, its clock, and what it has seen. */
import { inSnakeCase, number, type Verbs } from "../../control/verbs.ts";
import { type Behaviour, defaultBehaviour } from "../behaviour.ts";
import type { ExchangeRecord } from "../exchange_log.ts";
import { kindsInWords, requireSwitches } from "../switch_kinds.ts";
import type { World } from "../world.ts";

export interface SwitchLevers {
  /** Shifts the simulator's clock, its `Date` header included. */
  clockOffsetMs(milliseconds: number): void;
  /** Changes some switches, or none: throws on a name that is none and on a value of another kind. */
  set(switches: Partial<Behaviour>): Behaviour;
  switches(): SwitchesView;
  /** All switches back to their defaults. */
  resetSwitches(): void;
  exchanges(): readonly ExchangeRecord[];
  exchangeCount(): number;
  /** Calls `listener` with every exchange from now on. Returns the function that ends it. */
  watchExchanges(listener: (record: ExchangeRecord) => void): () => void;
  /** Forgets the recorded exchanges. */
  resetCounters(): void;
}

/** How the simulator behaves, how it would without anybody's doing, and what each switch may be. */
export interface SwitchesView {
  readonly values: Behaviour;
  readonly defaults: Behaviour;
  readonly kinds: Readonly<Record<keyof Behaviour, string>>;
}

/** Dates further off are none. */
const CENTURY_MS = 100 * 365 * 24 * 3_600_000;

export function switchLevers(world: World): SwitchLevers {
  return {
    clockOffsetMs(milliseconds) {
      if (!(Math.abs(milliseconds) <= CENTURY_MS)) {
        throw new Error("Cannot shift the clock: more than a century");
      }
      world.clockOffsetMs = milliseconds;
    },
    set(switches) {
      requireSwitches(switches);
      return { ...Object.assign(world.behaviour, switches) };
    },
    switches: () => ({
      values: { ...world.behaviour },
      defaults: defaultBehaviour(),
      kinds: kindsInWords(),
    }),
    resetSwitches() {
      Object.assign(world.behaviour, defaultBehaviour());
    },
    exchanges: () => world.exchangeLog.records(),
    exchangeCount: () => world.exchangeLog.count(),
    watchExchanges: (listener) => world.exchangeLog.subscribe(listener),
    resetCounters: () => world.exchangeLog.reset(),
  };
}

export function switchVerbs(levers: SwitchLevers): Verbs {
  return {
    clock_offset_ms: {
      takes: ["milliseconds"],
      call: (body) => levers.clockOffsetMs(number(body, "milliseconds")),
    },
    set: { takes: ["…switches"], call: (body) => levers.set(body) },
    switches: { takes: [], reads: true, call: () => levers.switches() },
    reset_switches: { takes: [], call: () => levers.resetSwitches() },
    exchanges: {
      takes: [],
      reads: true,
      call: () => ({ count: levers.exchangeCount(), exchanges: inSnakeCase(levers.exchanges()) }),
    },
    reset_counters: { takes: [], call: () => levers.resetCounters() },
  };
}
