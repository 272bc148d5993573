/**
 * Every row of the table of `docs/operating.md` that says what happens when a part is down, as levers of
 * a soak. The table decides which there are: a row that is not known here ends the soak before it begins.
 * The embedded store's row is not for processes on one Redis.
 */

import type { ContextId } from "../../src/domain/context_id.ts";
import type { KmsFault } from "../../src/simulator/cloud_kms/server.ts";
import { readOutageTable } from "../../tests/support/outage_table.ts";
import type { Fault as UpstashFault } from "../../tests/support/upstash_bridge.ts";
import type { GateState } from "./gate.ts";
import type { Chance } from "./random.ts";
import type { SoakWorld } from "./world.ts";

export interface SoakFault {
  readonly name: string;
  arm(world: SoakWorld): Promise<void> | void;
  lift(world: SoakWorld): Promise<void> | void;
}

/** What a slow part adds to each answer. Milliseconds. */
const SLOW_MS = 300;

type Levers = Omit<SoakFault, "name">;

const gate = (state: GateState): Levers => ({
  arm: (world) => world.gate.set(state),
  lift: (world) => world.gate.set({ kind: "open" }),
});

const upstash = (fault: UpstashFault): Levers => ({
  arm: (world) => world.upstash.all(fault),
  lift: (world) => world.upstash.all(null),
});

const kms = (fault: KmsFault): Levers => ({
  arm: (world) => world.kms.fault(fault),
  lift: (world) => world.kms.fault(null),
});

const clock = (minutes: number): Levers => ({
  arm: ({ superoffice }) => superoffice.control.clockOffsetMs(minutes * 60_000),
  lift: ({ superoffice }) => superoffice.control.clockOffsetMs(0),
});

const closed: Levers = {
  arm: (world) => world.upstash.pause(),
  lift: (world) => world.upstash.resume(),
};

const everything: Levers = {
  async arm({ kms, gate, upstash }) {
    kms.fault({ kind: "status", status: "UNAVAILABLE" });
    await Promise.all([gate.set({ kind: "refusing" }), upstash.pause()]);
  },
  async lift({ kms, gate, upstash }) {
    kms.fault(null);
    upstash.resume();
    await gate.set({ kind: "open" });
  },
};

/** By the first cell of the table's rows: the cases of each. What failed may have happened all the same. */
const ROWS: Readonly<Record<string, readonly Levers[]>> = {
  "SuperOffice: slow": [gate({ kind: "slow", ms: SLOW_MS })],
  "SuperOffice: refuses connections": [gate({ kind: "refusing" })],
  "SuperOffice: silent": [gate({ kind: "silent" }), gate({ kind: "late" })],
  "SuperOffice: answers 503": [gate({ kind: "unavailable" })],
  "SuperOffice: answers garbage": [gate({ kind: "garbage" })],
  "Upstash: slow": [upstash({ kind: "slow", ms: SLOW_MS })],
  "Upstash: refuses connections": [closed],
  "Upstash: silent": [upstash({ kind: "silent" }), upstash({ kind: "late" })],
  "Upstash: answers 503": [upstash({ kind: "unavailable" })],
  "Upstash: does the work, loses the reply": [upstash({ kind: "lost" })],
  "Upstash: HTML with status 200": [upstash({ kind: "html" })],
  "Cloud KMS: slow": [kms({ kind: "slow", ms: SLOW_MS })],
  "Cloud KMS: silent": [kms({ kind: "silent" }), kms({ kind: "silent", happened: true })],
  "Cloud KMS: 429": [kms({ kind: "status", status: "RESOURCE_EXHAUSTED" })],
  "Cloud KMS: 503": [
    kms({ kind: "status", status: "UNAVAILABLE" }),
    kms({ kind: "status", status: "UNAVAILABLE", happened: true }),
  ],
  "Cloud KMS: wrong checksum": [kms({ kind: "corrupt_signature_crc32c" })],
  "Cloud KMS: another key's name": [kms({ kind: "wrong_name" })],
  "our clock: 20 minutes off": [clock(20), clock(-20)],
  "Upstash, Cloud KMS and SuperOffice at once": [everything],
};

/** Of some tenants, because each of them is refused for a minute after it. */
const REFUSED = "SuperOffice: refuses the tenant";

/** There is no SQLite in a soak. */
const NOT_HERE = "SQLite: disk full";

/**
 * Every fault of the table, one for each of its cases.
 *
 * @param refused the tenants that SuperOffice refuses for a while
 * @throws Error if the table has a row that is not known here
 */
export function faultsOf(refused: readonly ContextId[]): SoakFault[] {
  const rows: Readonly<Record<string, readonly Levers[]>> = {
    ...ROWS,
    [REFUSED]: [withdrawn(refused)],
  };
  return [...readOutageTable().keys()].filter((name) => name !== NOT_HERE).flatMap((name) => {
    const cases = rows[name];
    if (cases === undefined) throw new Error(`Cannot soak: the fault ${name} is not known`);
    return cases.map((levers, place) => ({
      name: cases.length === 1 ? name : `${name} (${place + 1})`,
      ...levers,
    }));
  });
}

function withdrawn(tenants: readonly ContextId[]): Levers {
  return {
    arm({ superoffice }) {
      for (const tenant of tenants) superoffice.control.revoke(tenant);
    },
    lift({ superoffice }) {
      for (const tenant of tenants) superoffice.control.approve(tenant);
    },
  };
}

/** One fault after another. Milliseconds. */
export interface Turn {
  readonly fault: SoakFault;
  /** Nothing fails for so long before it. */
  readonly calmMs: number;
  readonly lastsMs: number;
}

/**
 * What fails when, for so long. Each fault once in a new order, then again in another; a tenant that is
 * refused a second time stays refused for hours, so that fault comes once, and early.
 */
export function planOf(chance: Chance, faults: readonly SoakFault[], totalMs: number): Turn[] {
  const turns: Turn[] = [];
  const first = faults.filter(({ name }) => name === REFUSED);
  const others = faults.filter(({ name }) => name !== REFUSED);
  let left = totalMs;
  let deck = [...first, ...chance.shuffle(others)];
  while (true) {
    const calmMs = chance.between(1500, 4000);
    const lastsMs = chance.between(2000, 7000);
    left -= calmMs + lastsMs;
    if (left < 0) return turns;
    if (deck.length === 0) deck = chance.shuffle(others);
    turns.push({ fault: deck.shift()!, calmMs, lastsMs });
  }
}
