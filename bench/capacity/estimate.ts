/**
 * From a simulated sample to a month of so many tenants. Scaled by tenants: calls, exchanges, and the calls
 * of the store that they cause. Scaled by processes: the news that each of them asks for.
 */

import { openSqlite } from "../../src/adapters/storage/sqlite.ts";
import { OWNER, SEALING } from "../../tests/adapters/storage/backends.ts";
import { type Month, simulateMonth } from "./month.ts";
import { kmsMoney, upstashMoney } from "./prices.ts";
import type { PortCost } from "./upstash.ts";

export interface Size {
  readonly tenants: number;
  readonly processes: number;
  /** Whether whatever stands before the processes sends a tenant's calls to always the same one. */
  readonly isRouted: boolean;
}

/** Of the code: `MAX_TENANTS_IN_MEMORY` in `src/compose.ts`. */
const MEMORY = 10_000;

export interface Sample {
  readonly tenants: number;
  readonly days: number;
}

export interface Estimate {
  readonly size: Size;
  readonly calls: number;
  /** Part of the calls that memory answers. */
  readonly fromMemory: number;
  readonly signatures: number;
  readonly exchanges: number;
  readonly states: number;
  readonly commands: number;
  readonly bytes: number;
  readonly ledgerEntries: number;
  readonly ledgerBytes: number;
  readonly kms: number;
  readonly upstash: number;
  /** Signatures and exchanges if each call makes its own, and their price. */
  readonly naive: { readonly signatures: number; readonly kms: number };
}

/** Asked by processes, whether or not anybody calls. */
const NEWS = "tenants.changes";

const SAMPLED_PROCESSES = 2;

const DAYS = 30;

/**
 * Estimates of one sample. A process keeps the same part of it in memory as it would of all tenants.
 * Sizes that come to the same share one simulation.
 */
export function createEstimate(
  sample: Sample,
  costs: ReadonlyMap<string, PortCost>,
): (size: Size) => Promise<Estimate> {
  const months = new Map<string, Month>();
  return async (size) => {
    const { isRouted, tenants, processes } = size;
    const part = Math.min(1, MEMORY * (isRouted ? processes : 1) / tenants);
    const memory = Math.max(1, Math.round(part * sample.tenants));
    const name = JSON.stringify([memory, isRouted]);
    const month = months.get(name) ?? await live(sample, memory, isRouted);
    months.set(name, month);
    return scale(size, sample, month, costs);
  };
}

async function live(sample: Sample, memory: number, isRouted: boolean): Promise<Month> {
  const stores = openSqlite({ path: ":memory:", sealing: SEALING, owner: OWNER });
  try {
    const processes = SAMPLED_PROCESSES;
    return await simulateMonth(stores, { ...sample, processes, memory, isRouted });
  } finally {
    stores.close();
  }
}

function scale(
  size: Size,
  sample: Sample,
  month: Month,
  costs: ReadonlyMap<string, PortCost>,
): Estimate {
  const time = DAYS / sample.days;
  const byTenants = time * size.tenants / sample.tenants;
  const byProcesses = time * size.processes / SAMPLED_PROCESSES;
  let [commands, bytes] = [0, 0];
  for (const [name, count] of month.ports) {
    const cost = costs.get(name);
    if (cost === undefined) throw new Error(`Cannot estimate: what ${name} costs is not measured`);
    const calls = count * (name === NEWS ? byProcesses : byTenants);
    commands += calls * cost.commands / cost.calls;
    bytes += calls * cost.bytes / cost.calls;
  }
  const calls = month.calls * byTenants;
  const signatures = month.signatures * byTenants;
  const ledgerBytes = month.ledgerBytes * byTenants;
  return {
    size,
    calls,
    fromMemory: month.fromMemory / month.calls,
    signatures,
    exchanges: month.exchanges * byTenants,
    states: month.states * byTenants,
    commands,
    bytes,
    ledgerEntries: month.ledgerEntries * byTenants,
    ledgerBytes,
    kms: kmsMoney(signatures, "rsa2048"),
    upstash: upstashMoney(commands, bytes, ledgerBytes),
    naive: { signatures: calls, kms: kmsMoney(calls, "rsa2048") },
  };
}
