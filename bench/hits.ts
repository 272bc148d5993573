/**
 * A ticket from memory, requests per second, for a caller with an API key and for one with an ES256
 * JWT, against two bare Hono routes that answer a constant of the same size: one with the four headers
 * that the contract demands of every ticket, one with a content type alone.
 */

import { startHelper, startService } from "./support/children.ts";
import { costsOf, load, ratesOf, takeTurns } from "./support/load.ts";
import { figure, ratios, spread, title } from "./support/report.ts";
import {
  addTenant,
  FRESH,
  pathOf,
  putTicket,
  requireTicket,
} from "../tests/support/stored_tenants.ts";
import { createWorld } from "./support/world.ts";

const PAIRS = 11;

/** Both callers and both routes take turns, so that whatever slows the machine slows all four. */
export async function hits(): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld("sqlite");
  ending.defer(world.close);
  const service = await startService(world.env);
  ending.defer(service.end);
  const bare = await startHelper("bare_server.ts");
  ending.defer(bare.end);

  const tenant = await addTenant(world);
  await putTicket(world, tenant, FRESH);
  await requireTicket(service.url, world.apiKey, tenant, "store");
  await requireTicket(service.url, world.jwt, tenant, "memory");

  const slots = await takeTurns(PAIRS, {
    apiKey: () => load(service, pathOf(tenant), world.apiKey),
    jwt: () => load(service, pathOf(tenant), world.jwt),
    headers: () => load(bare, `/headers/${tenant}`, world.apiKey),
    plain: () => load(bare, `/bare/${tenant}`, world.apiKey),
  });

  title(`hits: a ticket from memory against a bare Hono route, ${PAIRS} pairs`);
  for (const [name, what] of Object.entries(NAMES)) {
    const measured = slots[name as keyof typeof NAMES];
    figure(`${what}, requests per second`, spread(ratesOf(measured), 0));
    figure(`${what}, processor µs a request`, spread(costsOf(measured), 1));
  }
  for (const [name, than] of COMPARED) {
    const [ours, theirs] = [slots[name], slots[than]];
    const what = `${NAMES[name]} / ${NAMES[than]}`;
    figure(`${what}, by rate`, spread(ratios(ratesOf(ours), ratesOf(theirs)), 2));
    // Turned round, so that both say how much of the bare route's speed is left.
    figure(`${what}, by processor`, spread(ratios(costsOf(theirs), costsOf(ours)), 2));
  }
}

const NAMES = {
  apiKey: "API key",
  jwt: "ES256 JWT",
  headers: "same four headers",
  plain: "content type alone",
} as const;

const COMPARED = [
  ["apiKey", "headers"],
  ["jwt", "headers"],
  ["apiKey", "plain"],
  ["jwt", "plain"],
  ["headers", "plain"],
] as const;
