/**
 * The breakers of a service and what stands behind each: the store, SuperOffice's sign-in, its
 * exchange, each key. Only wires. Probes for `/readyz` are not behind them: they tell what is, and
 * change nothing.
 */

import type { Stores } from "./adapters/storage/stores.ts";
import { type Part, PartFault, type PartFaultReason } from "./domain/part_fault.ts";
import {
  type Breaker,
  createBreaker,
  createGuard,
  type Guard,
  guardPort,
} from "./usecases/breaker.ts";
import type { Measures } from "./usecases/measures.ts";
import type { Clock, Log, Signer } from "./usecases/ports.ts";
import type { Exchange, IdentityProvider, TenantStates } from "./usecases/superoffice_ports.ts";

export interface Guards {
  /** Before every call to the store. */
  readonly store: Guard;
  /** Before the counting of requests, which is nothing that tickets need. */
  readonly usage: Guard;
  /** Before the notices on their way to the operator's webhook, which are nothing tickets need either. */
  readonly notices: Guard;
  /** Before what fetches login keys, and before the redemption of codes. */
  readonly login: Guard;
  readonly exchange: Breaker;
  /** Before one key. */
  key(signer: Signer): Breaker;
}

/** Faults in a row that open a breaker, and for how long it stays open. */
const FAULTS = 5;
const OPEN_MS = 5000;

/** A full disk says so at once and can still be read; an unreadable or moved record was looked for. */
const ANSWERS: ReadonlySet<PartFaultReason> = new Set(["full", "unreadable", "archived"]);

export function createGuards(parts: { readonly clock: Clock; readonly log: Log }): Guards {
  const breaker = (part: string) =>
    createBreaker({ ...parts, part, faults: FAULTS, openMs: OPEN_MS });
  const guard = (name: string, part: Part) =>
    createGuard(breaker(name), {
      isFault: (error) => error instanceof PartFault && !ANSWERS.has(error.reason),
      refused: (waitMs) => new PartFault(part, "breaker_open", waitMs),
    });
  return {
    store: guard("store", "store"),
    usage: guard("usage", "store"),
    notices: guard("notices", "store"),
    login: guard("superoffice_login", "superoffice"),
    exchange: breaker("superoffice_exchange"),
    key: (signer) => breaker(signer.keyVersion),
  };
}

/** The stores behind their guards; their probe is as it was. */
export function guardStores(
  stores: Stores,
  { store, usage, notices }: Pick<Guards, "store" | "usage" | "notices">,
): Stores {
  return {
    tenants: guardPort(stores.tenants, store),
    tickets: guardPort(stores.tickets, store),
    ledger: guardPort(stores.ledger, store),
    consents: guardPort(stores.consents, store),
    credentials: guardPort(stores.credentials, store),
    notices: guardPort(stores.notices, notices),
    usage: stores.usage === null ? null : guardPort(stores.usage, usage),
    probe: stores.probe,
    // Commands have no guards, and only they reseal.
    resealing: stores.resealing,
    close: () => stores.close(),
  };
}

/** The stores with every call to them measured: inside their guards, where only real calls are. */
export function measureStores(stores: Stores, measures: Measures): Stores {
  return {
    ...stores,
    tenants: measures.store("tenants", stores.tenants),
    tickets: measures.ticketStore(stores.tickets),
    ledger: measures.store("ledger", stores.ledger),
    consents: measures.store("consents", stores.consents),
    credentials: measures.store("credentials", stores.credentials),
    notices: measures.store("notices", stores.notices),
    usage: stores.usage === null ? null : measures.store("usage", stores.usage),
  };
}

/** Everything else of it answers from login keys, which have the guard before their fetching. */
export function guardRedemption(identity: IdentityProvider, guard: Guard): IdentityProvider {
  return { ...identity, redeem: (...args) => guard(() => identity.redeem(...args)) };
}

/** The exchange with each of the client secrets, and what is asked before it. */
interface Preparing {
  readonly exchanges: readonly Exchange[];
  readonly states: TenantStates;
}

/**
 * What an exchange begins with, failing at once while there is no way to the exchange itself: its
 * breaker is asked again, and a way taken, when it comes to that.
 */
export function guardPreparation(
  { exchanges, states }: Preparing,
  breaker: Breaker,
): Preparing {
  return {
    exchanges: exchanges.map((exchange) => ({
      async prepare() {
        const waitMs = breaker.waitMs();
        if (waitMs > 0) throw new PartFault("superoffice", "breaker_open", waitMs);
        await exchange.prepare();
      },
      exchange: (...args) => exchange.exchange(...args),
    })),
    states: {
      read: (...args) => breaker.waitMs() > 0 ? Promise.resolve(null) : states.read(...args),
    },
  };
}
