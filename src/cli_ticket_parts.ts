/**
 * The way to a ticket for one command: the parts of the service that exchange, with somebody who tells
 * what passes through them, and nothing that listens. Only wires; the use cases are the service's own.
 */

import type { KmsHost } from "./adapters/signing/kms_host.ts";
import { createEndpoints } from "./adapters/superoffice/endpoints.ts";
import { createExchange } from "./adapters/superoffice/exchange.ts";
import { createLoginKeys } from "./adapters/superoffice/login_keys.ts";
import { createTenantStates } from "./adapters/superoffice/tenant_states.ts";
import type { OpenedBooks } from "./cli_stores.ts";
import { watchCall } from "./cli_ticket_http.ts";
import { type Remembered, watchTickets } from "./cli_ticket_store.ts";
import { maskedText, type Teller } from "./cli_ticket_teller.ts";
import {
  type Met,
  watchExchange,
  watchSigner,
  watchSigning,
  watchStates,
  watchTenants,
} from "./cli_ticket_watch.ts";
import { credentialsOf } from "./compose.ts";
import type { Config, SuperOfficeConfig } from "./config.ts";
import { DEADLINES, leaseFor, MAX_SIGN_ATTEMPTS } from "./deadlines.ts";
import { createGuards, guardPreparation, type Guards } from "./guards.ts";
import { createSigners } from "./parts.ts";
import { systemClock as clock, systemIds as ids } from "./system.ts";
import { UsageFault } from "./usage_fault.ts";
import { createAsking } from "./usecases/asking.ts";
import { createExchanging } from "./usecases/exchanging.ts";
import { createKnownStates } from "./usecases/known_states.ts";
import { createAnnounce } from "./usecases/notices.ts";
import type { Signer, TenantStore } from "./usecases/ports.ts";
import { createSigning, type Signing } from "./usecases/signing.ts";
import { createSigningBudget } from "./usecases/signing_budget.ts";
import { createStandings } from "./usecases/tenant_standings.ts";
import { createTicketCare } from "./usecases/ticket_care.ts";
import type { TicketStore } from "./usecases/ticket_ports.ts";
import { createTickets, type Tickets } from "./usecases/tickets.ts";

export interface TicketWorld {
  /** Where everything is kept that this world keeps. */
  readonly tenants: TenantStore;
  readonly store: TicketStore;
  readonly superoffice: SuperOfficeConfig;
}

export interface TicketParts {
  readonly tickets: Tickets;
  readonly tenants: TenantStore;
  readonly store: TicketStore;
  readonly remembered: Remembered;
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>;
}

/** One tenant, one command. */
const MAX_TENANTS = 1;

/** Wires it. @throws when a part cannot be built */
export async function openTicketParts(
  books: OpenedBooks,
  world: TicketWorld,
  teller: Teller,
): Promise<TicketParts> {
  const { config, ledger, log } = books;
  const met: Met = { tenant: null, signed: null };
  const remembered: Remembered = { refusal: null };
  const guards = createGuards({ clock, log });
  const tenants = watchTenants(world.tenants, teller, met);
  const store = watchTickets(world.store, teller, remembered);
  const superoffice = connect(config, world.superoffice, teller, met);
  const { exchange, states: published } = guardPreparation(superoffice, guards.exchange);
  const states = createKnownStates({ states: published, clock, maxTenants: MAX_TENANTS });
  const announce = createAnnounce({ ids, clock, isWanted: config.webhook !== null });
  const maxTenants = MAX_TENANTS;
  const standings = createStandings({ tenants, ledger, announce, clock, log, maxTenants });
  const { exchangeTimeoutMs, ticketLifetimeMs } = config;
  const asking = createAsking({
    ledger,
    keys: await openKeys(books, guards, teller, met),
    exchange,
    breaker: guards.exchange,
    clock,
    exchangeTimeoutMs,
  });
  const parts = { tickets: store, asking, exchange, states, standings, clock, log };
  const leaseMs = leaseFor(config, DEADLINES);
  const tickets = createTickets({
    tenants,
    store,
    exchanging: createExchanging({ ...parts, ticketLifetimeMs }),
    care: createTicketCare({ tenants, store, states, standings, clock, log }),
    clock,
    ids,
    log,
    leaseMs,
    waitMs: leaseMs + exchangeTimeoutMs,
    credentials: await credentialsOf(config, world.superoffice),
    renewalShift: 0,
    maxTicketsInMemory: MAX_TENANTS,
  });
  return {
    tickets,
    tenants,
    store,
    remembered,
    async drain() {
      await tickets.drain();
      await standings.drain();
    },
  };
}

/** The key in use and its standby, each behind its breaker and on the budget of one process. */
async function openKeys(
  { config, ledger, host, log }: OpenedBooks,
  guards: Guards,
  teller: Teller,
  met: Met,
): Promise<Signing[]> {
  const budget = createSigningBudget({
    clock,
    perMinute: config.signaturesPerMinute,
    perTenantHour: config.signaturesPerTenantHour,
    maxTenants: MAX_TENANTS,
  });
  return (await openSigners(config, host)).map((signer) => {
    const signing = createSigning({
      signer: watchSigner(signer, teller),
      maxAttempts: MAX_SIGN_ATTEMPTS,
      breaker: guards.key(signer),
      budget,
      ledger,
      clock,
      ids,
      log,
    });
    return watchSigning(signing, signer.keyVersion, teller, met);
  });
}

async function openSigners(config: Config, host: KmsHost): Promise<Signer[]> {
  try {
    return await createSigners(config, DEADLINES.signAttemptMs, host);
  } catch (error) {
    // What is said of a key file is a constant.
    if (config.signing.kind !== "file" || !(error instanceof Error)) throw error;
    throw new UsageFault(error.message);
  }
}

/** SuperOffice, watched. */
function connect(
  config: Config,
  { origin, clientSecret }: SuperOfficeConfig,
  teller: Teller,
  met: Met,
) {
  teller.hide(clientSecret);
  const now = () => clock.now();
  const endpoints = createEndpoints(origin);
  const keys = createLoginKeys({ endpoints, timeoutMs: DEADLINES.loginMs, now });
  const call = watchCall(teller, config.exchange, () => {
    const { tenant, signed } = met;
    return [
      "ApplicationToken   **** (the client secret)",
      `ContextIdentifier  ${tenant?.contextIdentifier ?? ""}`,
      `ReturnTokenType    ${config.exchange === "rest" ? "JWT" : "Jwt"}`,
      `SignedSystemToken  ${
        tenant !== null && signed !== null ? maskedText(signed, tenant.systemUserToken) : "****"
      }`,
    ];
  });
  const exchange = createExchange({
    endpoints,
    flavour: config.exchange,
    clientSecret,
    keys,
    timeoutMs: config.exchangeTimeoutMs,
    now,
    fetch: call.fetch,
  });
  const states = createTenantStates({ endpoints, timeoutMs: DEADLINES.tenantStateMs });
  return {
    exchange: watchExchange(exchange, call, teller, met),
    states: watchStates(states, teller),
  };
}
