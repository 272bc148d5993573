/**
 * One flight for a tenant's ticket: store, then lease, then exchange. Ends with a ticket or a refusal,
 * and never throws for a part that is down.
 */

import type { ContextId } from "../domain/context_id.ts";
import { isUnreadable, PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import type { Tenant } from "../domain/tenant.ts";
import { type Generation, isUsable, type Ticket } from "../domain/ticket.ts";
import type { Exchanging } from "./exchanging.ts";
import type { LedgerContext } from "./ledger.ts";
import type { Clock, Ids, Log, TenantStore } from "./ports.ts";
import type { LeaseAnswer, TicketStore } from "./ticket_ports.ts";

export type TicketSource = "memory" | "store" | "exchange";

/** A ticket and where it came from. */
export interface Handout {
  readonly ticket: Ticket;
  readonly source: TicketSource;
}

/** Why a flight is needed. */
export type Wanted =
  /** There is no usable ticket here. */
  | { readonly why: "miss" }
  /** This one grows old; the flight ends with it if it is too early for another. */
  | { readonly why: "renewal"; readonly held: Ticket }
  /** SuperOffice answered 401 to the ticket of this generation. */
  | { readonly why: "rejection"; readonly rejected: Generation };

export interface FlightParts {
  readonly tenants: TenantStore;
  readonly store: TicketStore;
  readonly exchanging: Exchanging;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Outlasts signing and exchange together. Milliseconds. */
  readonly leaseMs: number;
  /** Short name of the app's credentials: a refusal of one says nothing of another. */
  readonly credentials: string;
}

/** One flight's own matters. */
export interface Flight {
  readonly tenant: ContextId;
  readonly wanted: Wanted;
  /** Nobody is waited for after this instant, and nothing is begun anew. Milliseconds since the epoch. */
  readonly until: number;
  readonly context: LedgerContext;
  /** False where a copy of the store may be behind: then the lease, decided at its source, tells. */
  readonly readsCopies: boolean;
}

/** First pause of one who waits for another process's exchange; doubled up to the cap. */
const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 200;

/** One flight. Faults of the store become refusals here. */
export async function fly(parts: FlightParts, flight: Flight): Promise<Outcome<Handout>> {
  const { tenant } = flight;
  try {
    return await obtain(parts, flight).catch(async (error) => {
      if (!isUnreadable(error)) throw error;
      // A ticket that nobody can open any more (its sealing key was taken away) is no evidence and
      // may be forgotten; otherwise it would block its tenant until its end.
      parts.log.warn("tickets.unreadable", { context_identifier: tenant });
      await parts.store.invalidate(tenant, parts.clock.now());
      return await obtain(parts, flight);
    });
  } catch (error) {
    if (!(error instanceof PartFault)) throw error;
    parts.log.warn("tickets.store_fault", { reason: error.reason, context_identifier: tenant });
    return refuse("store_unavailable", error.reason, retryAfterSeconds(error, 2));
  }
}

/** From the store, or by a lease and an exchange. */
async function obtain(parts: FlightParts, flight: Flight): Promise<Outcome<Handout>> {
  const { store, clock } = parts;
  const stored = flight.readsCopies ? await store.get(flight.tenant, clock.now()) : null;
  const isNewer = stored !== null && stored.generation > (replacedBy(flight.wanted) ?? 0);
  if (isNewer && isUsable(stored, clock.now())) return accept({ ticket: stored, source: "store" });
  // A publish may be fenced by a newer consent or a removal: then everything is looked up anew.
  for (let rounds = 0; rounds < 3 && (rounds === 0 || clock.now() < flight.until); rounds++) {
    const outcome = await leaseAndExchange(parts, flight);
    if (outcome !== "fenced") return outcome;
  }
  return refuse("store_unavailable", "fenced", 2);
}

async function leaseAndExchange(
  parts: FlightParts,
  flight: Flight,
): Promise<Outcome<Handout> | "fenced"> {
  const { store, tenants, clock, log } = parts;
  const { tenant, wanted, context } = flight;
  const found = await tenants.get(tenant);
  if (found === null) return refuse("tenant_unknown", "no_consent");
  const owner = parts.ids.next();
  const answer = await waitForLease(parts, flight, owner, found);
  if (answer === null) return refuse("upstream_unavailable", "lease_wait", 2);
  if (answer.kind === "hit") return accept({ ticket: answer.ticket, source: "store" });
  if (answer.kind !== "lease") return withoutLease(wanted, answer);

  const { generation, until } = answer;
  // Read again under the lease: a consent that came while we waited brought a newer token.
  const current = await tenants.get(tenant);
  if (current === null) {
    // Ends the lease, too: whoever comes after the next consent must not wait for it.
    await store.invalidate(tenant, clock.now());
    return refuse("tenant_unknown", "removed");
  }
  const lease = {
    owner,
    generation,
    until,
    credentials: credentialsOf(parts, current),
    isDoubtful: wanted.why === "rejection",
  };
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
  parts: FlightParts,
  { tenant, wanted, until }: Flight,
  owner: string,
  found: Tenant,
) {
  const { store, clock, leaseMs } = parts;
  const request = { owner, why: wanted.why, leaseMs, credentials: credentialsOf(parts, found) };
  let replaces = replacedBy(wanted);
  for (let pause = FIRST_POLL_MS;; pause = Math.min(MAX_POLL_MS, pause * 2)) {
    const now = clock.now();
    const answer = await store.lease(tenant, { ...request, replaces, now });
    // Somebody may have been kept from ending those of before in the store.
    const isEnded = answer.kind === "hit" && answer.ticket.issuedAt < found.ticketsFrom;
    if (answer.kind === "hit" && (isEnded || !isUsable(answer.ticket, now))) {
      replaces = answer.ticket.generation;
      continue;
    }
    if (answer.kind === "lease") return { ...answer, until: now + leaseMs };
    if (answer.kind !== "wait") return answer;
    if (clock.now() >= until) return null;
    await clock.sleep(Math.min(pause, Math.max(1, answer.ms)));
  }
}

/** Nothing may be exchanged now. What there is stays what it is for everybody else. */
function withoutLease(
  wanted: Wanted,
  answer: Extract<LeaseAnswer, { readonly kind: "refused" | "later" | "limited" }>,
): Outcome<Handout> {
  if (answer.kind === "refused") return { ok: false, refusal: answer.refusal };
  if (wanted.why === "renewal") return accept({ ticket: wanted.held, source: "memory" });
  return refuse("rate_limited", "rejections", Math.ceil(answer.ms / 1000));
}

/** A refusal is one of these credentials and of this consent: another consent is asked anew. */
function credentialsOf({ credentials }: FlightParts, tenant: Tenant): string {
  return `${credentials}.${tenant.consentedAt}`;
}

function replacedBy(wanted: Wanted): Generation | null {
  switch (wanted.why) {
    case "miss":
      return null;
    case "renewal":
      return wanted.held.generation;
    case "rejection":
      return wanted.rejected;
  }
}
