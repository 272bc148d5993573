/**
 * Wires a configuration into a running service. What answers with a ticket from memory or from the
 * store is built at once; everything else is the back office, which is loaded behind it.
 */

import { createCallers } from "./adapters/callers/callers.ts";
import type { KmsHost } from "./adapters/signing/kms_host.ts";
import type { Stores } from "./adapters/storage/stores.ts";
import type { BackOffice } from "./back_office.ts";
import type { Config, SuperOfficeConfig } from "./config.ts";
import { DEADLINES, type Deadlines, leaseFor } from "./deadlines.ts";
import type { CallerEntry } from "./domain/caller_entry.ts";
import { digestOf } from "./domain/digest.ts";
import type { IdentityToken } from "./domain/google_identity.ts";
import { type Once, once } from "./domain/once.ts";
import { renewalShift } from "./domain/ticket.ts";
import { createGuards, guardStores, measureStores } from "./guards.ts";
import { createApp } from "./http/app.ts";
import { openStores } from "./parts_stores.ts";
import { systemClock, systemIds } from "./system.ts";
import { createAdmission } from "./usecases/admission.ts";
import type { Limits } from "./usecases/limits.ts";
import type { Measures } from "./usecases/measures.ts";
import type { Clock, Ids, Log, UsageStore } from "./usecases/ports.ts";
import { createTickets } from "./usecases/tickets.ts";

/** A service ready to hand out the tickets it has. */
export interface Service {
  fetch(request: Request): Response | Promise<Response>;
  /**
   * Builds what was left for later; until then it is built when somebody needs it.
   * @throws when a part cannot be built: the configuration is not usable then
   */
  complete(): Promise<void>;
  /** Does what goes on by itself, and stays awake for it. */
  tend(): Promise<void>;
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
  /** Says who we are, for Google: on a platform that gives its programs such tokens. */
  readonly identityToken?: IdentityToken;
  /** What is measured. Null or not given: nothing is. */
  readonly measures?: Measures | null;
  /** For tests: where Google's client runs; in a worker if not given. */
  readonly kmsHost?: KmsHost;
  /** For tests: others than ours. A busy machine is no fault. */
  readonly deadlines?: Partial<Deadlines>;
}

const MAX_TENANTS_IN_MEMORY = 10_000;

/** Builds the service. @throws when a part cannot be built; nothing stays open then */
export async function compose(options: ComposeOptions): Promise<Service> {
  const { config, superoffice } = options;
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const [stores, credentials, limiting] = await Promise.all([
    openStores(config, deadlines.storeMs),
    credentialsOf(config, superoffice),
    hasLimits(options) ? import("./usecases/limits.ts") : null,
  ]);
  try {
    return assemble(options, deadlines, stores, credentials, limiting);
  } catch (error) {
    stores.close();
    throw error;
  }
}

function assemble(
  options: ComposeOptions,
  deadlines: Deadlines,
  unguarded: Stores,
  credentials: string,
  limiting: Limiting | null,
): Service {
  const { config, log, clock = systemClock, ids = systemIds } = options;
  const guards = createGuards({ clock, log });
  const { measures } = options;
  const stores = guardStores(
    measures ? measureStores(unguarded, measures) : unguarded,
    guards,
  );
  let digest: (text: string) => string | Promise<string> = digestOf;
  let opened: BackOffice | null = null;
  const backOffice = once(async () => {
    const { openBackOffice } = await import("./back_office.ts");
    const maxTenants = MAX_TENANTS_IN_MEMORY;
    const wiring = { deadlines, clock, ids, guards, stores, tickets, maxTenants };
    opened = await openBackOffice({ ...options, ...wiring });
    digest = opened.digest;
    return opened;
  });
  const leaseMs = leaseFor(config, deadlines);
  const unmeasured = createTickets({
    tenants: stores.tenants,
    store: stores.tickets,
    ...lateParts(backOffice),
    clock,
    ids,
    log,
    leaseMs,
    waitMs: leaseMs + config.exchangeTimeoutMs,
    credentials,
    renewalShift: options.renewalShift ?? renewalShift(Math.random()),
    maxTicketsInMemory: MAX_TENANTS_IN_MEMORY,
  });
  const tickets = measures?.tickets(unmeasured) ?? unmeasured;
  const known = createCallers({
    callers: options.callers,
    digest: (text) => digest(text),
    now: () => clock.now(),
    log,
  });
  const callers = measures?.callers(known) ?? known;
  const limits = limiting === null ? null : openLimits(limiting, options, stores.usage, clock);
  const admitting = createAdmission({ limits, log });
  const admission = measures?.admission(admitting) ?? admitting;
  const front = { tickets, callers, admission, log };
  const app = createApp(front, async (answer) => {
    const [{ createDoors }, { parts }] = await Promise.all([
      import("./http/doors.ts"),
      backOffice.get(),
    ]);
    return createDoors({ ...front, ...parts }, answer);
  });
  return {
    fetch: (request) => app.fetch(request),
    complete: async () => void await backOffice.get(),
    tend: async () => await (await backOffice.get()).tend(),
    async close() {
      await Promise.all([tickets.drain(), limits?.drain()]);
      await opened?.close();
      stores.close();
    },
  };
}

/** What tickets need of the back office, which is loaded when they first do. */
function lateParts(backOffice: Once<BackOffice>): Pick<BackOffice, "exchanging" | "care"> {
  return {
    exchanging: { run: async (...args) => (await backOffice.get()).exchanging.run(...args) },
    care: {
      hearNews: async (...args) => await (await backOffice.get()).care.hearNews(...args),
      locate: async (...args) => await (await backOffice.get()).care.locate(...args),
    },
  };
}

/** Loaded only where there are limits: it is nothing that a ticket needs. */
type Limiting = typeof import("./usecases/limits.ts");

function openLimits(
  { createLimits }: Limiting,
  { config, callers, log }: ComposeOptions,
  store: UsageStore | null,
  clock: Clock,
): Limits {
  return createLimits({
    callersPerMinute: limitsOf(callers),
    tenantsPerMinute: config.requestsPerTenantMinute,
    store,
    clock,
    log,
    maxTenants: MAX_TENANTS_IN_MEMORY,
  });
}

function hasLimits({ config, callers }: ComposeOptions): boolean {
  return config.requestsPerTenantMinute !== null || limitsOf(callers).size > 0;
}

/** Requests per minute by caller's id. */
function limitsOf(entries: readonly CallerEntry[]): ReadonlyMap<string, number> {
  return new Map(
    entries.flatMap(({ caller, requestsPerMinute }) =>
      requestsPerMinute === null ? [] : [[caller.id, requestsPerMinute] as const]
    ),
  );
}

/** Short name of what SuperOffice is asked with: with another it may answer otherwise. */
export function credentialsOf(
  { signing }: Config,
  { clientId, clientSecret, nextClientSecret }: SuperOfficeConfig,
): Promise<string> {
  const next = nextClientSecret === null ? [] : [nextClientSecret.reveal()];
  const parts = [clientId, clientSecret.reveal(), ...next, ...keysOf(signing)];
  return digestOf(JSON.stringify(parts)).then((digest) => digest.slice(0, 12));
}

function keysOf(signing: Config["signing"]): string[] {
  switch (signing.kind) {
    case "google_kms":
      return [signing.key, signing.standby].flatMap((key) => key?.keyVersion ?? []);
    case "file":
      return [signing.pem, signing.standby].flatMap((pem) => pem?.reveal() ?? []);
    case "generated":
      return [];
  }
}
