/**
 * Hands out tickets: from memory, from the store, or by an exchange. However many callers ask at
 * once, one flight per tenant and process asks the store, and one lease per tenant exchanges. A
 * flight belongs to nobody: the caller who began it may leave, the others still get their answer.
 */

import { type Caller, may } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { RENEWAL_SPACING_MS } from "../domain/renewal.ts";
import { type Generation, isFresh, isUsable } from "../domain/ticket.ts";
import type { LedgerContext } from "./ledger.ts";
import { type FlightParts, fly, type Handout, type Wanted } from "./ticket_flight.ts";
import { createTicketMemory, type Held } from "./ticket_memory.ts";

export interface Tickets {
  /**
   * A ticket for the tenant. Permission is judged before anything is looked up. A ticket from memory
   * is answered at once, without a promise.
   */
  get(
    caller: Caller,
    tenant: ContextId,
    requestId: string,
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
  ): Promise<Outcome<Handout>>;
  /** Drops the tenant's ticket from this process's memory, and lets nobody join its flight. */
  forget(tenant: ContextId): void;
  /** Resolves when no exchange is under way any more. */
  drain(): Promise<void>;
}

export interface TicketsParts extends FlightParts {
  readonly maxTicketsInMemory: number;
  /**
   * How long a caller waits for other processes: a lease whose holder is gone, and the exchange of
   * whoever comes next. Milliseconds.
   */
  readonly waitMs: number;
  /** This process's `renewalShift`. */
  readonly renewalShift: number;
}

/** A removed tenant's ticket stays in the memory of another process no longer than this. */
const CHECK_EVERY_MS = 45_000;

/** A flight that began earlier may bring what an asker cannot use, a second one hardly, a third never. */
const MAX_FLIGHTS = 3;

export function createTickets(parts: TicketsParts): Tickets {
  const { clock, log, renewalShift } = parts;
  const memory = createTicketMemory(parts.maxTicketsInMemory);
  /** What a new asker may join, by tenant. */
  const flights = new Map<ContextId, Promise<Outcome<Handout>>>();
  /** Everything that still runs, whether it may be joined or not. */
  const underWay = new Set<Promise<unknown>>();

  const join = (
    tenant: ContextId,
    wanted: Wanted,
    until: number,
    context: LedgerContext,
  ): Promise<Outcome<Handout>> => {
    const present = flights.get(tenant);
    if (present !== undefined) return present;
    const flight = fly(parts, tenant, wanted, until, context).then((outcome) => {
      // What was read before somebody said "forget" may be just what was to be forgotten, and what
      // was refused before it says nothing of what came after.
      if (flights.get(tenant) !== flight) return outcome;
      if (!outcome.ok) {
        if (isFinal(outcome.refusal.code)) memory.delete(tenant);
      } else if (outcome.value.source !== "memory") memory.set(outcome.value.ticket, clock.now());
      return outcome;
    }).finally(() => {
      underWay.delete(flight);
      if (flights.get(tenant) === flight) flights.delete(tenant);
    });
    flights.set(tenant, flight);
    underWay.add(flight);
    return flight;
  };

  /** Joins the tenant's flight, and leads one where that brought nothing for this asker. */
  const obtain = async (
    tenant: ContextId,
    wanted: Wanted,
    context: LedgerContext,
    isEnough: (outcome: Outcome<Handout>) => boolean,
  ): Promise<Outcome<Handout>> => {
    const until = clock.now() + parts.waitMs;
    let outcome = await join(tenant, wanted, until, context);
    for (let flight = 1; flight < MAX_FLIGHTS && clock.now() < until; flight++) {
      if (isEnough(outcome)) break;
      outcome = await join(tenant, wanted, until, context);
    }
    return outcome;
  };

  const renewBehind = (held: Held, context: LedgerContext, now: number): void => {
    if (now < held.renewedAt + RENEWAL_SPACING_MS) return;
    held.renewedAt = now;
    const wanted = { why: "renewal", held: held.ticket } as const;
    join(held.ticket.contextIdentifier, wanted, now + parts.waitMs, context).catch((error) =>
      log.error("renewal.fault", { error })
    );
  };

  /** Another process may have removed the tenant, taken a new consent, or seen one withdrawn. */
  const checkBehind = (held: Held, now: number): void => {
    if (now < held.checkedAt + CHECK_EVERY_MS) return;
    held.checkedAt = now;
    const tenant = held.ticket.contextIdentifier;
    const check = parts.tenants.get(tenant).then((found) => {
      const isGone = found === null || found.health === "consent_withdrawn" ||
        found.consentedAt > held.ticket.issuedAt;
      if (isGone && memory.get(tenant) === held) memory.delete(tenant);
    }).catch((error) => log.debug("tickets.not_checked", { error })).finally(() =>
      underWay.delete(check)
    );
    underWay.add(check);
  };

  const context = (caller: Caller, tenant: ContextId, requestId: string): LedgerContext => ({
    requestId,
    caller: caller.id,
    contextIdentifier: tenant,
  });

  return {
    get(caller, tenant, requestId) {
      if (!may(caller, "ticket", tenant)) return refuse("caller_forbidden", "ticket");
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
      return obtain(
        tenant,
        { why: "miss" },
        context(caller, tenant, requestId),
        (outcome) =>
          outcome.ok
            ? isUsable(outcome.value.ticket, clock.now())
            : outcome.refusal.code !== "rate_limited",
      );
    },

    async replace(caller, tenant, rejected, requestId) {
      if (!may(caller, "ticket", tenant)) return refuse("caller_forbidden", "ticket");
      const ticket = memory.get(tenant)?.ticket;
      if (ticket !== undefined && ticket.generation > rejected && isUsable(ticket, clock.now())) {
        return accept({ ticket, source: "memory" });
      }
      // What is in memory stays until there is a newer one: if none can be had, the caller may be
      // wrong and the others need it. A flight that began before the rejection may still bring the
      // rejected generation.
      const wanted = { why: "rejection", rejected } as const;
      return await obtain(
        tenant,
        wanted,
        context(caller, tenant, requestId),
        (outcome) => !outcome.ok || outcome.value.ticket.generation > rejected,
      );
    },

    forget(tenant) {
      // Whoever asks from now on must not get what an older flight brings.
      flights.delete(tenant);
      memory.delete(tenant);
    },

    async drain() {
      await Promise.allSettled(underWay);
    },
  };
}

/** Refusals after which a ticket in memory must not be handed out either. */
function isFinal(code: string): boolean {
  return code === "consent_withdrawn" || code === "tenant_unknown";
}
