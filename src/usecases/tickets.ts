/**
 * Hands out tickets: from memory, from the store, or by an exchange. However many callers ask at
 * once, one flight per tenant and process asks the store, and one lease per tenant exchanges.
 */

import { type Caller, may, type Permission } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { RENEWAL_SPACING_MS } from "../domain/renewal.ts";
import { type Generation, isFresh, isUsable } from "../domain/ticket.ts";
import type { LedgerContext } from "./ledger.ts";
import type { Handout } from "./ticket_flight.ts";
import { createFlights, type FlightsParts } from "./ticket_flights.ts";
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
  /** Resolves when no exchange is under way any more. */
  drain(): Promise<void>;
}

export interface TicketsParts extends FlightsParts {
  readonly maxTicketsInMemory: number;
  /** This process's `renewalShift`. */
  readonly renewalShift: number;
}

/** A removed tenant's ticket stays in the memory of another process no longer than this. */
const CHECK_EVERY_MS = 45_000;

export function createTickets(parts: TicketsParts): Tickets {
  const { clock, log, renewalShift } = parts;
  const memory = createTicketMemory(parts.maxTicketsInMemory);
  const flights = createFlights(parts, memory);

  const renewBehind = (held: Held, context: LedgerContext, now: number): void => {
    if (now < held.renewedAt + RENEWAL_SPACING_MS) return;
    held.renewedAt = now;
    const wanted = { why: "renewal", held: held.ticket } as const;
    flights.join(held.ticket.contextIdentifier, wanted, now + parts.waitMs, context)
      .catch((error) => log.error("renewal.fault", { error }));
  };

  /** Another process may have removed the tenant, taken a new consent, or seen one withdrawn. */
  const checkBehind = (held: Held, now: number): void => {
    if (now < held.checkedAt + CHECK_EVERY_MS) return;
    held.checkedAt = now;
    const tenant = held.ticket.contextIdentifier;
    flights.follow(
      parts.tenants.get(tenant).then((found) => {
        const isGone = found === null || found.health === "consent_withdrawn" ||
          found.consentedAt > held.ticket.issuedAt;
        if (isGone && memory.get(tenant) === held) memory.delete(tenant);
      }).catch((error) => log.debug("tickets.not_checked", { error })),
    );
  };

  const context = (caller: Caller, tenant: ContextId, requestId: string): LedgerContext => ({
    requestId,
    caller: caller.id,
    contextIdentifier: tenant,
  });

  return {
    get(caller, tenant, requestId, use = "ticket") {
      if (!may(caller, use, tenant)) return refuse("caller_forbidden", use);
      const held = memory.get(tenant);
      if (held !== undefined) {
        const now = clock.now();
        const { ticket } = held;
        if (isUsable(ticket, now)) {
          if (!isFresh(ticket, renewalShift, now)) {
            renewBehind(held, context(caller, tenant, requestId), now);
          }
          checkBehind(held, now);
          return accept({ ticket, source: "memory" });
        }
      }
      // Whoever has no ticket does not share the refusal of one who rejects too many, and a renewal
      // may end with a ticket whose time is over meanwhile.
      const isEnough = (outcome: Outcome<Handout>) =>
        outcome.ok
          ? isUsable(outcome.value.ticket, clock.now())
          : outcome.refusal.code !== "rate_limited";
      const asked = context(caller, tenant, requestId);
      return flights.obtain(tenant, { why: "miss" }, asked, isEnough);
    },

    async replace(caller, tenant, rejected, requestId, use = "ticket") {
      if (!may(caller, use, tenant)) return refuse("caller_forbidden", use);
      const ticket = memory.get(tenant)?.ticket;
      if (ticket !== undefined && ticket.generation > rejected && isUsable(ticket, clock.now())) {
        return accept({ ticket, source: "memory" });
      }
      // What is in memory stays until there is a newer one: if none can be had, the caller may be
      // wrong and the others need it. A flight that began before the rejection may still bring the
      // rejected generation.
      const isEnough = (outcome: Outcome<Handout>) =>
        !outcome.ok || outcome.value.ticket.generation > rejected;
      const asked = context(caller, tenant, requestId);
      return await flights.obtain(tenant, { why: "rejection", rejected }, asked, isEnough);
    },

    forget(tenant) {
      // Whoever asks from now on must not get what an older flight brings.
      flights.leave(tenant);
      memory.delete(tenant);
    },

    drain: () => flights.drain(),
  };
}
