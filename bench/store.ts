/**
 * A ticket that is in Upstash and not in memory, against one raw read of the same key through the same
 * bridge. Each ticket can be read like that only once in a process, so there are many tenants. The
 * service has one HTTP hop more than the raw read; a bare Hono route that does the raw read has it too.
 */

import type { ContextId } from "../src/domain/context_id.ts";
import { startHelper, startService } from "./support/children.ts";
import { figure, median, ratios, spread, title } from "./support/report.ts";
import {
  addStoredTenant,
  FRESH,
  putTicket,
  requireTicket,
} from "../tests/support/stored_tenants.ts";
import { command, commandCounts, requireUpstash, ticketKey } from "./support/upstash.ts";
import { createWorld } from "./support/world.ts";

const PAIRS = 9;
/** Reads of each kind in a pair. */
const READS = 60;
const FIRST_TENANT = 70_000;

/** One after another. @returns milliseconds of the middle one */
async function medianOf(ask: (index: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < READS; index++) {
    const began = performance.now();
    await ask(index);
    times.push(performance.now() - began);
  }
  return median(times);
}

export async function store(): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld("upstash");
  ending.defer(world.close);
  const upstash = requireUpstash(world);
  const tenants: ContextId[] = [];
  for (let number = 0; number < READS * (PAIRS + 1); number++) {
    const tenant = await addStoredTenant(world, FIRST_TENANT + number);
    await putTicket(world, tenant, FRESH);
    tenants.push(tenant);
  }
  const service = await startService(world.env);
  ending.defer(service.end);
  const key = await ticketKey(upstash, tenants[0]!);
  const bare = await startHelper("bare_server.ts", "0", upstash.url, upstash.token, key);
  ending.defer(bare.end);

  const ours: number[] = [];
  const raw: number[] = [];
  const route: number[] = [];
  for (let pair = 0; pair <= PAIRS; pair++) {
    const mine = tenants.splice(0, READS);
    await command(upstash, "CONFIG", "RESETSTAT");
    const took = await medianOf((index) =>
      requireTicket(service.url, world.apiKey, mine[index]!, "store")
    );
    if (pair === PAIRS) reportCommands(await commandCounts(upstash));
    const reading = await medianOf(() => command(upstash, "GET", key));
    const routing = await medianOf(async () => {
      const answer = await fetch(`${bare.url}/stored/${mine[0]}`);
      if (!answer.ok) throw new Error(`Cannot measure: the route answered ${answer.status}`);
      await answer.text();
    });
    if (pair === 0) continue;
    ours.push(took);
    raw.push(reading);
    route.push(routing);
  }

  figure("ticket from the store, milliseconds", spread(ours, 2));
  figure("one raw read of Upstash", spread(raw, 2));
  figure("bare Hono route with that raw read", spread(route, 2));
  figure("ticket / raw read", spread(ratios(ours, raw), 2));
  figure("ticket / bare route with the raw read", spread(ratios(ours, route), 2));
}

function reportCommands(counts: ReadonlyMap<string, number>): void {
  title(`store: a ticket from Upstash, ${PAIRS} pairs of ${READS} reads one after another`);
  const reads = [...counts].filter(([name]) => !["info", "config|resetstat"].includes(name));
  const text = reads.map(([name, calls]) => `${(calls / READS).toFixed(2)} ${name}`).join(", ");
  figure("Redis commands for each ticket", text);
}
