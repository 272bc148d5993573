/**
 * Renews the tickets of tenants that are in use, so that nothing need be exchanged for hours: the runway
 * of a rotation. One exchange per tenant under the ordinary lease, at a bounded rate; what is young
 * enough already is left alone, so that it may be stopped and begun again.
 */

import { openRotationParts } from "./cli_key_parts.ts";
import { withBooks } from "./cli_stores.ts";
import type { ContextId } from "./domain/context_id.ts";
import { PartFault } from "./domain/part_fault.ts";
import type { Ticket } from "./domain/ticket.ts";
import { print } from "./print.ts";
import { systemClock as clock, systemIds as ids } from "./system.ts";
import type { TenantStore } from "./usecases/ports.ts";
import { fly } from "./usecases/ticket_flight.ts";
import type { TicketStore } from "./usecases/ticket_ports.ts";

export interface WarmOptions {
  /** Exchanges begun in a minute. */
  readonly perMinute: number;
  readonly json?: true;
}

/** A ticket with more of its lifetime than this is left alone. */
const RUNWAY_PART = 5 / 6;

const PAGE = 200;
const TOLD_EVERY = 25;

interface Warmed {
  readonly renewed: number;
  /** Had runway enough. */
  readonly young: number;
  /** Nobody has asked for a ticket of theirs within its lifetime, or they must consent again. */
  readonly idle: number;
  readonly refused: readonly { readonly tenant: ContextId; readonly code: string }[];
  /** When the first of them ends. Null: there is none. */
  readonly until: number | null;
}

/** @returns 0 if every tenant in use has its runway, else 1 */
export async function warm({ perMinute, json }: WarmOptions): Promise<number> {
  const warmed = await withBooks(async (books) => {
    const parts = await openRotationParts(books);
    const { tenants, tickets } = books.stores;
    const needed = RUNWAY_PART * books.config.ticketLifetimeMs;
    const totals = { renewed: 0, young: 0, idle: 0, until: null as number | null };
    const refused: { tenant: ContextId; code: string }[] = [];
    let next = clock.now();
    for await (const tenant of activeOf(tenants)) {
      const held = await storedTicket(tickets, tenant);
      if (held === null) {
        totals.idle++;
        continue;
      }
      let ticket = held;
      if (held.expiresAt - clock.now() >= needed) totals.young++;
      else {
        await clock.sleep(Math.max(0, next - clock.now()));
        next = Math.max(next, clock.now()) + 60_000 / perMinute;
        const outcome = await renew(parts, held);
        if (outcome.ok && outcome.value.ticket.expiresAt - clock.now() >= needed) {
          totals.renewed++;
          ticket = outcome.value.ticket;
          if (totals.renewed % TOLD_EVERY === 0) print.error(`${totals.renewed} renewed …`);
        } else refused.push({ tenant, code: outcome.ok ? "later" : outcome.refusal.code });
      }
      totals.until = Math.min(totals.until ?? Infinity, ticket.expiresAt);
    }
    await parts.drain();
    return { ...totals, refused };
  });
  say(warmed, json);
  return warmed.refused.length === 0 ? 0 : 1;
}

/** Under the tenant's lease, like any renewal: whoever was faster is as good. */
function renew({ flights, leaseMs }: Awaited<ReturnType<typeof openRotationParts>>, held: Ticket) {
  const contextIdentifier = held.contextIdentifier;
  return fly(flights, {
    tenant: contextIdentifier,
    wanted: { why: "renewal", held },
    until: clock.now() + leaseMs,
    context: { requestId: `warm-${ids.next().slice(0, 12)}`, caller: "cli", contextIdentifier },
    readsCopies: true,
  });
}

/** Tenants in the order of consent, but for those that no exchange can help. */
async function* activeOf(tenants: TenantStore): AsyncGenerator<ContextId> {
  for (let after = 0;;) {
    const page = await tenants.list(after, PAGE);
    for (const { contextIdentifier, health } of page) {
      if (health !== "consent_withdrawn" && health !== "suspended") yield contextIdentifier;
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!.sequence;
  }
}

/** Null: nobody used one lately, or it cannot be opened any more. */
async function storedTicket(tickets: TicketStore, tenant: ContextId): Promise<Ticket | null> {
  try {
    return await tickets.get(tenant, clock.now());
  } catch (error) {
    if (error instanceof PartFault && error.reason === "unreadable") return null;
    throw error;
  }
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
