/**
 * Use cases on real embedded storage with a key and a SuperOffice that a test scripts. Both police
 * their caller: a signature without an intent on record, or an exchange without a signature, fails.
 */

import { MAX_SIGN_ATTEMPTS } from "../../src/deadlines.ts";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSealing } from "../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import type { Caller } from "../../src/domain/caller.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { type Announce, type Notice, noticeBody } from "../../src/domain/notice.ts";
import { Secret } from "../../src/domain/secret.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { SignerFault } from "../../src/domain/signer_fault.ts";
import { createAsking } from "../../src/usecases/asking.ts";
import { createCredentials } from "../../src/usecases/credentials.ts";
import { createBreaker } from "../../src/usecases/breaker.ts";
import { createExchanging } from "../../src/usecases/exchanging.ts";
import { createKnownStates } from "../../src/usecases/known_states.ts";
import { createLedger } from "../../src/usecases/ledger.ts";
import type { Ids, LedgerStore, Signer } from "../../src/usecases/ports.ts";
import type { ExchangeAnswer, TenantState } from "../../src/usecases/superoffice_ports.ts";
import { createSigning } from "../../src/usecases/signing.ts";
import { createSigningBudget } from "../../src/usecases/signing_budget.ts";
import { createStandings } from "../../src/usecases/tenant_standings.ts";
import { createTicketCare } from "../../src/usecases/ticket_care.ts";
import { createTickets, type TicketsParts } from "../../src/usecases/tickets.ts";
import { createMemoryLog, createTestClock } from "./service.ts";

export const TENANT = ContextId.parse("Cust12345")!;

export const CALLER: Caller = {
  id: "orders",
  tenants: new Set(["*"]),
  permissions: new Set(["ticket", "relay", "tenants", "ledger"]),
};

/** Ids that tell where they come from. */
export function createTestIds(): Ids {
  let count = 0;
  return { next: () => `id-${++count}-${randomBytes(8).toString("hex")}` };
}

/** What a test decides: each may be replaced at any time. */
export interface Script {
  /** Throws a SignerFault to fail, returns to sign. */
  sign(attempt: number): Promise<void> | void;
  exchange(count: number): Promise<ExchangeAnswer> | ExchangeAnswer;
  state(): TenantState | null;
  /** Throws if there are no keys to judge an answer with. */
  prepare(): Promise<void> | void;
  /** Called before each append: throws to fail it. */
  append(kinds: readonly string[]): void;
}

export const ISSUED: ExchangeAnswer = {
  kind: "issued",
  ticket: new Secret("7T:ticket"),
  webapiUrl: "https://sod2.example.test/Cust12345/api/",
  netserverUrl: "https://sod2.example.test/Cust12345/Remote/Services88/",
};

/** An answer of the state endpoint without addresses. */
export function stateOf(state: string, bend: Partial<TenantState> = {}): TenantState {
  const isRunning = state === "Running" || state === "OnlineMaintenance";
  return { state, isRunning, webapiUrl: null, netserverUrl: null, validUntil: null, ...bend };
}

export interface PartsOptions {
  /** An embedded store of its own if not given. Closed with the parts. */
  readonly stores?: Stores;
  /** Where the clock stands. A real Redis forgets what is over by its own clock. */
  readonly now?: number;
  readonly keys?: number;
  /** Faults in a row that open a breaker; without it, more than a test makes. */
  readonly faults?: number;
  /** Attempts at the key. */
  readonly perMinute?: number;
  readonly perTenantHour?: number;
}

export function createParts(options: PartsOptions = {}) {
  const clock = createTestClock(options.now);
  const pauses: number[] = [];
  const script: Script = {
    sign: () => {},
    exchange: (count) =>
      ({ ...ISSUED, ticket: new Secret(`7T:ticket-${count}`) }) as ExchangeAnswer,
    state: () => null,
    prepare: () => {},
    append: () => {},
  };
  const counts = { signatures: 0, exchanges: 0, states: 0 };
  const log = createMemoryLog();
  const ids = createTestIds();
  const stores = options.stores ?? openSqlite({
    owner: "test",
    path: ":memory:",
    sealing: createSealing([{ id: "k1", key: randomBytes(32) }]),
  });
  const time = {
    now: () => clock.now(),
    sleep: (ms: number) => {
      pauses.push(ms);
      clock.advance(ms);
      return clock.sleep(0);
    },
  };
  const ledgerStore: LedgerStore = {
    ...stores.ledger,
    append(expected, append) {
      script.append(append.leaves.map((leaf) => JSON.parse(leaf).kind));
      return stores.ledger.append(expected, append);
    },
  };
  const entries = async () =>
    (await stores.ledger.read(-1, 1000)).map((leaf) => JSON.parse(leaf) as Record<string, unknown>);

  const signer = (name: string): Signer => ({
    keyVersion: name,
    async sign(text, { attempt }) {
      const intent = (await entries()).find((it) =>
        it.kind === "sign_intent" && it.attempt === attempt
      );
      assert.equal(intent?.digest_sha256, sha256Hex(text), "signed without an intent on record");
      assert.equal(intent?.key_version, name);
      counts.signatures++;
      await script.sign(counts.signatures);
      return { signature: new TextEncoder().encode(`${name}:${attempt}`), keyVersion: name };
    },
  });

  const ledger = createLedger({ store: ledgerStore, clock: time, ids, log });
  const exchange = {
    async prepare() {
      await script.prepare();
    },
    async exchange() {
      assert.equal((await entries()).at(-1)?.result, "signed", "exchanged without a signature");
      return await script.exchange(++counts.exchanges);
    },
  };
  const breaker = (part: string) =>
    createBreaker({ part, clock: time, log, faults: options.faults ?? 100, openMs: 5000 });
  const budget = createSigningBudget({
    clock: time,
    perMinute: options.perMinute ?? 300,
    perTenantHour: options.perTenantHour ?? 60,
    maxTenants: 100,
  });
  const keyNames = Array.from({ length: options.keys ?? 1 }, (_, place) => `key-${place + 1}`);
  const credentials = () =>
    createCredentials({
      keys: keyNames,
      secrets: ["secret"],
      store: stores.credentials,
      ledger,
      clock: time,
      ids,
      log,
    });
  const asking = () =>
    createAsking({
      ledger,
      keys: keyNames.map((name) =>
        createSigning({
          maxAttempts: MAX_SIGN_ATTEMPTS,
          signer: signer(name),
          breaker: breaker(name),
          budget,
          ledger,
          clock: time,
          ids,
          log,
        })
      ),
      exchanges: [exchange],
      credentials: credentials(),
      breaker: breaker("exchange"),
      clock: time,
      exchangeTimeoutMs: 4000,
    });
  const states = createKnownStates({
    states: {
      read() {
        counts.states++;
        return Promise.resolve(script.state());
      },
    },
    clock: time,
    maxTenants: 100,
  });
  const notices: Notice[] = [];
  const announce: Announce = (type, tenant, data) => {
    const notice = {
      id: ids.next(),
      body: noticeBody(type, time.now(), tenant, data),
      at: time.now(),
    };
    notices.push(notice);
    return notice;
  };
  const standings = createStandings({
    tenants: stores.tenants,
    ledger,
    announce,
    clock: time,
    log,
    maxTenants: 100,
  });
  const care = () =>
    createTicketCare({
      tenants: stores.tenants,
      store: stores.tickets,
      states,
      standings,
      clock: time,
      log,
    });
  const exchanging = () =>
    createExchanging({
      standings,
      tickets: stores.tickets,
      asking: asking(),
      exchange,
      states,
      clock: time,
      log,
      ticketLifetimeMs: 21_600_000,
    });
  const ticketsParts: TicketsParts = {
    tenants: stores.tenants,
    store: stores.tickets,
    exchanging: exchanging(),
    care: care(),
    clock: time,
    ids,
    log,
    leaseMs: 15_000,
    waitMs: 19_000,
    credentials: "app",
    renewalShift: 0,
    maxTicketsInMemory: 100,
  };
  const tickets = createTickets(ticketsParts);

  return {
    clock,
    pauses,
    script,
    counts,
    log,
    stores,
    ledger,
    states,
    standings,
    notices,
    tickets,
    entries,
    fail: (reason: SignerFault["reason"], retryable: boolean, retryAfterMs = 0) => {
      throw new SignerFault(reason, { retryable, retryAfterMs });
    },
    consent: (serial = "1234567890", contextIdentifier = TENANT) =>
      stores.tenants.put({
        contextIdentifier,
        companyName: "Example Tenant",
        consentedBy: "admin@example.test",
        consentedAt: clock.now(),
        serial,
        systemUserToken: new Secret("Box Office-AbCdEf1234"),
        webapiUrl: null,
        netserverUrl: null,
      }, null),
    get: (caller: Caller = CALLER) => tickets.get(caller, TENANT, "request-1"),
    /** The tickets of another process on the same store, with a memory of its own. */
    another: (bend: Partial<TicketsParts> = {}) =>
      createTickets({ ...ticketsParts, care: care(), ...bend }),
    /** Those of a process that was just started: it knows nothing of what others asked. */
    anew: () => createTickets({ ...ticketsParts, care: care(), exchanging: exchanging() }),
    close: () => stores.close(),
  };
}
