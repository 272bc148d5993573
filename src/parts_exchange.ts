/** What lies between a tenant's lease and its ticket: keys, exchange, evidence. Only wires. */

import type { Stores } from "./adapters/storage/stores.ts";
import type { Config } from "./config.ts";
import { MAX_SIGN_ATTEMPTS } from "./deadlines.ts";
import type { Announce } from "./domain/notice.ts";
import { guardPreparation, type Guards } from "./guards.ts";
import { type Asking, createAsking } from "./usecases/asking.ts";
import type { Credentials } from "./usecases/credentials.ts";
import { createExchanging, type Exchanging } from "./usecases/exchanging.ts";
import { createKnownStates, type KnownStates } from "./usecases/known_states.ts";
import type { Ledger } from "./usecases/ledger.ts";
import type { Clock, Ids, Log, Signer } from "./usecases/ports.ts";
import { createSigning, type Signing } from "./usecases/signing.ts";
import { createSigningBudget } from "./usecases/signing_budget.ts";
import type { Exchange, TenantStates } from "./usecases/superoffice_ports.ts";
import { createStandings, type Standings } from "./usecases/tenant_standings.ts";
import { createTicketCare, type TicketCare } from "./usecases/ticket_care.ts";

/** What all of it needs. */
export interface ExchangeWorld {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly guards: Guards;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Of so many tenants states, troubles and the use of the key are remembered. */
  readonly maxTenants: number;
}

/** Each of the app's keys, behind its breaker and on one budget. */
export function openKeys(world: ExchangeWorld, signers: readonly Signer[]): Signing[] {
  const { config, ledger, guards, clock, ids, log, maxTenants } = world;
  const budget = createSigningBudget({
    clock,
    perMinute: config.signaturesPerMinute,
    perTenantHour: config.signaturesPerTenantHour,
    maxTenants,
  });
  const shared = { maxAttempts: MAX_SIGN_ATTEMPTS, budget, ledger, clock, ids, log };
  return signers.map((signer) => createSigning({ ...shared, signer, breaker: guards.key(signer) }));
}

export interface ExchangeParts {
  readonly states: KnownStates;
  readonly standings: Standings;
  readonly asking: Asking;
  readonly exchanging: Exchanging;
  readonly care: TicketCare;
}

/** @param keys by place: the first of the configuration, then its standby */
export function openExchange(
  world: ExchangeWorld,
  keys: readonly Signing[],
  { superoffice, credentials, stores, announce }: {
    /** The exchange with each of the client secrets, by place. */
    readonly superoffice: {
      readonly exchanges: readonly Exchange[];
      readonly states: TenantStates;
    };
    /** Which of the keys and client secrets to ask with. */
    readonly credentials: Credentials;
    readonly stores: Pick<Stores, "tenants" | "tickets">;
    readonly announce: Announce;
  },
): ExchangeParts {
  const { config, ledger, guards, clock, log, maxTenants } = world;
  const { exchangeTimeoutMs, ticketLifetimeMs } = config;
  const { tenants, tickets } = stores;
  const { exchanges, states: published } = guardPreparation(superoffice, guards.exchange);
  const states = createKnownStates({ states: published, clock, maxTenants });
  const standings = createStandings({ tenants, ledger, announce, clock, log, maxTenants });
  const breaker = guards.exchange;
  const asked = { keys, exchanges, credentials };
  const asking = createAsking({ ...asked, ledger, breaker, clock, exchangeTimeoutMs });
  const exchange = exchanges[0]!;
  const shared = { states, standings, clock, log };
  return {
    states,
    standings,
    asking,
    exchanging: createExchanging({ ...shared, tickets, asking, exchange, ticketLifetimeMs }),
    care: createTicketCare({ ...shared, tenants, store: tickets }),
  };
}
