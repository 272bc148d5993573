/**
 * A service that learns of new tenants: it asks Box Office every minute who has consented since, and does
 * its work for each of them, in the order of their consent. How far it got is kept in a file, so it goes
 * on there after a restart. A tenant whose work failed is tried again before any later one.
 *
 *     deno run --allow-net --allow-env --allow-read=. --allow-write=. new_tenants.ts
 *
 * Environment: BOX_OFFICE_URL, BOX_OFFICE_KEY (of a caller with the permission `tenants`), CURSOR_FILE,
 * POLL_SECONDS.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createTicketClient, type Tenant, TicketProblem } from "@box-office/box-office/client";

const CURSOR_FILE = Deno.env.get("CURSOR_FILE") ?? "new_tenants.cursor";
const POLL_SECONDS = Number(Deno.env.get("POLL_SECONDS") ?? 60);

const client = createTicketClient({
  url: Deno.env.get("BOX_OFFICE_URL") ?? "",
  credential: Deno.env.get("BOX_OFFICE_KEY")!,
});
const ending = new AbortController();
const { signal } = ending;
for (const name of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(name, () => ending.abort());
}

/** Your work. It comes again for the same tenant if the process dies before the cursor is written. */
async function welcome(tenant: Tenant): Promise<void> {
  const { contextIdentifier, companyName, sequence } = tenant;
  console.log(JSON.stringify({ contextIdentifier, companyName, sequence }));
  await Promise.resolve();
}

/** @throws Error for a file that is damaged: to begin anew would do all work again */
async function readCursor(): Promise<number> {
  try {
    const text = await Deno.readTextFile(CURSOR_FILE);
    if (!/^\d{1,15}\n$/.test(text)) throw new Error(`Cannot go on: ${CURSOR_FILE} is damaged`);
    return Number(text);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** All of it or nothing, whenever the process ends. */
async function writeCursor(cursor: number): Promise<void> {
  await Deno.writeTextFile(`${CURSOR_FILE}.new`, `${cursor}\n`);
  await Deno.rename(`${CURSOR_FILE}.new`, CURSOR_FILE);
}

let cursor = await readCursor();
while (!signal.aborted) {
  let pauseSeconds = POLL_SECONDS;
  try {
    for await (const tenant of client.tenants(cursor, { signal })) {
      await welcome(tenant);
      await writeCursor(tenant.sequence);
      cursor = tenant.sequence;
    }
  } catch (error) {
    if (signal.aborted) break;
    console.error(error instanceof TicketProblem ? error.message : error);
    if (error instanceof TicketProblem) {
      pauseSeconds = Math.max(pauseSeconds, error.retryAfterSeconds ?? 0);
    }
  }
  await sleep(pauseSeconds * 1000, undefined, { signal }).catch(() => {});
}
