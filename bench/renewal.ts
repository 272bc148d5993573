/**
 * Hits while a ticket in the last fifth of its life is renewed behind the answer, against hits of the
 * same ticket once it is renewed. SuperOffice takes 300 ms for the exchange. The first renewal of a
 * process is told apart from later ones: with it a worker loads Google's client.
 */

import type { ContextId } from "../src/domain/context_id.ts";
import { type Listening, startService } from "./support/children.ts";
import { startStopwatch, type Stopwatch } from "./support/latency.ts";
import { figure, largest, percentile, spread, title } from "./support/report.ts";
import {
  addTenant,
  pathOf,
  putTicket,
  requireTicket,
  USABLE,
} from "../tests/support/stored_tenants.ts";
import { createWorld, type StoreKind, type World } from "./support/world.ts";

const STARTS = 5;
const LATER = 2;
const EXCHANGE_MS = 300;
const CONNECTIONS = 4;
/** Longer than a renewal takes on a machine that is not busy; else there are more windows. */
const WINDOW_MS = 500;
const MAX_WINDOWS = 20;

/** What callers saw in one window, milliseconds. */
interface Seen {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

interface Pair {
  readonly renewing: Seen;
  readonly plain: Seen;
}

export async function renewal(stores: readonly StoreKind[]): Promise<void> {
  const stopwatch = startStopwatch();
  try {
    for (const kind of stores) {
      const first: Pair[] = [];
      const later: Pair[] = [];
      for (let start = 0; start < STARTS; start++) {
        const [one, ...others] = await measure(kind, stopwatch);
        first.push(one!);
        later.push(...others);
      }
      title(`renewal: hits while a ticket is renewed behind them, ${kind}`);
      report(`first of a process (${first.length} pairs)`, first);
      report(`later ones (${later.length} pairs)`, later);
    }
  } finally {
    await stopwatch.end();
  }
}

async function measure(kind: StoreKind, stopwatch: Stopwatch): Promise<Pair[]> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld(kind);
  ending.defer(world.close);
  const service = await startService(world.env);
  ending.defer(service.end);
  // A route that is hot, and no other part touched: what the first renewal meets.
  const warm = await addTenant(world);
  await putTicket(world, warm, { issued: 0, ends: 60 * 60_000 });
  await look(world, service, warm, stopwatch);
  world.superoffice.control.set({ exchangeDelayMs: EXCHANGE_MS });
  const pairs: Pair[] = [];
  for (let pair = 0; pair <= LATER; pair++) {
    const tenant = await addTenant(world);
    await putTicket(world, tenant, USABLE);
    await requireTicket(service.url, world.apiKey, tenant, "store");
    const renewing: number[] = [];
    // The first to ask for a usable ticket begins its renewal.
    for (let window = 0, generation = 1; generation === 1; window++) {
      if (window === MAX_WINDOWS) throw new Error("Cannot measure: the ticket is not renewed");
      renewing.push(...await look(world, service, tenant, stopwatch));
      generation = await generationOf(service, world, tenant);
    }
    const plain = await look(world, service, tenant, stopwatch);
    pairs.push({ renewing: seenOf(renewing), plain: seenOf(plain) });
  }
  return pairs;
}

async function look(
  { apiKey }: World,
  { url }: Listening,
  tenant: ContextId,
  stopwatch: Stopwatch,
): Promise<readonly number[]> {
  return await stopwatch.measure({
    url: `${url}${pathOf(tenant)}`,
    authorization: apiKey,
    connections: CONNECTIONS,
    milliseconds: WINDOW_MS,
  });
}

async function generationOf(
  { url }: Listening,
  { apiKey }: World,
  tenant: ContextId,
): Promise<number> {
  const headers = { authorization: apiKey };
  const answer = await fetch(`${url}${pathOf(tenant)}`, { headers });
  return (await answer.json()).generation;
}

function seenOf(times: readonly number[]): Seen {
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), most: largest(times) };
}

function report(name: string, pairs: readonly Pair[]): void {
  const series = (which: keyof Pair, what: keyof Seen) => pairs.map((pair) => pair[which][what]);
  figure(`${name}: renewing, p50`, spread(series("renewing", "p50"), 2, "ms"));
  figure(`${name}: plain, p50`, spread(series("plain", "p50"), 2, "ms"));
  for (const what of ["p99", "most"] as const) {
    const renewing = series("renewing", what);
    const plain = series("plain", what);
    figure(`${name}: renewing, ${what}`, spread(renewing, 2, "ms"));
    figure(`${name}: plain, ${what}`, spread(plain, 2, "ms"));
    const over = renewing.map((value, pair) => value - plain[pair]!);
    figure(`${name}: ${what} over plain`, spread(over, 2, "ms"));
  }
}
