/**
 * Cold start: from the start of the process to the first ticket out of Upstash, against a bare Hono
 * server's first answer with one raw read of Upstash in it. Both have been started before, so that
 * their files are cached as on any machine that has run them once.
 */

import { type Process, startFile, startTask } from "../tests/support/processes.ts";
import { freePort } from "./support/children.ts";
import { figure, ratios, spread, title } from "./support/report.ts";
import { addTenant, FRESH, pathOf, putTicket } from "../tests/support/stored_tenants.ts";
import { requireUpstash, ticketKey } from "./support/upstash.ts";
import { createWorld } from "./support/world.ts";

const PAIRS = 21;

/** @returns milliseconds until the process answers 200 at that address */
async function untilAnswer(
  start: (port: number) => Process,
  path: string,
  authorization: string,
): Promise<number> {
  const port = freePort();
  const began = performance.now();
  const process = start(port);
  try {
    const answer = await firstAnswer(`http://127.0.0.1:${port}${path}`, { authorization });
    const took = performance.now() - began;
    const text = await answer.text();
    if (answer.ok) return took;
    throw new Error(`Cannot measure: the first answer is ${answer.status} ${text}`);
  } finally {
    process.kill("SIGKILL");
    await process.end();
  }
}

/** Asks until somebody listens; the first who is connected to must answer. */
async function firstAnswer(url: string, headers: Record<string, string>): Promise<Response> {
  for (const until = performance.now() + 20_000;;) {
    try {
      return await fetch(url, { headers });
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

export async function cold(): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld("upstash");
  ending.defer(world.close);
  const upstash = requireUpstash(world);
  const tenant = await addTenant(world);
  await putTicket(world, tenant, FRESH);
  const key = await ticketKey(upstash, tenant);

  const service = (port: number) =>
    startTask("start", { env: { ...world.env, PORT: String(port) } });
  const bare = (port: number) =>
    startFile("bench/processes/bare_server.ts", {
      args: [String(port), upstash.url, upstash.token, key],
    });
  const ours: number[] = [];
  const alive: number[] = [];
  const theirs: number[] = [];
  for (let pair = 0; pair <= PAIRS; pair++) {
    const took = await untilAnswer(service, pathOf(tenant), world.apiKey);
    const other = await untilAnswer(bare, `/stored/${tenant}`, world.apiKey);
    const health = await untilAnswer(service, "/healthz", world.apiKey);
    if (pair === 0) continue;
    ours.push(took);
    theirs.push(other);
    alive.push(health);
  }

  title(`cold: start of the process to its first answer, ${PAIRS} pairs`);
  figure("first ticket from the store, milliseconds", spread(ours, 0));
  figure("bare Hono server, one read of the store", spread(theirs, 0));
  figure("the service's first answer at /healthz", spread(alive, 0));
  figure("first ticket / bare server", spread(ratios(ours, theirs), 2));
}
