/**
 * What is under way for tickets: one flight per tenant at a time, joined by all who ask meanwhile. A
 * flight belongs to nobody: the caller who began it may leave, the others still get their answer.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Outcome } from "../domain/refusal.ts";
import type { LedgerContext } from "./ledger.ts";
import { type FlightParts, fly, type Handout, type Wanted } from "./ticket_flight.ts";
import type { TicketMemory } from "./ticket_memory.ts";

export interface FlightsParts extends FlightParts {
  /**
   * How long a caller waits for other processes: a lease whose holder is gone, and the exchange of
   * whoever comes next. Milliseconds.
   */
  readonly waitMs: number;
}

export interface Flights {
  /** The tenant's flight, or a new one for what is wanted. Whatever it brings is in memory then. */
  join(
    tenant: ContextId,
    wanted: Wanted,
    until: number,
    context: LedgerContext,
  ): Promise<Outcome<Handout>>;
  /** Joins the tenant's flight, and leads one where that brought nothing for this asker. */
  obtain(
    tenant: ContextId,
    wanted: Wanted,
    context: LedgerContext,
    isEnough: (outcome: Outcome<Handout>) => boolean,
  ): Promise<Outcome<Handout>>;
  /** Lets nobody join the tenant's flight any more, and nothing of it get into memory. */
  leave(tenant: ContextId): void;
  /** The same for every flight. */
  leaveAll(): void;
  /** Has `drain` wait for work that never rejects. */
  follow(work: Promise<unknown>): void;
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>;
}

/** A flight that began earlier may bring what an asker cannot use, a second one hardly, a third never. */
const MAX_FLIGHTS = 3;

export function createFlights(parts: FlightsParts, memory: TicketMemory): Flights {
  const { clock } = parts;
  /** What a new asker may join, by tenant. */
  const flights = new Map<ContextId, Promise<Outcome<Handout>>>();
  /** Everything that still runs, whether it may be joined or not. */
  const underWay = new Set<Promise<unknown>>();

  const keep = (tenant: ContextId, outcome: Outcome<Handout>): void => {
    if (!outcome.ok) {
      if (isFinal(outcome.refusal.code)) memory.drop(tenant, clock.now());
    } else if (outcome.value.source !== "memory") memory.set(outcome.value.ticket, clock.now());
  };

  const join: Flights["join"] = (tenant, wanted, until, context) => {
    const present = flights.get(tenant);
    if (present !== undefined) return present;
    const readsCopies = !memory.isDropped(tenant, clock.now());
    const flight = fly(parts, { tenant, wanted, until, context, readsCopies }).then((outcome) => {
      // What was read before somebody said "forget" may be just what was to be forgotten, and what
      // was refused before it says nothing of what came after.
      if (flights.get(tenant) === flight) keep(tenant, outcome);
      return outcome;
    }).finally(() => {
      underWay.delete(flight);
      if (flights.get(tenant) === flight) flights.delete(tenant);
    });
    flights.set(tenant, flight);
    underWay.add(flight);
    return flight;
  };

  return {
    join,

    async obtain(tenant, wanted, context, isEnough) {
      const until = clock.now() + parts.waitMs;
      let outcome = await join(tenant, wanted, until, context);
      for (let flight = 1; flight < MAX_FLIGHTS && clock.now() < until; flight++) {
        if (isEnough(outcome)) break;
        outcome = await join(tenant, wanted, until, context);
      }
      return outcome;
    },

    leave: (tenant) => void flights.delete(tenant),
    leaveAll: () => flights.clear(),

    follow(work) {
      const followed = work.finally(() => underWay.delete(followed));
      underWay.add(followed);
    },

    async drain() {
      // What ends may have begun something else.
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/** Refusals after which a ticket in memory must not be handed out either. */
function isFinal(code: string): boolean {
  return code === "consent_withdrawn" || code === "tenant_suspended" || code === "tenant_unknown";
}
