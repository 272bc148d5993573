/**
 * Wires a configuration into a running service: adapters, use cases, doors. The only file that sees
 * all rooms. Builds parts outermost in; the first that cannot be built stops it.
 */

import { randomBytes } from "node:crypto";
import { createCallers } from "./adapters/callers/callers.ts";
import { createEndpoints } from "./adapters/superoffice/endpoints.ts";
import { createExchange } from "./adapters/superoffice/exchange.ts";
import { createIdentityProvider } from "./adapters/superoffice/identity_provider.ts";
import { createLoginKeys } from "./adapters/superoffice/login_keys.ts";
import { createSuperOfficeProbe } from "./adapters/superoffice/probe.ts";
import { createTenantStates } from "./adapters/superoffice/tenant_states.ts";
import type { Config, SuperOfficeConfig } from "./config.ts";
import type { CallerEntry } from "./domain/caller_entry.ts";
import { sha256Hex } from "./domain/signed_text.ts";
import { renewalShift } from "./domain/ticket.ts";
import { createApp } from "./http/app.ts";
import type { Stores } from "./adapters/storage/stores.ts";
import { createGuards, guardPreparation, guardRedemption, guardStores } from "./guards.ts";
import { createSigners, openAudit, openStores, SIGN_ATTEMPT_MS, systemClock } from "./parts.ts";
import { createAsking } from "./usecases/asking.ts";
import type { Guard } from "./usecases/breaker.ts";
import { createConsents } from "./usecases/consent.ts";
import { createExchanging } from "./usecases/exchanging.ts";
import { createLedger } from "./usecases/ledger.ts";
import type { Clock, Ids, Log, Signer } from "./usecases/ports.ts";
import { createSigning, MAX_ATTEMPTS } from "./usecases/signing.ts";
import { createSigningBudget } from "./usecases/signing_budget.ts";
import { createTenants } from "./usecases/tenants.ts";
import { createTickets } from "./usecases/tickets.ts";

/** A service ready to answer requests. */
export interface Service {
  fetch(request: Request): Response | Promise<Response>;
  /** Waits for what is under way, then lets go of everything. */
  close(): Promise<void>;
}

export interface ComposeOptions {
  readonly config: Config;
  readonly publicUrl: URL;
  /** Where SuperOffice is and who we are there: the configuration's, or the sandbox's. */
  readonly superoffice: SuperOfficeConfig;
  readonly callers: readonly CallerEntry[];
  readonly log: Log;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** When this process renews tickets, for tests: drawn by lot if not given. */
  readonly renewalShift?: number;
  /** Deadline of one attempt at a key, milliseconds. For tests: a busy machine is no fault. */
  readonly signAttemptMs?: number;
}

/** Deadlines, in milliseconds. */
const SIGN_PAUSES_MS = 2000;
const LOGIN_MS = 3000;
const TENANT_STATE_MS = 1500;
const PROBE_MS = 1500;
const LEASE_MARGIN_MS = 3000;

const MAX_TENANTS_IN_MEMORY = 10_000;

/** 256 bits of base64url. */
const systemIds: Ids = { next: () => randomBytes(32).toString("base64url") };

/** Builds the service. @throws when a part cannot be built; nothing stays open then */
export async function compose(options: ComposeOptions): Promise<Service> {
  const { config, signAttemptMs = SIGN_ATTEMPT_MS } = options;
  const signers = await createSigners(config, signAttemptMs);
  const stores = await openStores(config);
  try {
    const lease = leaseFor(config, signers.length, signAttemptMs);
    return await assemble(options, signers, stores, lease);
  } catch (error) {
    stores.close();
    throw error;
  }
}

async function assemble(
  options: ComposeOptions,
  signers: readonly Signer[],
  opened: Stores,
  leaseMs: number,
): Promise<Service> {
  const { config, publicUrl, log, clock = systemClock, ids = systemIds } = options;
  const guards = createGuards({ clock, log });
  const stores = guardStores(opened, guards.store);
  const { tenants, consents } = stores;
  const superoffice = connectSuperOffice(options, guards.login, () => clock.now());
  const { exchange, states } = guardPreparation(superoffice, guards.exchange);
  const ledger = createLedger({ store: stores.ledger, clock, ids, log });
  const budget = createSigningBudget({
    clock,
    perMinute: config.signaturesPerMinute,
    perTenantHour: config.signaturesPerTenantHour,
    maxTenants: MAX_TENANTS_IN_MEMORY,
  });
  const exchanging = createExchanging({
    tenants,
    tickets: stores.tickets,
    ledger,
    asking: createAsking({
      ledger,
      keys: signers.map((signer) =>
        createSigning({ signer, breaker: guards.key(signer), budget, ledger, clock, ids, log })
      ),
      exchange,
      breaker: guards.exchange,
      clock,
      exchangeTimeoutMs: config.exchangeTimeoutMs,
    }),
    exchange,
    states,
    clock,
    log,
    ticketLifetimeMs: config.ticketLifetimeMs,
  });
  const tickets = createTickets({
    tenants,
    store: stores.tickets,
    exchanging,
    clock,
    ids,
    log,
    leaseMs,
    waitMs: leaseMs + config.exchangeTimeoutMs,
    credentials: credentialsOf(options.superoffice, signers),
    renewalShift: options.renewalShift ?? renewalShift(Math.random()),
    maxTicketsInMemory: MAX_TENANTS_IN_MEMORY,
  });
  const shared = { ticketStore: stores.tickets, tickets, ledger, clock, log };
  const { legacyLogin } = config;
  const { identity, probe } = superoffice;
  const app = createApp({
    tickets,
    tenants: createTenants({ ...shared, store: tenants }),
    consents: createConsents({ ...shared, identity, tenants, store: consents, ids, legacyLogin }),
    audit: await openAudit(config, publicUrl, stores, log),
    callers: createCallers({ callers: options.callers, now: () => clock.now(), log }),
    probes: [stores.probe, probe],
    publicUrl,
    superofficeOrigin: options.superoffice.origin.origin,
    log,
  });
  return {
    fetch: (request) => app.fetch(request),
    async close() {
      await tickets.drain();
      await ledger.drain();
      stores.close();
    },
  };
}

/** Short name of what SuperOffice is asked with: with another it may answer otherwise. */
function credentialsOf(
  { clientId, clientSecret }: SuperOfficeConfig,
  signers: readonly Signer[],
): string {
  const parts = [clientId, clientSecret.reveal(), ...signers.map((it) => it.keyVersion)];
  return sha256Hex(JSON.stringify(parts)).slice(0, 12);
}

/** Everything that talks to SuperOffice, on one set of its login keys. */
function connectSuperOffice(options: ComposeOptions, guard: Guard, now: () => number) {
  const { config, publicUrl, superoffice } = options;
  const { clientId, clientSecret } = superoffice;
  const endpoints = createEndpoints(superoffice.origin);
  const keys = createLoginKeys({ endpoints, timeoutMs: LOGIN_MS, guard, now });
  const identity = createIdentityProvider({
    endpoints,
    clientId,
    clientSecret,
    redirectUrl: new URL("/consent/callback", publicUrl).href,
    keys,
    timeoutMs: LOGIN_MS,
  });
  return {
    exchange: createExchange({
      endpoints,
      flavour: config.exchange,
      clientSecret,
      keys,
      timeoutMs: config.exchangeTimeoutMs,
      now,
    }),
    states: createTenantStates({ endpoints, timeoutMs: TENANT_STATE_MS }),
    identity: guardRedemption(identity, guard),
    probe: createSuperOfficeProbe({ endpoints, timeoutMs: PROBE_MS, now }),
  };
}

/**
 * A lease is long enough for the slowest exchange on a store that answers: two fetches for the login
 * keys, beside which the tenant's state is read, then signature and exchange. An attempt at a key in
 * the cloud has its deadline twice: the first one fetches the public key, too. Where the store is
 * slow as well, what could not end within the lease is not begun.
 */
function leaseFor(config: Config, keys: number, attemptMs: number): number {
  const preparing = Math.max(2 * LOGIN_MS, TENANT_STATE_MS);
  const signing = 2 * MAX_ATTEMPTS * attemptMs + SIGN_PAUSES_MS;
  return preparing + keys * (signing + config.exchangeTimeoutMs) + LEASE_MARGIN_MS;
}
