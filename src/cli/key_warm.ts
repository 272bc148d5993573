/**
 * The command that renews the tickets in use before a rotation, and what it says. Exchanges under the
 * tenants' ordinary leases; changes nothing in the portal or the record of what works but by that.
 */

import { askAnyOf } from "./key_ask.ts";
import { openRotationParts, requireCredentialsInUse, type RotationParts } from "./key_parts.ts";
import { type OpenedBooks, withBooks } from "./stores.ts";
import { accept } from "../domain/refusal.ts";
import type { Ticket } from "../domain/ticket.ts";
import { print } from "../print.ts";
import { systemClock as clock, systemIds as ids } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import { fly } from "../usecases/ticket_flight.ts";
import { type Warmed, warmTickets } from "../usecases/warming.ts";

export interface WarmOptions {
  /** Exchanges begun in a minute. */
  readonly perMinute: number;
  readonly json?: true;
}

/** A ticket with more of its lifetime than this is left alone. */
const RUNWAY_PART = 5 / 6;

const TOLD_EVERY = 25;

/** @returns 0 if every tenant in use has its runway, else 1 */
export async function warm({ perMinute, json }: WarmOptions): Promise<number> {
  const warmed = await withBooks(async (books) => {
    await requireCredentialsInUse(books);
    const parts = await openRotationParts(books);
    await requireTaken(books, parts);
    const { tenants, tickets } = books.stores;
    return await warmTickets({
      tenants,
      tickets,
      clock,
      perMinute,
      neededMs: RUNWAY_PART * books.config.ticketLifetimeMs,
      renew: (held) => renew(parts, held),
      told(renewed) {
        if (renewed % TOLD_EVERY === 0) print.error(`${renewed} renewed …`);
      },
    }).finally(() => parts.drain());
  });
  say(warmed, json);
  return warmed.refused.length === 0 ? 0 : 1;
}

/**
 * A refusal ends a tenant's ticket. So where nothing is known to work, it is asked first what SuperOffice
 * says of what is configured here, in a way that ends nobody's.
 *
 * @throws UsageFault if it says no
 */
async function requireTaken({ stores }: OpenedBooks, parts: RotationParts): Promise<void> {
  const record = await stores.credentials.get();
  if (record !== null && Object.keys(record.key.worked).length > 0) return;
  const told = await askAnyOf(parts, stores.tenants, null, "warm");
  if (!told?.isRefused) return;
  throw new UsageFault(
    `Cannot renew: SuperOffice refused ${told.tenant} with the key and the client secret given here, and nothing was renewed. Look at both: cli doctor --tenant asks again`,
  );
}

/** Whoever was faster is as good. */
async function renew({ flights, leaseMs }: RotationParts, held: Ticket) {
  const { contextIdentifier } = held;
  const outcome = await fly(flights, {
    tenant: contextIdentifier,
    wanted: { why: "renewal", held },
    until: clock.now() + leaseMs,
    context: { requestId: `warm-${ids.next().slice(0, 12)}`, caller: "cli", contextIdentifier },
    readsCopies: true,
  });
  return outcome.ok ? accept(outcome.value.ticket) : outcome;
}

function say({ renewed, young, idle, refused, until }: Warmed, json: true | undefined): void {
  const end = until === null ? null : new Date(until).toISOString();
  if (json) {
    const failed = refused.map(({ tenant, code }) => ({ context_identifier: tenant, code }));
    print.line(JSON.stringify({ renewed, young, idle, failed, until: end }));
    return;
  }
  print.line(`${renewed} renewed, ${young} young enough already, ${idle} without a ticket in use`);
  for (const { tenant, code } of refused) print.line(`${tenant} was not renewed: ${code}`);
  if (end !== null) print.line(`The first of these tickets ends at ${end}: that is the runway.`);
}
