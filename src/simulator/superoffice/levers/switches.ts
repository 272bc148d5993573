/** The levers of the simulator itself: its switches, its clock, and what it has seen. */
import { number, type Verbs } from "../../control/verbs.ts";
import { type Behaviour, defaultBehaviour } from "../behaviour.ts";
import type { ExchangeRecord } from "../exchange_log.ts";
import type { World } from "../world.ts";

export interface SwitchLevers {
  /** Shifts the simulator's clock, its `Date` header included. */
  clockOffsetMs(milliseconds: number): void;
  /** Changes some switches. Throws on a name that is none. */
  set(switches: Partial<Behaviour>): Behaviour;
  /** All switches back to their defaults. */
  resetSwitches(): void;
  exchanges(): readonly ExchangeRecord[];
  exchangeCount(): number;
  /** Calls `listener` with every exchange from now on. Returns the function that ends it. */
  watchExchanges(listener: (record: ExchangeRecord) => void): () => void;
  /** Forgets the recorded exchanges. */
  resetCounters(): void;
}

export function switchLevers(world: World): SwitchLevers {
  return {
    clockOffsetMs(milliseconds) {
      world.clockOffsetMs = milliseconds;
    },
    set(switches) {
      const unknown = Object.keys(switches).find((name) => !Object.hasOwn(world.behaviour, name));
      if (unknown !== undefined) throw new Error(`Cannot set switch ${unknown}: unknown`);
      return Object.assign(world.behaviour, switches);
    },
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
    reset_switches: { takes: [], call: () => levers.resetSwitches() },
    exchanges: {
      takes: [],
      reads: true,
      call: () => ({ count: levers.exchangeCount(), exchanges: levers.exchanges() }),
    },
    reset_counters: { takes: [], call: () => levers.resetCounters() },
  };
}
