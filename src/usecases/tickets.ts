/**
 * Hands out tickets: from memory, from the store, or by an exchange. However many callers ask at
 * once, one flight per tenant and process asks the store, and one lease per tenant exchanges.
 */

import { type Caller, may, type Permission } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { RENEWAL_SPACING_MS } from "../domain/renewal.ts";
import { type Generation, isFresh, isUsable, type Ticket } from "../domain/ticket.ts";
import type { LedgerContext } from "./ledger.ts";
import type { Whereabouts } from "./ticket_care.ts";
import type { Handout } from "./ticket_flight.ts";
import { createFlights, type Flights, type FlightsParts } from "./ticket_flights.ts";
import { createLooks, type Looks, type LooksParts } from "./ticket_looks.ts";
import { createTicketMemory, type Held } from "./ticket_memory.ts";

/** Each needs the permission of its name. */
export type TicketUse = Extract<Permission, "ticket" | "relay">;

export interface Tickets {
  /**
   * A ticket for the tenant. Permission is judged before anything is looked up. A ticket from memory
   * is answered at once, without a promise.
   *
   * @param use what the ticket is for: to be given to the caller, unless said otherwise
   */
  get(
    caller: Caller,
    tenant: ContextId,
    requestId: string,
    use?: TicketUse,
  ): Outcome<Handout> | Promise<Outcome<Handout>>;
  /**
   * A newer ticket, because SuperOffice answered 401 to the given generation. Exchanges only if
   * that generation is still the current one, and within the tenant's budget of rejections: beyond,
   * `rate_limited`.
   */
  replace(
    caller: Caller,
    tenant: ContextId,
    rejected: Generation,
    requestId: string,
    use?: TicketUse,
  ): Promise<Outcome<Handout>>;
  /** Drops the tenant's ticket from this process's memory, and lets nobody join its flight. */
  forget(tenant: ContextId): void;
  /** Where the ticket's tenant is now: its address answered that it is not there. */
  locate(ticket: Ticket): Promise<Whereabouts>;
  /**
   * The ticket's address does not do its work: SuperOffice is asked before it is handed out again.
   *
   * @param pauseMs not if it was asked so short a time ago
   */
  doubt(tenant: ContextId, pauseMs: number): void;
  /** Drops what other processes ended, if there is anything in memory. Never throws. */
  hearNews(): Promise<void>;
  /** Resolves when no exchange is under way any more. */
  drain(): Promise<void>;
}

export interface TicketsParts extends FlightsParts, LooksParts {
  readonly maxTicketsInMemory: number;
  /** This process's `renewalShift`. */
  readonly renewalShift: number;
}

export function createTickets(parts: TicketsParts): Tickets {
  const { clock, renewalShift } = parts;
  const memory = createTicketMemory(parts.maxTicketsInMemory);
  const flights = createFlights(parts, memory);
  const looks = createLooks(parts, memory, flights);
  const renewBehind = createRenewing(parts, flights);
  const fetched = createFetching(parts, flights, looks);

  /** The ticket in memory, if it can be handed out. */
  const usable = (tenant: ContextId, now: number): Held | null => {
    const held = memory.get(tenant);
    return held !== undefined && isUsable(held.ticket, now) ? held : null;
  };

  const give = (held: Held, caller: Caller, requestId: string, now: number): Outcome<Handout> => {
    const { ticket } = held;
    if (!isFresh(ticket, renewalShift, now)) renewBehind(held, caller, requestId, now);
    return accept({ ticket, source: "memory" });
  };

  return {
    get(caller, tenant, requestId, use = "ticket") {
      if (!may(caller, use, tenant)) return refuse("caller_forbidden", use);
      const now = clock.now();
      const held = usable(tenant, now);
      if (held === null) return fetched(caller, tenant, requestId);
      const look = looks.of(held, now);
      if (look === null) return give(held, caller, requestId, now);
      return look.then(() => {
        const then = clock.now();
        const still = usable(tenant, then);
        return still === null
          ? fetched(caller, tenant, requestId)
          : give(still, caller, requestId, then);
      });
    },

    async replace(caller, tenant, rejected, requestId, use = "ticket") {
      if (!may(caller, use, tenant)) return refuse("caller_forbidden", use);
      const held = usable(tenant, clock.now());
      if (held !== null && held.ticket.generation > rejected) {
        return accept({ ticket: held.ticket, source: "memory" });
      }
      // What is in memory stays until there is a newer one: if none can be had, the caller may be
      // wrong and the others need it. A flight that began before the rejection may still bring the
      // rejected generation.
      const isEnough = (outcome: Outcome<Handout>) =>
        !outcome.ok || outcome.value.ticket.generation > rejected;
      const context = contextOf(caller, tenant, requestId);
      return await flights.obtain(tenant, { why: "rejection", rejected }, context, isEnough);
    },

    forget: looks.forget,
    locate: looks.locate,
    doubt: looks.doubt,
    hearNews: looks.hearNews,
    drain: () => flights.drain(),
  };
}

/** Renews a ticket behind the answer, not too often. */
function createRenewing({ waitMs, log }: TicketsParts, flights: Flights) {
  return (held: Held, caller: Caller, requestId: string, now: number): void => {
    if (now < held.renewedAt + RENEWAL_SPACING_MS) return;
    held.renewedAt = now;
    const tenant = held.ticket.contextIdentifier;
    const wanted = { why: "renewal", held: held.ticket } as const;
    flights.join(tenant, wanted, now + waitMs, contextOf(caller, tenant, requestId))
      .catch((error) => log.error("renewal.fault", { error }));
  };
}

/** Where no ticket is in memory: by a flight. Its ticket is looked after as one in memory is. */
function createFetching({ clock }: TicketsParts, flights: Flights, looks: Looks) {
  // Whoever has no ticket does not share the refusal of one who rejects too many, and a renewal
  // may end with a ticket whose time is over meanwhile.
  const isEnough = (outcome: Outcome<Handout>): boolean =>
    outcome.ok
      ? isUsable(outcome.value.ticket, clock.now())
      : outcome.refusal.code !== "rate_limited";

  return async (
    caller: Caller,
    tenant: ContextId,
    requestId: string,
  ): Promise<Outcome<Handout>> => {
    const context = contextOf(caller, tenant, requestId);
    const fly = () => flights.obtain(tenant, { why: "miss" }, context, isEnough);
    const outcome = await fly();
    if (!outcome.ok || outcome.value.source === "exchange") return outcome;
    const { ticket, source } = outcome.value;
    // What did not get into memory is nobody's to look after.
    const held = looks.heldFor(ticket);
    const found = await looks.ofAddresses(held, clock.now());
    return found?.kind === "stopped" ? await fly() : accept({ ticket: held.ticket, source });
  };
}

function contextOf(caller: Caller, tenant: ContextId, requestId: string): LedgerContext {
  return { requestId, caller: caller.id, contextIdentifier: tenant };
}
