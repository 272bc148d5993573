/**
 * What tenants in memory cost: a service is asked once for the ticket of more and more tenants, and its
 * heap is measured after a collection. Beyond the bound of the memory tier the heap must not grow.
 */

import { runHelper } from "./support/children.ts";
import { figure, spread, title } from "./support/report.ts";
import { addStoredTenant, FRESH, putTicket } from "../tests/support/stored_tenants.ts";
import { createWorld } from "./support/world.ts";

const RUNS = 5;
const FIRST_TENANT = 100_000;
/** The memory tier holds 10 000. */
const SIZES = [1_000, 5_000, 10_000, 15_000];

/** Bytes beyond those of the service without any ticket. */
interface Grown {
  readonly heap: number;
  readonly resident: number;
}

export async function memory(): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld("sqlite", "ram");
  ending.defer(world.close);
  for (let number = 0; number < SIZES.at(-1)!; number++) {
    await putTicket(world, await addStoredTenant(world, FIRST_TENANT + number), FRESH);
  }
  const runs: (readonly Grown[])[] = [];
  for (let run = 0; run < RUNS; run++) {
    const task = { env: world.env, apiKey: world.apiKey, first: FIRST_TENANT, sizes: SIZES };
    const told = await runHelper<{ readonly grown: readonly Grown[] }>(
      "memory_probe.ts",
      JSON.stringify(task),
    );
    runs.push(told.grown);
  }
  title(`memory: what tickets in memory cost, ${RUNS} runs`);
  SIZES.forEach((size, at) => {
    const mebibytes = (which: keyof Grown) => runs.map((run) => run[at]![which] / 2 ** 20);
    figure(`${size} tenants asked for: heap`, spread(mebibytes("heap"), 1, "MiB"));
    figure(`${size} tenants asked for: resident`, spread(mebibytes("resident"), 1, "MiB"));
  });
  const ten = SIZES.indexOf(10_000);
  const bytes = runs.map((run) => run[ten]!.heap / 10_000);
  figure("heap for each tenant, up to the bound", spread(bytes, 0, "bytes"));
}
