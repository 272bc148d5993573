/**
 * Tickets in this process's memory: bounded by count, the least recently used goes first. Also knows
 * for a while which tenants' tickets were dropped, because a copy of the store may be behind.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Ticket } from "../domain/ticket.ts";

/** A ticket in memory, and when it is looked after. Instants are milliseconds since the epoch. */
export interface Held {
  /** Of one generation; its addresses may change. */
  ticket: Ticket;
  /** When a renewal behind the answer last began. */
  renewedAt: number;
  /** From then on SuperOffice is asked behind the answer where the tenant is. */
  askAt: number;
  /** From then on it is asked before the answer. */
  askFirstAt: number;
  /** When it was last asked. */
  askedAt: number;
  /** How often it was doubted. */
  doubts: number;
}

export interface TicketMemory {
  get(tenant: ContextId): Held | undefined;
  /** Keeps the ticket, unless a newer generation is there already and still lives. */
  set(ticket: Ticket, now: number): void;
  /** Drops the ticket, and mistrusts copies of the store about the tenant for a minute. */
  drop(tenant: ContextId, now: number): void;
  /** True while a copy of the store may still give what was dropped. */
  isDropped(tenant: ContextId, now: number): boolean;
  /** Mistrusts copies of the store about every tenant for a minute. */
  mistrust(now: number): void;
  all(): readonly Held[];
  isEmpty(): boolean;
}

/** How many uses may pass before a ticket's place in the order is refreshed again. */
const TOUCH_EVERY = 64;

/** Copies of the store are behind by less. */
const DROPPED_MS = 60_000;

/** A ticket that nobody has looked after yet. */
export function heldOf(ticket: Ticket, renewedAt = -Infinity): Held {
  const { addressesUntil } = ticket;
  return {
    ticket,
    renewedAt,
    askAt: addressesUntil,
    askFirstAt: addressesUntil,
    askedAt: -Infinity,
    doubts: 0,
  };
}

/** Whatever is known of where its tenant is, it is asked about before the ticket is handed out again. */
export function doubt(held: Held): void {
  held.askFirstAt = held.askAt = -Infinity;
  held.doubts++;
}

/** True from `doubt` until there is an answer, or none to be had. */
export function isDoubted(held: Held): boolean {
  return held.askFirstAt === -Infinity;
}

/** Nobody is kept waiting for an answer that cannot be had: it is asked for behind, from then on. */
export function putOff(held: Held, until: number): void {
  held.askAt = until;
  held.askFirstAt = Infinity;
}

export function createTicketMemory(maxTickets: number): TicketMemory {
  // A Map keeps insertion order, so the first key is the one longest unused. Moving a key at every
  // hit would cost more than the hit; a move every few uses keeps the order good enough.
  const tickets = new Map<ContextId, Held>();
  const dropped = new Map<ContextId, number>();
  let uses = 0;
  let mistrustedUntil = -Infinity;
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
      tickets.delete(tenant);
      tickets.set(tenant, heldOf(ticket, present?.renewedAt));
      trim(tickets, maxTickets);
    },
    drop(tenant, now) {
      tickets.delete(tenant);
      dropped.delete(tenant);
      dropped.set(tenant, now);
      trim(dropped, maxTickets);
    },
    isDropped(tenant, now) {
      if (now < mistrustedUntil) return true;
      const at = dropped.get(tenant);
      if (at === undefined) return false;
      // A clock that was set back makes it last longer, which costs a request.
      if (now < at + DROPPED_MS) return true;
      dropped.delete(tenant);
      return false;
    },
    mistrust(now) {
      mistrustedUntil = now + DROPPED_MS;
    },
    all: () => [...tickets.values()],
    isEmpty: () => tickets.size === 0,
  };
}

function trim(map: Map<ContextId, unknown>, most: number): void {
  if (map.size > most) map.delete(map.keys().next().value!);
}
