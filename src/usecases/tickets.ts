/**
 * Hands out tickets: from memory, from the store, or by an exchange. However many callers ask at
 * once, one flight per tenant and process asks the store, and one lease per tenant exchanges. A
 * flight belongs to nobody: the caller who began it may leave, the others still get their answer.
 */

import { type Caller, may } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { PartFault } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { type Generation, isFresh, isUsable, type Ticket } from "../domain/ticket.ts";
import type { Exchanging } from "./exchanging.ts";
import type { LedgerContext } from "./ledger.ts";
import type { Clock, Ids, Log, TenantStore, TicketStore } from "./ports.ts";
import { createTicketMemory } from "./ticket_memory.ts";

export type TicketSource = "memory" | "store" | "exchange";

/** A ticket and where it came from. */
export interface Handout {
  readonly ticket: Ticket;
  readonly source: TicketSource;
}

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
   * that generation is still the current one.
   */
  replace(
    caller: Caller,
    tenant: ContextId,
    rejected: Generation,
    requestId: string,
  ): Promise<Outcome<Handout>>;
  /** Drops the tenant's ticket from this process's memory. */
  forget(tenant: ContextId): void;
  /** Resolves when no exchange is under way any more. */
  drain(): Promise<void>;
}

export interface TicketsParts {
  readonly tenants: TenantStore;
  readonly store: TicketStore;
  readonly exchanging: Exchanging;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Outlasts signing and exchange together. Milliseconds. */
  readonly leaseMs: number;
  readonly maxTicketsInMemory: number;
}

/** Between two renewals behind the answer for one tenant. */
const RENEWAL_PAUSE_MS = 60_000;

/** First pause of one who waits for another process's exchange; doubled up to the cap. */
const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 200;

export function createTickets(parts: TicketsParts): Tickets {
  const { clock, log } = parts;
  const memory = createTicketMemory(parts.maxTicketsInMemory);
  const flights = new Map<ContextId, Promise<Outcome<Handout>>>();
  const renewals = new Map<ContextId, number>();

  const join = (
    tenant: ContextId,
    replaces: Generation | null,
    context: LedgerContext,
  ): Promise<Outcome<Handout>> => {
    const present = flights.get(tenant);
    if (present !== undefined) return present;
    const flight = fly(parts, tenant, replaces, context).then((outcome) => {
      if (outcome.ok) memory.set(outcome.value.ticket);
      else if (isFinal(outcome.refusal.code)) memory.delete(tenant);
      return outcome;
    }).finally(() => flights.delete(tenant));
    flights.set(tenant, flight);
    return flight;
  };

  const renewBehind = (ticket: Ticket, context: LedgerContext, now: number): void => {
    const tenant = ticket.contextIdentifier;
    if (now < (renewals.get(tenant) ?? 0) + RENEWAL_PAUSE_MS) return;
    renewals.delete(tenant);
    renewals.set(tenant, now);
    if (renewals.size > parts.maxTicketsInMemory) renewals.delete(renewals.keys().next().value!);
    join(tenant, ticket.generation, context).catch((error) =>
      log.error("renewal.fault", { error })
    );
  };

  const context = (caller: Caller, tenant: ContextId, requestId: string): LedgerContext => ({
    requestId,
    caller: caller.id,
    contextIdentifier: tenant,
  });

  return {
    get(caller, tenant, requestId) {
      if (!may(caller, "ticket", tenant)) return refuse("caller_forbidden", "ticket");
      const ticket = memory.get(tenant);
      if (ticket !== undefined) {
        const now = clock.now();
        if (isUsable(ticket, now)) {
          if (!isFresh(ticket, now)) renewBehind(ticket, context(caller, tenant, requestId), now);
          return accept({ ticket, source: "memory" });
        }
      }
      return join(tenant, null, context(caller, tenant, requestId));
    },

    async replace(caller, tenant, rejected, requestId) {
      if (!may(caller, "ticket", tenant)) return refuse("caller_forbidden", "ticket");
      const ticket = memory.get(tenant);
      if (ticket !== undefined && ticket.generation > rejected && isUsable(ticket, clock.now())) {
        return accept({ ticket, source: "memory" });
      }
      if (ticket?.generation === rejected) memory.delete(tenant);
      // A flight that began before the rejection may still bring the rejected generation: then
      // one more, of our own, is needed; a third cannot be.
      let outcome = await join(tenant, rejected, context(caller, tenant, requestId));
      for (let flight = 1; flight < 3; flight++) {
        if (!outcome.ok || outcome.value.ticket.generation !== rejected) break;
        memory.delete(tenant);
        outcome = await join(tenant, rejected, context(caller, tenant, requestId));
      }
      return outcome;
    },

    forget(tenant) {
      memory.delete(tenant);
    },

    async drain() {
      await Promise.allSettled(flights.values());
    },
  };
}

/** Refusals after which a ticket in memory must not be handed out either. */
function isFinal(code: string): boolean {
  return code === "consent_withdrawn" || code === "tenant_unknown";
}

/** One flight. Faults of the store become refusals here. */
async function fly(
  parts: TicketsParts,
  tenant: ContextId,
  replaces: Generation | null,
  context: LedgerContext,
): Promise<Outcome<Handout>> {
  try {
    return await obtain(parts, tenant, replaces, context).catch(async (error) => {
      if (!(error instanceof PartFault) || error.reason !== "unreadable") throw error;
      // A ticket that nobody can open any more (its sealing key was taken away) is no evidence and
      // may be forgotten; otherwise it would block its tenant until its end.
      parts.log.warn("tickets.unreadable", { context_identifier: tenant });
      await parts.store.invalidate(tenant, parts.clock.now());
      return await obtain(parts, tenant, replaces, context);
    });
  } catch (error) {
    if (!(error instanceof PartFault)) throw error;
    parts.log.warn("tickets.store_fault", { reason: error.reason, context_identifier: tenant });
    return refuse("store_unavailable", error.reason, 2);
  }
}

/** From the store, or by a lease and an exchange. */
async function obtain(
  parts: TicketsParts,
  tenant: ContextId,
  replaces: Generation | null,
  context: LedgerContext,
): Promise<Outcome<Handout>> {
  const stored = await parts.store.get(tenant, parts.clock.now());
  if (stored !== null && stored.generation !== replaces && isUsable(stored, parts.clock.now())) {
    return accept({ ticket: stored, source: "store" });
  }
  // A publish may be fenced by a newer consent or a removal: then everything is looked up anew.
  for (let rounds = 0; rounds < 3; rounds++) {
    const outcome = await leaseAndExchange(parts, tenant, replaces, context);
    if (outcome !== "fenced") return outcome;
  }
  return refuse("store_unavailable", "fenced", 2);
}

async function leaseAndExchange(
  parts: TicketsParts,
  tenant: ContextId,
  replaces: Generation | null,
  context: LedgerContext,
): Promise<Outcome<Handout> | "fenced"> {
  const { store, tenants, log } = parts;
  const found = await tenants.get(tenant);
  if (found === null) return refuse("tenant_unknown", "no_consent");
  const owner = parts.ids.next();
  const answer = await waitForLease(parts, tenant, replaces, owner);
  if (answer === null) return refuse("upstream_unavailable", "lease_wait", 2);
  if (answer.kind === "refused") return { ok: false, refusal: answer.refusal };
  if (answer.kind === "hit") return accept({ ticket: answer.ticket, source: "store" });

  const lease = { owner, generation: answer.generation };
  // Read again under the lease: a consent that came while we waited brought a newer token.
  const current = await tenants.get(tenant);
  if (current === null) return refuse("tenant_unknown", "removed");
  const exchanged = await parts.exchanging.run(current, lease, context);
  if (!exchanged.ok) return exchanged;
  try {
    const published = await store.publish(tenant, owner, exchanged.value);
    if (published === "fenced") return "fenced";
  } catch (error) {
    if (!(error instanceof PartFault)) throw error;
    // The ticket is good and on record; only this process knows it until the store is back.
    log.warn("tickets.not_published", { reason: error.reason, context_identifier: tenant });
  }
  log.info("tickets.exchanged", {
    context_identifier: tenant,
    generation: exchanged.value.generation,
    request_id: context.requestId,
  });
  return accept({ ticket: exchanged.value, source: "exchange" });
}

/** Null: another process held the lease for longer than a lease may last. */
async function waitForLease(
  parts: TicketsParts,
  tenant: ContextId,
  replaces: Generation | null,
  owner: string,
) {
  const { store, clock, leaseMs } = parts;
  const until = clock.now() + leaseMs + MAX_POLL_MS;
  let seen = replaces;
  for (let pause = FIRST_POLL_MS;; pause = Math.min(MAX_POLL_MS, pause * 2)) {
    const now = clock.now();
    const answer = await store.lease(tenant, { owner, leaseMs, replaces: seen, now });
    if (answer.kind === "hit" && !isUsable(answer.ticket, now)) {
      seen = answer.ticket.generation;
      continue;
    }
    if (answer.kind !== "wait") return answer;
    if (clock.now() >= until) return null;
    await clock.sleep(Math.min(pause, Math.max(1, answer.ms)));
  }
}
