/** Tickets in this process's memory: bounded by count, the least recently used goes first. */

import type { ContextId } from "../domain/context_id.ts";
import type { Ticket } from "../domain/ticket.ts";

export interface TicketMemory {
  get(tenant: ContextId): Ticket | undefined;
  /** Keeps the ticket, unless a newer generation is there already. */
  set(ticket: Ticket): void;
  delete(tenant: ContextId): void;
}

/** How many uses may pass before a ticket's place in the order is refreshed again. */
const TOUCH_EVERY = 64;

export function createTicketMemory(maxTickets: number): TicketMemory {
  // A Map keeps insertion order, so the first key is the one longest unused. Moving a key at every
  // hit would cost more than the hit; a move every few uses keeps the order good enough.
  const tickets = new Map<ContextId, Ticket>();
  let uses = 0;
  return {
    get(tenant) {
      const ticket = tickets.get(tenant);
      if (ticket !== undefined && ++uses % TOUCH_EVERY === 0) {
        tickets.delete(tenant);
        tickets.set(tenant, ticket);
      }
      return ticket;
    },
    set(ticket) {
      const present = tickets.get(ticket.contextIdentifier);
      if (present !== undefined && present.generation > ticket.generation) return;
      tickets.delete(ticket.contextIdentifier);
      tickets.set(ticket.contextIdentifier, ticket);
      if (tickets.size > maxTickets) tickets.delete(tickets.keys().next().value!);
    },
    delete(tenant) {
      tickets.delete(tenant);
    },
  };
}
