/**
 * A ticket from memory, requests per second, for a caller with an API key and for one with an ES256
 * JWT, against two bare Hono routes that answer a constant of the same size: one with the four headers
 * that the contract demands of every ticket, one with a content type alone.
 */

import { startHelper, startService } from "./support/children.ts";
import { load, takeTurns } from "./support/load.ts";
import { figure, ratios, spread, title } from "./support/report.ts";
import { addTenant, FRESH, pathOf, putTicket, requireTicket } from "./support/tenants.ts";
import { createWorld } from "./support/world.ts";

const PAIRS = 15;

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

  const ticket = `${service.url}${pathOf(tenant)}`;
  const rates = await takeTurns(PAIRS, {
    apiKey: () => load(ticket, world.apiKey),
    jwt: () => load(ticket, world.jwt),
    headers: () => load(`${bare.url}/headers/${tenant}`, world.apiKey),
    plain: () => load(`${bare.url}/bare/${tenant}`, world.apiKey),
  });

  title(`hits: a ticket from memory against a bare Hono route, ${PAIRS} pairs`);
  figure("API key, requests per second", spread(rates.apiKey, 0));
  figure("ES256 JWT, requests per second", spread(rates.jwt, 0));
  figure("bare route, the same four headers", spread(rates.headers, 0));
  figure("bare route, content type alone", spread(rates.plain, 0));
  figure("API key / the same four headers", spread(ratios(rates.apiKey, rates.headers), 2));
  figure("JWT / the same four headers", spread(ratios(rates.jwt, rates.headers), 2));
  figure("API key / content type alone", spread(ratios(rates.apiKey, rates.plain), 2));
  figure("JWT / content type alone", spread(ratios(rates.jwt, rates.plain), 2));
  const cost = ratios(rates.headers, rates.plain);
  figure("four headers / content type alone, both bare", spread(cost, 2));
}
