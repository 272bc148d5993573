/**
 * Everything of a service that a ticket from memory or from the store does without: the keys,
 * SuperOffice, consents, the ledger and its readers. Loaded when it is first needed, or when the
 * service has answered for the first time, because all of this takes longer than such a ticket. Only
 * wires.
 */

import { createWorkerHost } from "./adapters/signing/kms_worker_host.ts";
import type { Stores } from "./adapters/storage/stores.ts";
import type { ComposeOptions } from "./compose.ts";
import type { Deadlines } from "./deadlines.ts";
import { sha256Hex } from "./domain/signed_text.ts";
import type { Guards } from "./guards.ts";
import type { BackParts, ConsoleParts } from "./http/app_parts.ts";
import { createSigners, type LedgerParts, openLedger } from "./parts.ts";
import { openExchange, openKeys } from "./parts_exchange.ts";
import { serviceAccess } from "./parts_google.ts";
import { openNotices } from "./parts_notices.ts";
import { createSessionSealer } from "./parts_stores.ts";
import { connectSuperOffice, openCredentials } from "./parts_superoffice.ts";
import type { Audit } from "./usecases/audit.ts";
import { type Background, createRepeated } from "./usecases/background.ts";
import { createCanaries } from "./usecases/canary.ts";
import { type ConsentsParts, createConsents } from "./usecases/consent.ts";
import type { Exchanging } from "./usecases/exchanging.ts";
import { createLedger } from "./usecases/ledger.ts";
import type { Clock, Ids } from "./usecases/ports.ts";
import { createRelay, type RelayParts } from "./usecases/relay.ts";
import type { Signing } from "./usecases/signing.ts";
import { createStateChanges } from "./usecases/state_changes.ts";
import type { Standings } from "./usecases/tenant_standings.ts";
import { createTenants } from "./usecases/tenants.ts";
import type { TicketCare } from "./usecases/ticket_care.ts";
import type { Tickets } from "./usecases/tickets.ts";

export interface BackOfficeOptions extends ComposeOptions {
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly guards: Guards;
  /** Behind their guard. */
  readonly stores: Stores;
  readonly tickets: Tickets;
  /** Tenants whose use of the key is remembered. */
  readonly maxTenants: number;
}

export interface BackOffice {
  readonly exchanging: Exchanging;
  readonly care: TicketCare;
  /** What the doors open to. */
  readonly parts: BackParts;
  /** Node's, which needs no promise. @returns lower-case hex SHA-256 */
  readonly digest: (text: string) => string;
  /**
   * Signs what is to be signed of the log, then waits for the background: as long as this takes, a
   * platform that lets processes sleep leaves this one awake. Failures are logged.
   */
  tend(): Promise<void>;
  /** Resolves when nothing is being written any more, and nothing of it is left running. */
  close(): Promise<void>;
}

/** Builds it. @throws when a part cannot be built */
export async function openBackOffice(options: BackOfficeOptions): Promise<BackOffice> {
  const { config, deadlines, publicUrl, log, clock, ids, guards, stores, tickets } = options;
  const { measures = null } = options;
  const access = serviceAccess(config, options.identityToken ?? null);
  const host = options.kmsHost ??
    createWorkerHost(access, undefined, undefined, measures?.traceparent ?? null);
  const unmeasured = await createSigners(config, deadlines.signAttemptMs, host);
  const signers = measures === null ? unmeasured : unmeasured.map(measures.signer);
  const { announce, tenants, delivery } = openNotices(options);
  const records = await openLedger(config, publicUrl, stores, log, host, clock);
  const { audit, checkpoints } = records;
  const grown = () => checkpoints.grown();
  const written = createLedger({ store: stores.ledger, clock, ids, log, grown });
  const ledger = measures?.ledger(written) ?? written;
  const world = { ...options, ledger };
  const credentials = openCredentials({ ...world, signers, store: stores.credentials });
  const now = () => clock.now();
  const connected = connectSuperOffice({ ...options, credentials, guard: guards.login, now });
  const superoffice = measures?.superoffice(connected) ?? connected;
  const keys = openKeys(world, signers);
  const { states, standings, exchanging, care } = openExchange(world, keys, {
    superoffice,
    credentials,
    stores: { tenants, tickets: stores.tickets },
    announce,
  });
  const canaries = openCanaries(options, records, keys);
  const hearNews = async () => void await Promise.all([tickets.hearNews(), credentials.refresh()]);
  const leaving = new AbortController();
  const news = createRepeated({ clock, everyMs: NEWS_MS, deed: hearNews });
  const shared = { ticketStore: stores.tickets, tickets, states, ledger, announce, clock, log };
  // Those of a log that somebody else was writing until now may still lack their checkpoint.
  checkpoints.grown();
  canaries?.start();
  delivery?.start();
  news.start();
  return {
    exchanging: measures?.exchanging(exchanging) ?? exchanging,
    care,
    parts: {
      ...openDeeds(options, superoffice, { ...shared, tenants, standings }),
      audit,
      openConsole: (front) => openConsole(options, audit, front),
      probes: [stores.probe, superoffice.probe],
      publicUrl,
      app: config.app,
      superofficeOrigin: options.superoffice.origin.origin,
    },
    digest: sha256Hex,
    async tend() {
      await checkpoints.settle();
      await clock.sleep(canaries === null ? AWAKE_MS : AWAKE_FOR_CANARIES_MS, leaving.signal);
    },
    async close() {
      leaving.abort();
      await Promise.all([canaries?.stop(), news.stop(), standings.drain(), credentials.drain()]);
      const settled = ledger.drain().then(() => checkpoints.drain());
      // A receiver of notices that is slow must not keep the ledger's checkpoint from being signed.
      await Promise.all([delivery?.stop(), settled]);
      host.close();
    },
  };
}

/**
 * Also where nobody asks for tickets: what other processes ended does not stay in memory, and what they
 * found to work is known here.
 */
const NEWS_MS = 45_000;

/** For messages to the webhook; nearly until the next minute where a canary may be due in it. */
const AWAKE_MS = 10_000;
const AWAKE_FOR_CANARIES_MS = 50_000;

/** What happens to tenants, and through them. */
function openDeeds(
  { config, stores, ids, measures }: BackOfficeOptions,
  { identity, stateChangeReader, transport }: ReturnType<typeof connectSuperOffice>,
  shared:
    & Omit<ConsentsParts, "store" | "identity" | "ids" | "legacyLogin">
    & Pick<RelayParts, "tickets">
    & { readonly standings: Standings },
): Pick<BackParts, "tenants" | "stateChanges" | "consents" | "relay"> {
  const { consents } = stores;
  const { legacyLogin } = config;
  const door = createConsents({ ...shared, identity, store: consents, ids, legacyLogin });
  return {
    tenants: createTenants({ ...shared, store: shared.tenants }),
    stateChanges: createStateChanges({ ...shared, reader: stateChangeReader, claims: consents }),
    consents: measures?.consents(door) ?? door,
    relay: createRelay({ ...shared, transport }),
  };
}

/** Null where no canaries are wanted. */
function openCanaries(
  { config, clock, log, stores }: BackOfficeOptions,
  { signer, origin }: LedgerParts,
  keys: readonly Signing[],
): Background | null {
  const { canaryMs: periodMs } = config;
  if (periodMs === null) return null;
  const claims = stores.consents;
  return createCanaries({ keys, ledgerKey: signer, claims, origin, periodMs, clock, log });
}

/** What the console shows and who may see it. */
async function openConsole(
  { config, clock, log, stores }: BackOfficeOptions,
  audit: Audit,
  front: Parameters<BackParts["openConsole"]>[0],
): Promise<ConsoleParts> {
  const [{ createLedgerConsole }, { createConsoleSessions }] = await Promise.all([
    import("./usecases/ledger_console.ts"),
    import("./usecases/console_sessions.ts"),
  ]);
  const { ledger, tenants } = stores;
  return {
    ledgerConsole: createLedgerConsole({ audit, ledger, tenants, clock, log }),
    sessions: createConsoleSessions({ ...front, sealer: createSessionSealer(config), clock }),
    now: () => clock.now(),
  };
}
