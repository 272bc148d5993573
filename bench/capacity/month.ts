/**
 * A virtual month of the real use cases: processes with their own memories on one embedded store, a key
 * and a SuperOffice that only count, tenants that are asked for as `CALLS` says. Nothing waits; time is
 * what the simulation says. Every call of a port of the store is counted by name.
 */

import { Buffer } from "node:buffer";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import type { Caller } from "../../src/domain/caller.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createChance } from "../soak/random.ts";
import { createProcess } from "./process.ts";
import { countPorts, type Watch } from "./ports.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** How often an instance with tickets in memory asks the store for news (docs/operating.md). */
const NEWS_MS = 45_000;

export interface MonthOptions {
  readonly tenants: number;
  readonly processes: number;
  readonly days: number;
  /** Tickets that one process may keep in memory. */
  readonly memory: number;
  /** True: all calls for one tenant go to the same process. Default: to any. */
  readonly isRouted?: boolean;
}

export interface Month {
  readonly calls: number;
  readonly fromMemory: number;
  readonly signatures: number;
  readonly exchanges: number;
  /** `GET /api/state/…` */
  readonly states: number;
  /** Calls of the store's ports, by name: `tickets.lease`. */
  readonly ports: ReadonlyMap<string, number>;
  readonly ledgerEntries: number;
  readonly ledgerBytes: number;
}

/** Of ten tenants two are busy, five keep office hours, three are rare. By place in the sample. */
export function callsOf(place: number, days: number): number[] {
  const chance = createChance(place + 1);
  const kind = place % 10;
  const all: number[] = [];
  for (let day = 0; day < days; day++) {
    const at = day * DAY;
    if (kind < 2) {
      for (let ms = 0; ms < DAY; ms += 5 * MINUTE) all.push(at + ms + chance.between(0, MINUTE));
    } else if (kind < 7) {
      if (day % 7 >= 5) continue;
      for (let ms = 8 * HOUR; ms < 17 * HOUR; ms += 10 * MINUTE) {
        all.push(at + ms + chance.between(0, MINUTE));
      }
    } else for (let one = 0; one < 5; one++) all.push(at + chance.between(0, DAY - 1));
  }
  return all;
}

interface Event {
  readonly at: number;
  /** Null: news. */
  readonly tenant: ContextId | null;
  readonly process: number;
}

function eventsOf({ tenants, processes, days, isRouted = false }: MonthOptions): Event[] {
  const chance = createChance(tenants);
  const events: Event[] = [];
  for (let place = 0; place < tenants; place++) {
    for (const at of callsOf(place, days)) {
      const process = isRouted ? place % processes : chance.between(0, processes - 1);
      events.push({ at, tenant: nameOf(place), process });
    }
  }
  for (let process = 0; process < processes; process++) {
    for (let at = NEWS_MS; at < days * DAY; at += NEWS_MS) {
      events.push({ at, tenant: null, process });
    }
  }
  return events.sort((a, b) => a.at - b.at);
}

const nameOf = (place: number) => ContextId.parse(`Cust${10_000 + place}`)!;

const CALLER: Caller = { id: "app", tenants: new Set(["*"]), permissions: new Set(["ticket"]) };

/** Lives a month. @param watch told of each call of a port. The stores are the caller's to close */
export async function simulateMonth(
  opened: Stores,
  options: MonthOptions,
  watch: Watch = (_, call) => call(),
): Promise<Month> {
  const start = Date.now();
  let now = start;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const ports = new Map<string, number>();
  let isUnderWay = 0;
  const stores = countPorts(opened, async (name, call) => {
    ports.set(name, (ports.get(name) ?? 0) + 1);
    isUnderWay++;
    try {
      return await watch(name, call);
    } finally {
      isUnderWay--;
    }
  });
  const counts = { signatures: 0, exchanges: 0, states: 0 };
  const processes = Array.from(
    { length: options.processes },
    () => createProcess(stores, clock, counts, options),
  );
  for (let place = 0; place < options.tenants; place++) await consent(opened, nameOf(place), start);

  let [calls, fromMemory] = [0, 0];
  for (const { at, tenant, process } of eventsOf(options)) {
    now = start + at;
    const tickets = processes[process]!;
    if (tenant === null) {
      await tickets.hearNews();
      continue;
    }
    const outcome = await tickets.get(CALLER, tenant, `request-${calls}`);
    if (!outcome.ok) throw new Error(`Cannot simulate: ${tenant} is refused`);
    calls++;
    if (outcome.value.source === "memory") fromMemory++;
    // What goes on behind an answer is over before the next one.
    while (isUnderWay > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    await tickets.drain();
  }
  return { calls, fromMemory, ...counts, ports, ...await sizeOf(opened) };
}

async function sizeOf({ ledger }: Stores) {
  let [ledgerEntries, ledgerBytes] = [0, 0];
  while (true) {
    const leaves = await ledger.read(ledgerEntries - 1, 1000);
    if (leaves.length === 0) return { ledgerEntries, ledgerBytes };
    ledgerEntries += leaves.length;
    for (const leaf of leaves) ledgerBytes += Buffer.byteLength(leaf);
  }
}

async function consent(stores: Stores, contextIdentifier: ContextId, at: number): Promise<void> {
  await stores.tenants.put({
    contextIdentifier,
    companyName: "Example Tenant AS",
    consentedBy: "administrator@example.com",
    consentedAt: at,
    serial: "1234567890",
    systemUserToken: new Secret("Box Office-AbCdEf1234"),
    webapiUrl: null,
    netserverUrl: null,
  }, null);
}
