/**
 * Several processes, many callers each, all asking at the same moment for a ticket that has just
 * expired, on Upstash and on SQLite: how many signatures and exchanges that takes, and how long the
 * callers wait. An exchange takes 300 ms. A lone caller at another expired ticket is the yardstick.
 */

import type { ContextId } from "../src/domain/context_id.ts";
import { type Listening, startService } from "./support/children.ts";
import { figure, largest, percentile, spread, title } from "./support/report.ts";
import {
  addTenant,
  type Life,
  pathOf,
  putTicket,
  requireTicket,
} from "../tests/support/stored_tenants.ts";
import { createWorld, type StoreKind, type World } from "./support/world.ts";

const ROUNDS = 10;
const CALLERS = 50;
const EXCHANGE_MS = 300;

/** Long enough to reach every process's memory, short enough to wait for. */
const SHORT: Life = { issued: 0, ends: 3500 };

export async function expiry(stores: readonly StoreKind[]): Promise<void> {
  title(`expiry: ${CALLERS} callers at each process, ticket expired, ${ROUNDS} rounds`);
  for (const kind of stores) {
    for (const processes of [1, 4]) await measure(kind, processes);
  }
}

async function measure(kind: StoreKind, processes: number): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld(kind);
  ending.defer(world.close);
  const services: Listening[] = [];
  for (let number = 0; number < processes; number++) {
    const service = await startService(world.env);
    ending.defer(service.end);
    services.push(service);
    // With its first signature a worker loads Google's client, which is not what is measured here.
    await requireTicket(service.url, world.apiKey, await addTenant(world), "exchange");
  }
  world.superoffice.control.set({ exchangeDelayMs: EXCHANGE_MS });
  const expired = await expire(world, services, 2 * ROUNDS);

  const exchanges: number[] = [];
  const signatures: number[] = [];
  const waits: number[] = [];
  const lone: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    lone.push(await timeOf(world, services[0]!, expired[2 * round]!));
    // Connections are there when the moment comes.
    await Promise.all(eachCaller(services, (service) => alive(service)));
    const before = countsOf(world);
    const ask = (service: Listening) => timeOf(world, service, expired[2 * round + 1]!);
    waits.push(...await Promise.all(eachCaller(services, ask)));
    const after = countsOf(world);
    exchanges.push(after.exchanges - before.exchanges);
    signatures.push(after.signatures - before.signatures);
  }

  const name = `${kind}, ${processes} × ${CALLERS}`;
  figure(`${name}: exchanges each round`, spread(exchanges, 0));
  figure(`${name}: signatures each round`, spread(signatures, 0));
  const times = [percentile(waits, 0.5), percentile(waits, 0.99), largest(waits)];
  figure(
    `${name}: callers wait, ms`,
    `p50, p99, most: ${times.map((ms) => ms.toFixed(0)).join(", ")}`,
  );
  figure(`${name}: a lone caller waits, ms`, spread(lone, 0));
}

/** Tenants whose ticket every process has had in its memory, and which is now over. */
async function expire(
  world: World,
  services: readonly Listening[],
  count: number,
): Promise<ContextId[]> {
  const tenants: ContextId[] = [];
  for (let number = 0; number < count; number++) tenants.push(await addTenant(world));
  for (const tenant of tenants) await putTicket(world, tenant, SHORT);
  const over = Date.now() + SHORT.ends;
  for (const service of services) {
    for (const tenant of tenants) await requireTicket(service.url, world.apiKey, tenant, "store");
  }
  await new Promise((resolve) => setTimeout(resolve, over - Date.now()));
  return tenants;
}

function eachCaller<T>(
  services: readonly Listening[],
  call: (service: Listening) => Promise<T>,
): Promise<T>[] {
  return services.flatMap((service) => Array.from({ length: CALLERS }, () => call(service)));
}

async function alive({ url }: Listening): Promise<void> {
  await (await fetch(`${url}/healthz`)).text();
}

/** @returns how long a caller waits, milliseconds */
async function timeOf(world: World, { url }: Listening, tenant: ContextId): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}${pathOf(tenant)}`, {
    headers: { authorization: world.apiKey },
  });
  const text = await answer.text();
  if (answer.ok) return performance.now() - began;
  throw new Error(`Cannot measure: no ticket, ${answer.status} ${text}`);
}

function countsOf({ superoffice, kms }: World) {
  return { exchanges: superoffice.control.exchangeCount(), signatures: kms.signatures() };
}
