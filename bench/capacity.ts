/**
 * What a month costs: signatures, exchanges, commands and bytes at Upstash, growth of the ledger and
 * money, for three numbers of tenants, with the naive way (sign and exchange for each call) beside it.
 * From the real use cases under a virtual clock; docs/capacity.md says what is scaled and what is not.
 */

import { createEstimate, type Estimate, type Sample, type Size } from "./capacity/estimate.ts";
import { kmsMoney } from "./capacity/prices.ts";
import { measurePorts } from "./capacity/upstash.ts";
import { figure, title } from "./support/report.ts";

const SIZES: readonly Size[] = [
  { tenants: 100, processes: 2, isRouted: false },
  { tenants: 10_000, processes: 2, isRouted: false },
  { tenants: 1_000_000, processes: 100, isRouted: false },
  { tenants: 1_000_000, processes: 100, isRouted: true },
];

/** Two whole weeks of one tenant in so many. */
const SAMPLE: Sample = { tenants: 100, days: 14 };

/** Enough that every port is called, with memory for half of the tenants. */
const MEASURED = { tenants: 10, processes: 2, days: 1, memory: 5 };

export async function capacity(): Promise<void> {
  const costs = await measurePorts(MEASURED);
  title("capacity: what one call of a port costs at Upstash (commands, bytes of bodies)");
  for (const [name, { calls, commands, bytes }] of costs) {
    figure(name, `${(commands / calls).toFixed(1)}, ${(bytes / calls).toFixed(0)}`);
  }
  const estimate = createEstimate(SAMPLE, costs);
  for (const size of SIZES) print(await estimate(size));
}

function print(month: Estimate): void {
  const { tenants, processes } = month.size;
  const how = month.size.isRouted ? ", a tenant's calls to always the same" : "";
  title(`capacity: a month of ${whole(tenants)} tenants, ${processes} processes${how}`);
  figure("calls", `${whole(month.calls)}, ${(100 * month.fromMemory).toFixed(1)} % from memory`);
  figure("signatures and exchanges", `${whole(month.signatures)}, ${whole(month.exchanges)}`);
  figure("signatures and exchanges, naive", whole(month.naive.signatures));
  figure("questions for a tenant's state", `at least ${whole(month.states)}`);
  figure("Upstash", `${whole(month.commands)} commands, ${giga(month.bytes)} GB`);
  figure("ledger grows by", `${whole(month.ledgerEntries)} entries, ${giga(month.ledgerBytes)} GB`);
  figure("Cloud KMS, RSA 2048 in an HSM", dollars(month.kms));
  figure("Cloud KMS, RSA 3072 or 4096", dollars(kmsMoney(month.signatures, "rsa3072")));
  figure("Cloud KMS, naive, RSA 2048", dollars(month.naive.kms));
  figure(
    "Cloud KMS, naive, RSA 3072 or 4096",
    dollars(kmsMoney(month.naive.signatures, "rsa3072")),
  );
  figure("Upstash", dollars(month.upstash));
}

const whole = (value: number) => Math.round(value).toLocaleString("en");
const giga = (bytes: number) => (bytes / 1e9).toFixed(3);
const dollars = (value: number) => `$${value.toLocaleString("en", DOLLARS)}`;
const DOLLARS = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
