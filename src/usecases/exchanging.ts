/**
 * One exchange of a tenant's system user token for a ticket, by the holder of the tenant's lease:
 * tenant state, signature, exchange, evidence. Every way to fail is a refusal; every refusal is
 * remembered in the store for a while, so that other processes do not repeat it.
 */

import { PartFault } from "../domain/part_fault.ts";
import { accept, type Outcome, type Refusal, refuse } from "../domain/refusal.ts";
import { sha256Hex, textToSign } from "../domain/signed_text.ts";
import type { Tenant } from "../domain/tenant.ts";
import { tenantAddresses } from "../domain/tenant_addresses.ts";
import type { Generation, Ticket } from "../domain/ticket.ts";
import { type Ledger, type LedgerContext, LedgerFault } from "./ledger.ts";
import type { Clock, Log, Signer, TenantStore, TicketStore } from "./ports.ts";
import type { Exchange, ExchangeAnswer, TenantState, TenantStates } from "./superoffice_ports.ts";
import type { Signing } from "./signing.ts";

/** The right to exchange, from the store. */
export interface Lease {
  readonly owner: string;
  readonly generation: Generation;
}

export interface Exchanging {
  run(tenant: Tenant, lease: Lease, context: LedgerContext): Promise<Outcome<Ticket>>;
}

export interface ExchangingParts {
  readonly tenants: TenantStore;
  readonly tickets: TicketStore;
  readonly ledger: Ledger;
  readonly signing: Signing;
  /** The key in use, then the standby that is tried when SuperOffice refuses the first one. */
  readonly signers: readonly Signer[];
  readonly exchange: Exchange;
  readonly states: TenantStates;
  readonly clock: Clock;
  readonly log: Log;
  readonly ticketLifetimeMs: number;
}

/** How long a refusal is remembered for all processes, by what time can heal. Milliseconds. */
const REMEMBER_MS: Partial<Record<Refusal["code"], number>> = {
  consent_withdrawn: 60_000,
  tenant_suspended: 30_000,
  exchange_failed: 5_000,
  upstream_unavailable: 2_000,
  signer_unavailable: 2_000,
  ledger_unavailable: 1_000,
};

export function createExchanging(parts: ExchangingParts): Exchanging {
  const { tenants, tickets, ledger, signing, signers, exchange, states, clock, log } = parts;

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
    const now = clock.now();
    await attempt(log, () =>
      tickets.refuse(
        tenant.contextIdentifier,
        lease.owner,
        refusal,
        REMEMBER_MS[refusal.code] ?? 1_000,
        now,
      ));
    return refused;
  };

  const note = (tenant: Tenant, seen: Pick<Tenant, "health" | "state">) =>
    tenant.health === seen.health && tenant.state === seen.state
      ? Promise.resolve()
      : attempt(log, () => tenants.mark(tenant.contextIdentifier, tenant.consentedAt, seen));

  /** Signs with one key and asks once. Null answer: this key's signature was refused. */
  const askWith = async (
    signer: Signer,
    tenant: Tenant,
    context: LedgerContext,
  ): Promise<Outcome<ExchangeAnswer>> => {
    const text = textToSign(tenant.systemUserToken, clock.now());
    const signature = await signing.sign(signer, text, context);
    if (!signature.ok) return signature;
    const { signed, attempt: name } = signature.value;
    const record = (
      result: "issued" | "refused" | "failed",
      ticket: string | null,
      error: string | null,
    ) =>
      ledger.record(context, {
        kind: "exchange",
        attempt: name,
        result,
        ticket_sha256: ticket,
        error,
      });
    let answer: ExchangeAnswer;
    try {
      answer = await exchange.exchange(signed, tenant);
    } catch (error) {
      const reason = error instanceof PartFault ? error.reason : "fault";
      await record("failed", null, reason);
      if (!(error instanceof PartFault)) throw error;
      return refuse("upstream_unavailable", reason, 5);
    }
    // COMMIT POINT 2: the ledger knows the ticket's digest before anybody has the ticket. A crash
    // after this leaves a ticket at SuperOffice that nobody holds; the next asker exchanges again.
    if (answer.kind === "issued") {
      await record("issued", sha256Hex(answer.ticket.reveal()), null);
    } else {
      await record(
        answer.kind === "refused" ? "refused" : "failed",
        null,
        answer.kind === "refused" ? "refused" : answer.reason,
      );
    }
    return accept(answer);
  };

  const askAll = async (tenant: Tenant, context: LedgerContext) => {
    let last: Outcome<ExchangeAnswer> = refuse("signer_unavailable", "no_key");
    for (const signer of signers) {
      last = await askWith(signer, tenant, context);
      if (!last.ok || last.value.kind !== "refused") break;
    }
    return last;
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
      return fail(tenant, lease, refuse("upstream_unavailable", unprepared.reason, 5));
    }
    if (state !== null && !state.isRunning) {
      await note(tenant, { health: tenant.health, state: state.state });
      return fail(tenant, lease, refuse("tenant_suspended", "not_running", 30));
    }
    const issuedAt = clock.now();
    const asked = await askAll(tenant, context);
    if (!asked.ok) return fail(tenant, lease, asked);
    const answer = asked.value;
    if (answer.kind === "unfit") {
      return fail(tenant, lease, refuse("exchange_failed", answer.reason));
    }
    const stateName = state?.state ?? tenant.state;
    if (answer.kind === "refused") {
      await note(tenant, { health: "consent_withdrawn", state: stateName });
      return fail(tenant, lease, refuse("consent_withdrawn", "refused"));
    }
    const addresses = tenantAddresses(
      state?.webapiUrl ?? answer.webapiUrl ?? tenant.webapiUrl,
      state?.netserverUrl ?? answer.netserverUrl ?? tenant.netserverUrl,
    );
    if (addresses === null) {
      return fail(tenant, lease, refuse("exchange_failed", "no_address"));
    }
    await note(tenant, { health: "connected", state: stateName });
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
        if (!(error instanceof LedgerFault)) throw error;
        return fail(tenant, lease, refuse("ledger_unavailable", "ledger", 2));
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
