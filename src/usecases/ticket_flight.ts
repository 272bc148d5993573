/**
 * One flight for a tenant's ticket: store, then lease, then exchange. Ends with a ticket or a refusal,
 * and never throws for a part that is down.
 */

import type { ContextId } from "../domain/context_id.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { type Generation, isUsable, type Ticket } from "../domain/ticket.ts";
import type { Exchanging } from "./exchanging.ts";
import type { LedgerContext } from "./ledger.ts";
import type { Clock, Ids, Log, TenantStore, TicketStore } from "./ports.ts";

export type TicketSource = "memory" | "store" | "exchange";

/** A ticket and where it came from. */
export interface Handout {
  readonly ticket: Ticket;
  readonly source: TicketSource;
}

export interface FlightParts {
  readonly tenants: TenantStore;
  readonly store: TicketStore;
  readonly exchanging: Exchanging;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Outlasts signing and exchange together. Milliseconds. */
  readonly leaseMs: number;
}

/** First pause of one who waits for another process's exchange; doubled up to the cap. */
const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 200;

/** One flight. Faults of the store become refusals here. */
export async function fly(
  parts: FlightParts,
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
    return refuse("store_unavailable", error.reason, retryAfterSeconds(error, 2));
  }
}

/** From the store, or by a lease and an exchange. */
async function obtain(
  parts: FlightParts,
  tenant: ContextId,
  replaces: Generation | null,
  context: LedgerContext,
): Promise<Outcome<Handout>> {
  const stored = await parts.store.get(tenant, parts.clock.now());
  const isNewer = stored !== null && stored.generation > (replaces ?? 0);
  if (isNewer && isUsable(stored, parts.clock.now())) {
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
  parts: FlightParts,
  tenant: ContextId,
  replaces: Generation | null,
  context: LedgerContext,
): Promise<Outcome<Handout> | "fenced"> {
  const { store, tenants, clock, log } = parts;
  const found = await tenants.get(tenant);
  if (found === null) return refuse("tenant_unknown", "no_consent");
  const owner = parts.ids.next();
  const answer = await waitForLease(parts, tenant, replaces, owner);
  if (answer === null) return refuse("upstream_unavailable", "lease_wait", 2);
  if (answer.kind === "refused") return { ok: false, refusal: answer.refusal };
  if (answer.kind === "hit") return accept({ ticket: answer.ticket, source: "store" });

  const lease = { owner, generation: answer.generation, until: answer.until };
  // Read again under the lease: a consent that came while we waited brought a newer token.
  const current = await tenants.get(tenant);
  if (current === null) {
    // Ends the lease, too: whoever comes after the next consent must not wait for it.
    await store.invalidate(tenant, clock.now());
    return refuse("tenant_unknown", "removed");
  }
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
    if (answer.kind === "lease") return { ...answer, until: now + leaseMs };
    if (answer.kind !== "wait") return answer;
    if (clock.now() >= until) return null;
    await clock.sleep(Math.min(pause, Math.max(1, answer.ms)));
  }
}
