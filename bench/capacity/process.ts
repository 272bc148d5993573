/** One process of the service for a simulated month: the real use cases, with outer parts that only count. */

import { createHash } from "node:crypto";
import { MAX_SIGN_ATTEMPTS } from "../../src/deadlines.ts";
import { createAsking } from "../../src/usecases/asking.ts";
import { createBreaker } from "../../src/usecases/breaker.ts";
import { createCredentials } from "../../src/usecases/credentials.ts";
import { createExchanging } from "../../src/usecases/exchanging.ts";
import { createKnownStates } from "../../src/usecases/known_states.ts";
import { createLedger } from "../../src/usecases/ledger.ts";
import { createSigning } from "../../src/usecases/signing.ts";
import { createSigningBudget } from "../../src/usecases/signing_budget.ts";
import { createStandings } from "../../src/usecases/tenant_standings.ts";
import { createTicketCare } from "../../src/usecases/ticket_care.ts";
import { createTickets, type Tickets } from "../../src/usecases/tickets.ts";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import { Secret } from "../../src/domain/secret.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What parts outside were asked. */
export interface Counts {
  signatures: number;
  exchanges: number;
  states: number;
}

/** As `src/back_office.ts` wires them, with parts outside that count. */
export function createProcess(
  stores: Stores,
  clock: { now(): number; sleep(): Promise<void> },
  counts: Counts,
  { memory, tenants }: { readonly memory: number; readonly tenants: number },
): Tickets {
  const log = silent;
  const ids = { next: () => createHash("sha256").update(crypto.randomUUID()).digest("base64url") };
  const maxTenants = Math.max(memory, tenants);
  const ledger = createLedger({ store: stores.ledger, clock, ids, log });
  const standings = createStandings({
    tenants: stores.tenants,
    ledger,
    announce: () => null,
    clock,
    log,
    maxTenants,
  });
  const states = createKnownStates({
    states: {
      read() {
        counts.states++;
        const state = { state: "Running", isRunning: true, webapiUrl: null, netserverUrl: null };
        return Promise.resolve({ ...state, validUntil: clock.now() + 24 * 3_600_000 });
      },
    },
    clock,
    maxTenants,
  });
  const key = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1";
  const budget = createSigningBudget({ clock, perMinute: 300, perTenantHour: 240, maxTenants });
  const breaker = (part: string) => createBreaker({ part, clock, log, faults: 5, openMs: 5000 });
  const signer = {
    keyVersion: key,
    sign() {
      counts.signatures++;
      return Promise.resolve({ signature: new Uint8Array(256), keyVersion: key });
    },
  };
  const signing = createSigning({
    maxAttempts: MAX_SIGN_ATTEMPTS,
    signer,
    breaker: breaker(key),
    budget,
    ledger,
    clock,
    ids,
    log,
  });
  const exchange = {
    prepare: () => Promise.resolve(),
    exchange() {
      const address = "https://online4.superoffice.com/Cust10000";
      return Promise.resolve({
        kind: "issued" as const,
        // As long as a real one: 32 hex characters, a number and a tenant in UTF-16 and base64.
        ticket: new Secret(`7T:${String(++counts.exchanges).padStart(140, "A")}`),
        webapiUrl: `${address}/api/`,
        netserverUrl: `${address}/Remote/Services88/`,
      });
    },
  };
  const credentials = createCredentials({
    keys: [key],
    secrets: ["secret"],
    store: stores.credentials,
    ledger,
    clock,
    ids,
    log,
  });
  const asking = createAsking({
    ledger,
    keys: [signing],
    exchanges: [exchange],
    credentials,
    breaker: breaker("exchange"),
    clock,
    exchangeTimeoutMs: 4000,
  });
  const { tickets: store } = stores;
  return createTickets({
    tenants: stores.tenants,
    store,
    exchanging: createExchanging({
      standings,
      tickets: store,
      asking,
      exchange,
      states,
      clock,
      log,
      ticketLifetimeMs: 6 * 3_600_000,
    }),
    care: createTicketCare({ tenants: stores.tenants, store, states, standings, clock, log }),
    clock,
    ids,
    log,
    leaseMs: 15_000,
    waitMs: 19_000,
    credentials: "app",
    renewalShift: 0,
    maxTicketsInMemory: memory,
  });
}
