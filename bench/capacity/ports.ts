/** Stores whose ports tell of each call. */

import type { Stores } from "../../src/adapters/storage/stores.ts";

/** Makes the call, and may do something about it. */
export type Watch = <T>(name: string, call: () => Promise<T>) => Promise<T>;

const PORTS = ["tenants", "tickets", "ledger", "credentials"] as const;

/** The same stores; every call of what tickets need goes by `watch` with its name: `tickets.get`. */
export function countPorts(stores: Stores, watch: Watch): Stores {
  const watched = Object.fromEntries(PORTS.map((port) => [
    port,
    Object.fromEntries(
      Object.entries(stores[port]).map(([verb, call]) => [
        verb,
        (...args: unknown[]) => watch(`${port}.${verb}`, () => call(...args)),
      ]),
    ),
  ]));
  return { ...stores, ...watched };
}
