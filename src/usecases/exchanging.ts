/**
 * One exchange of a tenant's system user token for a ticket, by the holder of the tenant's lease:
 * tenant state, signature, exchange, evidence. Every way to fail is a refusal; every refusal is
 * remembered in the store for a while, so that other processes do not repeat it.
 */

import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, type Refusal, refuse } from "../domain/refusal.ts";
import { DOUBTFUL, type Tenant } from "../domain/tenant.ts";
import { stoppedReason } from "../domain/tenant_state.ts";
import { tenantAddresses } from "../domain/tenant_addresses.ts";
import type { Generation, Ticket } from "../domain/ticket.ts";
import type { Asking } from "./asking.ts";
import { type LedgerContext, LedgerFault, refuseUnrecorded } from "./ledger.ts";
import type { KnownState, KnownStates } from "./known_states.ts";
import type { Clock, Log } from "./ports.ts";
import type { Exchange, ExchangeAnswer } from "./superoffice_ports.ts";
import type { Standings } from "./tenant_standings.ts";
import type { TicketStore } from "./ticket_ports.ts";

/** The right to exchange, from the store. */
export interface Lease {
  readonly owner: string;
  readonly generation: Generation;
  /** What cannot end before this instant is not begun. Milliseconds. */
  readonly until: number;
  /** Short name of what SuperOffice is asked with. */
  readonly credentials: string;
  /** True after a rejection: then the tenant may be elsewhere than it is known to be. */
  readonly isDoubtful: boolean;
}

export interface Exchanging {
  run(tenant: Tenant, lease: Lease, context: LedgerContext): Promise<Outcome<Ticket>>;
}

export interface ExchangingParts {
  readonly standings: Pick<Standings, "note">;
  readonly tickets: TicketStore;
  readonly asking: Asking;
  readonly exchange: Pick<Exchange, "prepare">;
  readonly states: KnownStates;
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

/** But for a rotation: what a gap in the portal was the reason for is over when the portal is right. */
const WITHDRAWN_ROTATING_MS = 10 * 60_000;

/** That has to be mended in the portal: SuperOffice is asked no more often meanwhile. */
const DOUBTFUL_AGAIN_MS = 60_000;

/** Addresses that came from claims are asked about again so soon. */
const UNREAD_MS = 10 * 60_000;

/** Reasons of our own, for which SuperOffice was not asked at all. */
const NOT_ASKED: ReadonlySet<string> = new Set(["breaker_open", "too_late"]);

type Refused = { readonly ok: false; readonly refusal: Refusal };

export function createExchanging(parts: ExchangingParts): Exchanging {
  const { log, clock } = parts;
  const take = createTaking(parts);
  const noting = createNoting(parts);
  const fail = createFailing(parts);

  const stateFor = ({ tenant: { contextIdentifier }, lease }: Run): Promise<KnownState | null> =>
    lease.isDoubtful
      ? parts.states.reread(contextIdentifier)
      : parts.states.read(contextIdentifier);

  const exchange = async (run: Run): Promise<Outcome<Ticket>> => {
    const { tenant, lease, context } = run;
    const [state, unprepared] = await Promise.all([
      readState(stateFor(run), log),
      parts.exchange.prepare().then(() => null, (error: unknown) => error),
    ]);
    if (unprepared !== null) {
      if (!(unprepared instanceof PartFault)) throw unprepared;
      const retryAfter = retryAfterSeconds(unprepared, 5);
      const refused = refuse("upstream_unavailable", unprepared.reason, retryAfter);
      return await noting.unanswered(run, refused);
    }
    if (state !== null && !state.isRunning) return await noting.stopped(run, state);
    const issuedAt = clock.now();
    const asked = await parts.asking.ask(tenant, lease.until, context);
    if (!asked.ok) return await noting.unanswered(run, asked);
    const answer = asked.value;
    switch (answer.kind) {
      case "issued":
        return await take(run, answer, state, issuedAt);
      case "unfit":
        return refuse("exchange_failed", answer.reason);
      case "doubtful":
      case "refused": {
        // SuperOffice does not say why. It may have stopped the tenant since we last asked.
        const now = await readState(parts.states.reread(tenant.contextIdentifier), log);
        const isStopped = now !== null && !now.isRunning;
        if (isStopped) return await noting.stopped(run, now);
        if (answer.kind === "refused") return await noting.withdrawn(run, now);
        return await noting.doubted(run, now);
      }
    }
  };

  return {
    async run(tenant, lease, context) {
      const run = { tenant, lease, context };
      try {
        const outcome = await exchange(run);
        return outcome.ok ? outcome : await fail(run, outcome);
      } catch (error) {
        if (error instanceof LedgerFault) return await fail(run, refuseUnrecorded(error));
        // Nobody foresaw this one; the lease must end all the same.
        await fail(run, refuse("exchange_failed", "fault"));
        throw error;
      }
    },
  };
}

/** One exchange's own matters. */
interface Run {
  readonly tenant: Tenant;
  readonly lease: Lease;
  readonly context: LedgerContext;
}

/** The ticket that was issued, with the tenant's addresses of now. */
function createTaking({ standings, clock, ticketLifetimeMs }: ExchangingParts) {
  return async (
    { tenant, lease, context }: Run,
    answer: Extract<ExchangeAnswer, { readonly kind: "issued" }>,
    state: KnownState | null,
    issuedAt: number,
  ): Promise<Outcome<Ticket>> => {
    const addresses = tenantAddresses(
      state?.webapiUrl ?? answer.webapiUrl ?? tenant.webapiUrl,
      state?.netserverUrl ?? answer.netserverUrl ?? tenant.netserverUrl,
    );
    if (addresses === null) return refuse("exchange_failed", "no_address");
    const stateName = state?.state ?? tenant.state;
    const seen = { health: "connected", reason: "exchanged", state: stateName } as const;
    await standings.note(tenant, seen, context);
    return accept({
      contextIdentifier: tenant.contextIdentifier,
      ticket: answer.ticket,
      generation: lease.generation,
      issuedAt,
      expiresAt: issuedAt + ticketLifetimeMs,
      ...addresses,
      addressesUntil: state?.validUntil ?? clock.now() + UNREAD_MS,
    });
  };
}

/** What came to nothing, and says something of the tenant. */
function createNoting({ standings }: ExchangingParts) {
  return {
    async stopped({ tenant, context }: Run, { state }: KnownState): Promise<Refused> {
      const reason = stoppedReason(state);
      await standings.note(tenant, { health: "suspended", reason, state }, context);
      return refuse("tenant_suspended", reason, 30);
    },
    async withdrawn({ tenant, context }: Run, state: KnownState | null): Promise<Refused> {
      const { state: name } = state ?? tenant;
      const seen = { health: "consent_withdrawn", reason: "refused", state: name } as const;
      await standings.note(tenant, seen, context);
      return refuse("consent_withdrawn", "refused");
    },
    async doubted({ tenant, context }: Run, state: KnownState | null): Promise<Refused> {
      // That a tenant is stopped is not less true, unless SuperOffice says that it runs.
      if (tenant.health !== "suspended" || state !== null) {
        const { state: name } = state ?? tenant;
        const seen = { health: "unreachable", reason: DOUBTFUL, state: name } as const;
        await standings.note(tenant, seen, context);
      }
      return refuse("upstream_unavailable", DOUBTFUL, 60);
    },
    /** Only what was asked of SuperOffice: a key of ours that is down says nothing of the tenant. */
    async unanswered({ tenant, context }: Run, refused: Refused): Promise<Refused> {
      const { code, reason } = refused.refusal;
      const isSilence = code === "upstream_unavailable" && !NOT_ASKED.has(reason);
      // That a tenant is stopped, or must consent again, is not less true meanwhile.
      const isNews = tenant.health === "connected" || tenant.health === "moved";
      if (isSilence && isNews) {
        await standings.note(tenant, { health: "unreachable", reason }, context);
      }
      return refused;
    },
  };
}

/** Ends the lease, so that other processes do not repeat what came to nothing. */
function createFailing({ tickets, asking, clock, log }: ExchangingParts) {
  const againMs = asking.hasStandby ? WITHDRAWN_ROTATING_MS : WITHDRAWN_AGAIN_MS;
  return async ({ tenant, lease }: Run, { refusal }: Refused): Promise<Refused> => {
    const { code, reason } = refusal;
    const { contextIdentifier } = tenant;
    log.warn("exchange.failed", { context_identifier: contextIdentifier, code, reason });
    const isWithdrawn = code === "consent_withdrawn";
    const isRepeated = isWithdrawn && tenant.health === "consent_withdrawn";
    const briefly = reason === DOUBTFUL ? DOUBTFUL_AGAIN_MS : REMEMBER_MS[code];
    try {
      await tickets.refuse(contextIdentifier, {
        owner: lease.owner,
        refusal,
        forMs: isRepeated ? againMs : briefly ?? 1_000,
        credentials: lease.credentials,
        // Of a tenant that is stopped, too: its callers are told so instead.
        endsTicket: isWithdrawn || code === "tenant_suspended",
        now: clock.now(),
      });
    } catch (error) {
      // The store forgets by itself what we could not tell it.
      log.warn("exchange.store_not_told", { error });
    }
    return { ok: false, refusal };
  };
}

async function readState(
  reading: Promise<KnownState | null>,
  log: Log,
): Promise<KnownState | null> {
  try {
    return await reading;
  } catch (error) {
    log.warn("exchange.state_unread", { error });
    return null;
  }
}
