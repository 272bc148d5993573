/** Tickets in this process's memory: bounded by count, the least recently used goes first. */

import type { ContextId } from "../domain/context_id.ts";
import type { Ticket } from "../domain/ticket.ts";

/** A ticket in memory, and when it was last looked after. */
export interface Held {
  readonly ticket: Ticket;
  /** When the store was last asked whether the tenant is still there. */
  checkedAt: number;
  /** When a renewal behind the answer last began. */
  renewedAt: number;
}

export interface TicketMemory {
  get(tenant: ContextId): Held | undefined;
  /** Keeps the ticket, unless a newer generation is there already and still lives. */
  set(ticket: Ticket, now: number): void;
  delete(tenant: ContextId): void;
}

/** How many uses may pass before a ticket's place in the order is refreshed again. */
const TOUCH_EVERY = 64;

export function createTicketMemory(maxTickets: number): TicketMemory {
  // A Map keeps insertion order, so the first key is the one longest unused. Moving a key at every
  // hit would cost more than the hit; a move every few uses keeps the order good enough.
  const tickets = new Map<ContextId, Held>();
  let uses = 0;
  return {
    get(tenant) {
      const held = tickets.get(tenant);
      if (held !== undefined && ++uses % TOUCH_EVERY === 0) {
        tickets.delete(tenant);
        tickets.set(tenant, held);
      }
      return held;
    },
    set(ticket, now) {
      const tenant = ticket.contextIdentifier;
      const present = tickets.get(tenant);
      const isNewer = present !== undefined && present.ticket.generation > ticket.generation;
      // A dead one says nothing: a store that forgot its counter begins anew with low numbers.
      if (isNewer && present.ticket.expiresAt > now) return;
      const renewedAt = present?.renewedAt ?? -Infinity;
      tickets.delete(tenant);
      tickets.set(tenant, { ticket, checkedAt: now, renewedAt });
      if (tickets.size > maxTickets) tickets.delete(tickets.keys().next().value!);
    },
    delete(tenant) {
      tickets.delete(tenant);
    },
  };
}
