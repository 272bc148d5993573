/**
 * Tickets from memory while Upstash, Cloud KMS and SuperOffice are all down, against a service whose
 * parts are all up. The one whose parts are down holds a ticket that it would like to renew, so that
 * renewals that cannot succeed are in the figure, too.
 */

import { startService } from "./support/children.ts";
import { costsOf, load, ratesOf, takeTurns } from "./support/load.ts";
import { figure, ratios, spread, title } from "./support/report.ts";
import {
  addTenant,
  FRESH,
  type Life,
  pathOf,
  putTicket,
  requireTicket,
  USABLE,
} from "../tests/support/stored_tenants.ts";
import { createWorld } from "./support/world.ts";

const PAIRS = 11;

export async function outage(): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const open = async (life: Life) => {
    const world = await createWorld("upstash");
    ending.defer(world.close);
    const service = await startService(world.env);
    ending.defer(service.end);
    const tenant = await addTenant(world);
    const other = await addTenant(world);
    await putTicket(world, tenant, life);
    await requireTicket(service.url, world.apiKey, tenant, "store");
    const authorization = world.apiKey;
    return { world, authorization, service, path: pathOf(tenant), other };
  };
  const up = await open(FRESH);
  const down = await open(USABLE);
  await down.world.bringDown();
  await requireDown(`${down.service.url}${pathOf(down.other)}`, down.authorization);

  const slots = await takeTurns(PAIRS, {
    down: () => load(down.service, down.path, down.authorization),
    up: () => load(up.service, up.path, up.authorization),
  });
  title(`outage: a ticket from memory with every part down, ${PAIRS} pairs`);
  for (const [name, what] of [["down", "all parts down"], ["up", "all parts up"]] as const) {
    figure(`${what}, requests per second`, spread(ratesOf(slots[name]), 0));
    figure(`${what}, processor µs a request`, spread(costsOf(slots[name]), 1));
  }
  figure("down / up, by rate", spread(ratios(ratesOf(slots.down), ratesOf(slots.up)), 2));
  figure("down / up, by processor", spread(ratios(costsOf(slots.up), costsOf(slots.down)), 2));
}

/** @throws unless a ticket that is not in memory cannot be had */
async function requireDown(url: string, authorization: string): Promise<void> {
  const answer = await fetch(url, { headers: { authorization } });
  await answer.body?.cancel();
  if (answer.status !== 503) throw new Error(`Cannot measure: an outage answers ${answer.status}`);
}
