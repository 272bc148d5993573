/**
 * Renews the tickets of tenants that are in use, so that nothing need be exchanged for hours: the runway
 * of a rotation. One after the other in the order of consent, at a bounded rate; what is young enough
 * already is left alone, so that it may be stopped at any moment and begun again.
 */

import type { ContextId } from "../domain/context_id.ts";
import { isUnreadable } from "../domain/part_fault.ts";
import type { Outcome } from "../domain/refusal.ts";
import { RENEWAL_SPACING_MS } from "../domain/renewal.ts";
import { mayExchange } from "../domain/tenant.ts";
import type { Ticket } from "../domain/ticket.ts";
import type { Clock, TenantStore } from "./ports.ts";
import type { TicketStore } from "./ticket_ports.ts";

export interface WarmingParts {
  readonly tenants: Pick<TenantStore, "list">;
  readonly tickets: Pick<TicketStore, "get">;
  readonly clock: Clock;
  /** Under the tenant's lease. @returns the same ticket where it is too early for another */
  readonly renew: (held: Ticket) => Promise<Outcome<Ticket>>;
  /** Renewals begun in a minute. From 1. */
  readonly perMinute: number;
  /** A ticket that is good for so long is left alone. Milliseconds. */
  readonly neededMs: number;
  /** Told after each renewal how many there were. */
  readonly told?: (renewed: number) => void;
}

export interface Warmed {
  readonly renewed: number;
  /** Had runway enough. */
  readonly young: number;
  /** Nobody has asked for a ticket of theirs within its lifetime. */
  readonly idle: number;
  readonly refused: readonly { readonly tenant: ContextId; readonly code: string }[];
  /** When the first of them ends. Null: there is none. */
  readonly until: number | null;
}

const PAGE = 200;

/** @throws PartFault if the store is down */
export async function warmTickets(parts: WarmingParts): Promise<Warmed> {
  const { tickets, clock, neededMs, told = () => {} } = parts;
  const pace = createPace(clock, parts.perMinute);
  const totals = { renewed: 0, young: 0, idle: 0, until: null as number | null };
  const refused: { tenant: ContextId; code: string }[] = [];
  const isYoung = ({ expiresAt }: Ticket) => expiresAt - clock.now() >= neededMs;
  const keep = ({ expiresAt }: Ticket) =>
    void (totals.until = Math.min(totals.until ?? Infinity, expiresAt));

  /** @returns the ticket, if it is too early for another */
  const renew = async (held: Ticket): Promise<Ticket | null> => {
    await pace();
    const outcome = await parts.renew(held);
    if (!outcome.ok) {
      refused.push({ tenant: held.contextIdentifier, code: outcome.refusal.code });
      keep(held);
      return null;
    }
    if (!isYoung(outcome.value)) return outcome.value;
    keep(outcome.value);
    told(++totals.renewed);
    return null;
  };

  const early: Ticket[] = [];
  for await (const tenant of activeOf(parts.tenants)) {
    const held = await storedTicket(tickets, tenant, clock.now());
    if (held === null) totals.idle++;
    else if (isYoung(held)) {
      totals.young++;
      keep(held);
    } else early.push(...[await renew(held)].filter((it) => it !== null));
  }
  // An exchange was begun for them within the last minute: by one of these that was killed, perhaps.
  if (early.length > 0) await clock.sleep(RENEWAL_SPACING_MS);
  for (const held of early) {
    const again = await renew(held);
    if (again === null) continue;
    refused.push({ tenant: held.contextIdentifier, code: "later" });
    keep(again);
  }
  return { ...totals, refused };
}

/** @returns what resolves when the next may begin. What took long is not made up for */
function createPace(clock: Clock, perMinute: number): () => Promise<void> {
  let next = clock.now();
  return async () => {
    await clock.sleep(Math.max(0, next - clock.now()));
    next = Math.max(next, clock.now()) + 60_000 / perMinute;
  };
}

/** Tenants in the order of consent, but for those that no exchange can help. */
async function* activeOf(tenants: Pick<TenantStore, "list">): AsyncGenerator<ContextId> {
  for (let after = 0;;) {
    const page = await tenants.list(after, PAGE);
    for (const { contextIdentifier, health } of page) {
      if (mayExchange(health)) yield contextIdentifier;
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!.sequence;
  }
}

/** Null: nobody used one lately, or it cannot be opened any more. */
async function storedTicket(
  tickets: Pick<TicketStore, "get">,
  tenant: ContextId,
  now: number,
): Promise<Ticket | null> {
  try {
    return await tickets.get(tenant, now);
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}
