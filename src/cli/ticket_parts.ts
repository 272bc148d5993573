/**
 * The way to a ticket for one command: the parts of the service that exchange, with somebody who tells
 * what passes through them, and nothing that listens. Only wires; the use cases are the service's own.
 */

import type { KmsHost } from "../adapters/signing/kms_host.ts";
import { createEndpoints } from "../adapters/superoffice/endpoints.ts";
import { createLoginKeys } from "../adapters/superoffice/login_keys.ts";
import { createTenantStates } from "../adapters/superoffice/tenant_states.ts";
import type { OpenedBooks } from "./stores.ts";
import { watchCall } from "./ticket_http.ts";
import { type Remembered, watchTickets } from "./ticket_store.ts";
import { maskedText, type Teller } from "./ticket_teller.ts";
import {
  type Met,
  watchExchange,
  watchSigner,
  watchSigning,
  watchStates,
  watchTenants,
} from "./ticket_watch.ts";
import { credentialsOf } from "../compose.ts";
import type { Config, SuperOfficeConfig } from "../config.ts";
import { DEADLINES, leaseFor } from "../deadlines.ts";
import { createGuards } from "../guards.ts";
import { createSigners } from "../parts.ts";
import { type ExchangeWorld, openExchange, openKeys } from "../parts_exchange.ts";
import { clientSecretsOf, openCredentials, openExchanges } from "../parts_superoffice.ts";
import { systemClock as clock, systemIds as ids } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import { createAnnounce } from "../usecases/notices.ts";
import type { Signer, TenantStore } from "../usecases/ports.ts";
import type { Signing } from "../usecases/signing.ts";
import type { TicketStore } from "../usecases/ticket_ports.ts";
import { createTickets, type Tickets } from "../usecases/tickets.ts";

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
  const tenants = watchTenants(world.tenants, teller, met);
  const store = watchTickets(world.store, teller, remembered);
  const guards = createGuards({ clock, log });
  const parts = { config, ledger, guards, clock, ids, log, maxTenants: MAX_TENANTS };
  const signers = await openSigners(config, books.host);
  const keys = openWatchedKeys(parts, signers, teller, met);
  const { superoffice } = world;
  const known = { signers, superoffice, store: books.stores.credentials };
  const credentials = openCredentials({ ...known, ledger, clock, ids, log });
  const { standings, exchanging, care } = openExchange(parts, keys, {
    superoffice: connect(config, superoffice, teller, met),
    credentials,
    stores: { tenants, tickets: store },
    announce: createAnnounce({ ids, clock, isWanted: config.webhook !== null }),
  });
  const leaseMs = leaseFor(config, DEADLINES);
  const tickets = createTickets({
    tenants,
    store,
    exchanging,
    care,
    clock,
    ids,
    log,
    leaseMs,
    waitMs: leaseMs + config.exchangeTimeoutMs,
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
      await credentials.drain();
    },
  };
}

/** The key in use and its standby. */
function openWatchedKeys(
  parts: ExchangeWorld,
  signers: readonly Signer[],
  teller: Teller,
  met: Met,
): Signing[] {
  const keys = openKeys(parts, signers.map((signer) => watchSigner(signer, teller)));
  return keys.map((key, place) => watchSigning(key, signers[place]!.keyVersion, teller, met));
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
  superoffice: SuperOfficeConfig,
  teller: Teller,
  met: Met,
) {
  for (const secret of clientSecretsOf(superoffice)) teller.hide(secret);
  const now = () => clock.now();
  const endpoints = createEndpoints(superoffice.origin);
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
  const exchanges = openExchanges(config, superoffice, {
    endpoints,
    keys,
    now,
    fetch: call.fetch,
  });
  const states = createTenantStates({ endpoints, timeoutMs: DEADLINES.tenantStateMs });
  return {
    exchanges: exchanges.map((exchange) => watchExchange(exchange, call, teller, met)),
    states: watchStates(states, teller),
  };
}
