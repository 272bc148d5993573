/**
 * One exchange of a tenant's system user token for a ticket, by the holder of the tenant's lease:
 * tenant state, signature, exchange, evidence. Every way to fail is a refusal; every refusal is
 * remembered in the store for a while, so that other processes do not repeat it.
 */

import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, type Refusal, refuse } from "../domain/refusal.ts";
import type { Tenant } from "../domain/tenant.ts";
import { tenantAddresses } from "../domain/tenant_addresses.ts";
import type { Generation, Ticket } from "../domain/ticket.ts";
import type { Asking } from "./asking.ts";
import { type Ledger, type LedgerContext, LedgerFault } from "./ledger.ts";
import type { Clock, Log, TenantStore } from "./ports.ts";
import type { Exchange, TenantState, TenantStates } from "./superoffice_ports.ts";
import type { TicketStore } from "./ticket_ports.ts";

/** The right to exchange, from the store. */
export interface Lease {
  readonly owner: string;
  readonly generation: Generation;
  /** What cannot end before this instant is not begun. Milliseconds. */
  readonly until: number;
  /** Short name of what SuperOffice is asked with. */
  readonly credentials: string;
}

export interface Exchanging {
  run(tenant: Tenant, lease: Lease, context: LedgerContext): Promise<Outcome<Ticket>>;
}

export interface ExchangingParts {
  readonly tenants: TenantStore;
  readonly tickets: TicketStore;
  readonly ledger: Ledger;
  readonly asking: Asking;
  readonly exchange: Pick<Exchange, "prepare">;
  readonly states: TenantStates;
  readonly clock: Clock;
  readonly log: Log;
  readonly ticketLifetimeMs: number;
}

/** How long a refusal is remembered for all processes, by what time can heal. Milliseconds. */
const REMEMBER_MS: Partial<Record<Refusal["code"], number>> = {
  // The first refusal may be a slip of SuperOffice's, or of a moment in which a key was replaced.
  consent_withdrawn: 60_000,
  tenant_suspended: 30_000,
  exchange_failed: 5_000,
  upstream_unavailable: 2_000,
  signer_unavailable: 2_000,
  ledger_unavailable: 1_000,
};

/** A token that was refused twice is asked about four times a day, until the next consent. */
const WITHDRAWN_AGAIN_MS = 6 * 60 * 60 * 1000;

export function createExchanging(parts: ExchangingParts): Exchanging {
  const { tenants, tickets, ledger, asking, exchange, states, clock, log } = parts;

  const fail = async (
    tenant: Tenant,
    lease: Lease,
    refused: { readonly ok: false; readonly refusal: Refusal },
  ): Promise<Outcome<Ticket>> => {
    const { refusal } = refused;
    log.warn("exchange.failed", {
      context_identifier: tenant.contextIdentifier,
      code: refusal.code,
      reason: refusal.reason,
    });
    const isWithdrawn = refusal.code === "consent_withdrawn";
    const isRepeated = isWithdrawn && tenant.health === "consent_withdrawn";
    await attempt(log, () =>
      tickets.refuse(tenant.contextIdentifier, {
        owner: lease.owner,
        refusal,
        forMs: isRepeated ? WITHDRAWN_AGAIN_MS : REMEMBER_MS[refusal.code] ?? 1_000,
        credentials: lease.credentials,
        endsTicket: isWithdrawn,
        now: clock.now(),
      }));
    return refused;
  };

  const note = async (
    tenant: Tenant,
    seen: Pick<Tenant, "health" | "state">,
    context: LedgerContext,
  ): Promise<void> => {
    if (tenant.health === seen.health && tenant.state === seen.state) return;
    if (tenant.state !== seen.state) {
      await ledger.record(context, { kind: "tenant_state", from: tenant.state, to: seen.state });
    }
    await attempt(log, () => tenants.mark(tenant.contextIdentifier, tenant.consentedAt, seen));
  };

  const run = async (
    tenant: Tenant,
    lease: Lease,
    context: LedgerContext,
  ): Promise<Outcome<Ticket>> => {
    const [state, unprepared] = await Promise.all([
      readState(states, tenant, log),
      exchange.prepare().then(() => null, (error: unknown) => error),
    ]);
    if (unprepared !== null) {
      if (!(unprepared instanceof PartFault)) throw unprepared;
      return fail(
        tenant,
        lease,
        refuse("upstream_unavailable", unprepared.reason, retryAfterSeconds(unprepared, 5)),
      );
    }
    if (state !== null && !state.isRunning) {
      await note(tenant, { health: tenant.health, state: state.state }, context);
      return fail(tenant, lease, refuse("tenant_suspended", "not_running", 30));
    }
    const issuedAt = clock.now();
    const asked = await asking.ask(tenant, lease.until, context);
    if (!asked.ok) return fail(tenant, lease, asked);
    const answer = asked.value;
    if (answer.kind === "unfit") {
      return fail(tenant, lease, refuse("exchange_failed", answer.reason));
    }
    const stateName = state?.state ?? tenant.state;
    if (answer.kind === "refused") {
      await note(tenant, { health: "consent_withdrawn", state: stateName }, context);
      return fail(tenant, lease, refuse("consent_withdrawn", "refused"));
    }
    const addresses = tenantAddresses(
      state?.webapiUrl ?? answer.webapiUrl ?? tenant.webapiUrl,
      state?.netserverUrl ?? answer.netserverUrl ?? tenant.netserverUrl,
    );
    if (addresses === null) {
      return fail(tenant, lease, refuse("exchange_failed", "no_address"));
    }
    await note(tenant, { health: "connected", state: stateName }, context);
    return accept({
      contextIdentifier: tenant.contextIdentifier,
      ticket: answer.ticket,
      generation: lease.generation,
      issuedAt,
      expiresAt: issuedAt + parts.ticketLifetimeMs,
      ...addresses,
    });
  };

  return {
    async run(tenant, lease, context) {
      try {
        return await run(tenant, lease, context);
      } catch (error) {
        if (error instanceof LedgerFault) {
          return fail(
            tenant,
            lease,
            refuse("ledger_unavailable", "ledger", retryAfterSeconds(error, 2)),
          );
        }
        // Nobody foresaw this one; the lease must end all the same.
        await fail(tenant, lease, refuse("exchange_failed", "fault"));
        throw error;
      }
    },
  };
}

/** Does what may fail without harm: the store forgets by itself what we could not tell it. */
async function attempt(log: Log, deed: () => Promise<void>): Promise<void> {
  try {
    await deed();
  } catch (error) {
    log.warn("exchange.store_not_told", { error });
  }
}

/** `Unknown` is also SuperOffice's word for an incident of its own, so it decides nothing. */
async function readState(
  states: TenantStates,
  tenant: Tenant,
  log: Log,
): Promise<TenantState | null> {
  try {
    const state = await states.read(tenant.contextIdentifier);
    return state === null || state.state === "Unknown" ? null : state;
  } catch (error) {
    log.warn("exchange.state_unread", { error });
    return null;
  }
}
