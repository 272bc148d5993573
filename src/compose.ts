/**
 * Wires a configuration into a running service: adapters, use cases, doors. The only file that sees
 * all rooms. Builds parts outermost in; the first that cannot be built stops it.
 */

import { randomBytes } from "node:crypto";
import { createCallers } from "./adapters/callers/callers.ts";
import { createLedgerKey, generateLedgerSeed } from "./adapters/signing/ledger_key.ts";
import { createGoogleKmsSigner } from "./adapters/signing/google_kms.ts";
import { createLocalKeySigner, generateLocalKeyPem } from "./adapters/signing/local_key.ts";
import { type DataDir, openDataDir } from "./adapters/storage/data_dir.ts";
import { createSealing } from "./adapters/storage/sealing.ts";
import { openSqlite } from "./adapters/storage/sqlite.ts";
import { createEndpoints } from "./adapters/superoffice/endpoints.ts";
import { createExchange } from "./adapters/superoffice/exchange.ts";
import { createIdentityProvider } from "./adapters/superoffice/identity_provider.ts";
import { createLoginKeys } from "./adapters/superoffice/login_keys.ts";
import { createTenantStates } from "./adapters/superoffice/tenant_states.ts";
import type { Config, KmsKey, SuperOfficeConfig } from "./config.ts";
import type { CallerEntry } from "./domain/caller_entry.ts";
import { Secret } from "./domain/secret.ts";
import { createApp } from "./http/app.ts";
import { type Audit, createAudit } from "./usecases/audit.ts";
import { createConsents } from "./usecases/consent.ts";
import { createExchanging } from "./usecases/exchanging.ts";
import { createLedger } from "./usecases/ledger.ts";
import type {
  CheckpointSigner,
  Clock,
  ConsentStore,
  Ids,
  LedgerStore,
  Log,
  Probe,
  Signer,
  TenantStore,
  TicketStore,
} from "./usecases/ports.ts";
import { createSigning, MAX_ATTEMPTS } from "./usecases/signing.ts";
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
}

/** All that is kept, wherever it is kept. */
export interface Stores {
  readonly tenants: TenantStore;
  readonly tickets: TicketStore;
  readonly ledger: LedgerStore;
  readonly consents: ConsentStore;
  readonly probe: Probe;
  close(): void;
}

/** Deadlines, in milliseconds. */
const SIGN_ATTEMPT_MS = 1000;
const SIGN_PAUSES_MS = 2000;
const LOGIN_MS = 5000;
const TENANT_STATE_MS = 1500;
const STORE_MS = 1500;
const LEASE_MARGIN_MS = 3000;

const MAX_TICKETS_IN_MEMORY = 10_000;

const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** 256 bits of base64url. */
export const systemIds: Ids = { next: () => randomBytes(32).toString("base64url") };

/** Builds the service. @throws when a part cannot be built; nothing stays open then */
export async function compose(options: ComposeOptions): Promise<Service> {
  const { config, publicUrl, superoffice, log, clock = systemClock, ids = systemIds } = options;
  const signers = await createSigners(config);
  const stores = await openStores(config);
  const now = () => clock.now();
  const endpoints = createEndpoints({ ...superoffice, environment: config.environment });
  const { clientId, clientSecret } = superoffice;
  const keys = createLoginKeys({ endpoints, timeoutMs: LOGIN_MS, now });

  const ledger = createLedger({ store: stores.ledger, clock, ids, log });
  const exchanging = createExchanging({
    tenants: stores.tenants,
    tickets: stores.tickets,
    ledger,
    signing: createSigning({ ledger, clock, ids, log }),
    signers,
    exchange: createExchange({
      endpoints,
      flavour: config.exchange,
      clientSecret,
      keys,
      timeoutMs: config.exchangeTimeoutMs,
      now,
    }),
    states: createTenantStates({ endpoints, timeoutMs: TENANT_STATE_MS }),
    clock,
    log,
    ticketLifetimeMs: config.ticketLifetimeMs,
  });
  const tickets = createTickets({
    tenants: stores.tenants,
    store: stores.tickets,
    exchanging,
    clock,
    ids,
    log,
    leaseMs: leaseMs(config, signers.length),
    maxTicketsInMemory: MAX_TICKETS_IN_MEMORY,
  });
  const shared = { ticketStore: stores.tickets, tickets, ledger, clock, log };
  const app = createApp({
    tickets,
    tenants: createTenants({ ...shared, store: stores.tenants }),
    consents: createConsents({
      ...shared,
      identity: createIdentityProvider({
        endpoints,
        clientId,
        clientSecret,
        redirectUrl: new URL("/consent/callback", publicUrl).href,
        keys,
        timeoutMs: LOGIN_MS,
      }),
      tenants: stores.tenants,
      store: stores.consents,
      ids,
      legacyLogin: config.legacyLogin,
    }),
    audit: await openAudit(config, publicUrl, stores, log),
    callers: createCallers({ callers: options.callers, now }),
    probes: [
      stores.probe,
      { name: "superoffice", check: async () => void await keys.metadata() },
    ],
    publicUrl,
    superofficeOrigin: superoffice.origin.origin,
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

/** A lease outlasts the longest exchange that may run under it. */
function leaseMs(config: Config, keys: number): number {
  const onePass = MAX_ATTEMPTS * SIGN_ATTEMPT_MS + SIGN_PAUSES_MS + config.exchangeTimeoutMs;
  return TENANT_STATE_MS + keys * onePass + LEASE_MARGIN_MS;
}

/** The data directory, opened only when something is in it: an edge function may have no disk. */
export function dataDirOf(config: Config): DataDir {
  return openDataDir(config.dataDir);
}

/** Opens the configured store. */
export async function openStores(config: Config): Promise<Stores> {
  const keys = config.sealingKeys ?? [{
    id: "generated",
    key: Uint8Array.from(
      atob(dataDirOf(config).readOrCreate("sealing.key", () => randomBytes(32).toString("base64"))),
      (char) => char.charCodeAt(0),
    ),
  }];
  const sealing = createSealing(keys);
  if (config.store.kind === "sqlite") {
    return openSqlite({ path: `${dataDirOf(config).path}/box-office.sqlite`, sealing });
  }
  const { createUpstash } = await import("./adapters/storage/upstash.ts");
  return createUpstash({
    url: config.store.url,
    token: config.store.token,
    sealing,
    timeoutMs: STORE_MS,
    // Upstash's own dialect: without it every script locks the whole database.
    keyLocking: true,
  });
}

/** The ledger for readers, with its key. */
export async function openAudit(
  config: Config,
  publicUrl: URL,
  stores: Pick<Stores, "ledger">,
  log: Log,
): Promise<Audit> {
  return createAudit({
    store: stores.ledger,
    signer: await createCheckpointSigner(config),
    origin: config.ledgerOrigin ?? `${publicUrl.host}/ledger`,
    log,
  });
}

async function createCheckpointSigner(config: Config): Promise<CheckpointSigner> {
  const { ledgerKey } = config;
  switch (ledgerKey.kind) {
    case "seed":
      return createLedgerKey(ledgerKey.seed);
    case "generated":
      return createLedgerKey(
        new Secret(dataDirOf(config).readOrCreate("ledger.key", generateLedgerSeed)),
      );
    case "google_kms": {
      const { createKmsLedgerKey } = await import("./adapters/signing/kms_ledger_key.ts");
      return createKmsLedgerKey({ ...ledgerKey, timeoutMs: SIGN_ATTEMPT_MS, userAgent: AGENT });
    }
  }
}

const AGENT = "box-office/0.1.0";

async function createSigners(config: Config): Promise<Signer[]> {
  const { signing } = config;
  const kms = (key: KmsKey) =>
    createGoogleKmsSigner({ ...key, timeoutMs: SIGN_ATTEMPT_MS, userAgent: AGENT });
  switch (signing.kind) {
    case "google_kms":
      return signing.standby === null
        ? [kms(signing.key)]
        : [kms(signing.key), kms(signing.standby)];
    case "file":
      return [createLocalKeySigner({ pem: signing.pem.reveal() })];
    case "generated":
      return [createLocalKeySigner({ pem: await generatedKey(config) })];
  }
}

/** The sandbox's signing key, as PEM. */
export async function generatedKey(config: Config): Promise<string> {
  const dir = dataDirOf(config);
  const pem = dir.read("signing_key.pem") ?? await generateLocalKeyPem();
  return dir.readOrCreate("signing_key.pem", () => pem);
}
