/**
 * The configured store for commands, opened and let go of. Makes nothing that the service would have
 * made: a folder without a store, or without a store's keys, is refused and stays as it was.
 */

import { createJsonLog } from "../adapters/logging/json_lines.ts";
import type { KmsHost } from "../adapters/signing/kms_host.ts";
import { createWorkerHost } from "../adapters/signing/kms_worker_host.ts";
import type { Stores } from "../adapters/storage/stores.ts";
import { publicUrlOf, requireOwnName } from "./ledger.ts";
import type { Config } from "../config.ts";
import type { Caller, Permission } from "../domain/caller.ts";
import { ContextId } from "../domain/context_id.ts";
import { isUnreadable } from "../domain/part_fault.ts";
import { requireConfig } from "../main.ts";
import { missingKeyFile, openLedger } from "../parts.ts";
import { commandAccess } from "../parts_google.ts";
import { hasStore, missingSealingKey, openStores } from "../parts_stores.ts";
import { systemClock, systemIds } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import { createLedger, type Ledger } from "../usecases/ledger.ts";
import type { LedgerStore, Log } from "../usecases/ports.ts";

export interface OpenedStores {
  readonly config: Config;
  readonly stores: Stores;
}

/** A store that is written to, and the ledger that says so first. */
export interface OpenedBooks extends OpenedStores {
  readonly ledger: Ledger;
  readonly publicUrl: URL;
  readonly host: KmsHost;
  readonly log: Log;
}

/** Reads the configured store. @throws UsageFault if there is none, PartFault if it does not answer */
export async function withStores<T>(deed: (opened: OpenedStores) => Promise<T>): Promise<T> {
  const config = requireConfig();
  requireStore(config, missingSealingKey(config));
  const stores = await openStores(config);
  try {
    return await deed({ config, stores });
  } finally {
    stores.close();
  }
}

/**
 * Does something that goes on record. The service, or the next command that asks, signs
 * its checkpoint.
 *
 * @param watch what sees the ledger being written; nobody if not given
 * @param config the environment's if not given
 */
export async function withBooks<T>(
  deed: (books: OpenedBooks) => Promise<T>,
  watch: (store: LedgerStore) => LedgerStore = (store) => store,
  config: Config = requireConfig(),
): Promise<T> {
  requireStore(config, missingKeyFile(config));
  const publicUrl = publicUrlOf(config);
  const log = createJsonLog({ level: "error" });
  const host = createWorkerHost(commandAccess(config.google));
  const stores = await openStores(config);
  try {
    const { origin, checkpoints } = await openLedger(config, publicUrl, stores, log, host);
    await requireOwnName(stores.ledger, origin);
    const ledger = createLedger({
      store: watch(stores.ledger),
      clock: systemClock,
      ids: systemIds,
      log,
      grown: () => checkpoints.grown(),
    });
    try {
      return await deed({ config, stores, ledger, publicUrl, host, log });
    } finally {
      await ledger.drain();
      await checkpoints.drain();
    }
  } finally {
    host.close();
    stores.close();
  }
}

/** Who acts, in the ledger: whoever may run commands may do all of it. */
export function operator(permission: Permission): Caller {
  return { id: "cli", tenants: new Set(["*"]), permissions: new Set([permission]) };
}

/** @throws UsageFault */
export function requireTenant(text: string): ContextId {
  const tenant = ContextId.parse(text);
  if (tenant !== null) return tenant;
  throw new UsageFault("Cannot use the tenant: it is no context identifier (Cust and digits)");
}

/** @param missing a key file that opening it would make */
function requireStore(config: Config, missing: string | null): void {
  if (!hasStore(config)) throw new UsageFault("Cannot open the store: none under DATA_DIR yet");
  if (missing !== null) throw new UsageFault(`Cannot open the store: no ${missing} under DATA_DIR`);
}

/** @returns what a deed comes to, or `unreadable` where what is stored was sealed under a key that is gone */
export async function readable<T>(deed: Promise<T>): Promise<T | "unreadable"> {
  try {
    return await deed;
  } catch (error) {
    if (isUnreadable(error)) return "unreadable";
    throw error;
  }
}
