/**
 * Benchmarks: `deno task bench` runs them all, `deno task bench hits store` those. Absolute figures
 * depend on the machine; what counts are the ratios, taken pair by pair in the same run. How to read
 * them: docs/performance.md.
 */

import { isInstalled } from "../tests/support/requirement.ts";
import { capacity } from "./capacity.ts";
import { cold } from "./cold.ts";
import { expiry } from "./expiry.ts";
import { hits } from "./hits.ts";
import { ledger } from "./ledger.ts";
import { memory } from "./memory.ts";
import { naive } from "./naive.ts";
import { outage } from "./outage.ts";
import { renewal } from "./renewal.ts";
import { store } from "./store.ts";

interface Bench {
  readonly run: () => Promise<void>;
  /** Asks Upstash, so it takes a redis-server. */
  readonly needsRedis: boolean;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  hits: { run: hits, needsRedis: false },
  store: { run: store, needsRedis: true },
  cold: { run: cold, needsRedis: true },
  expiry: { run: () => expiry(["upstash", "sqlite"]), needsRedis: true },
  renewal: { run: () => renewal(["upstash", "sqlite"]), needsRedis: true },
  outage: { run: outage, needsRedis: true },
  memory: { run: memory, needsRedis: false },
  naive: { run: naive, needsRedis: false },
  ledger: { run: ledger, needsRedis: true },
  capacity: { run: capacity, needsRedis: true },
};

const asked = Deno.args.filter((name) => name !== "--");
const unknown = asked.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  console.error(`Cannot run ${unknown}: the benchmarks are ${Object.keys(BENCHES).join(", ")}`);
  Deno.exit(2);
}

const { arch, os } = Deno.build;
const cores = navigator.hardwareConcurrency;
console.log(`Deno ${Deno.version.deno} on ${os} ${arch}, ${cores} cores. Median (least to most).`);
const began = performance.now();
for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) {
  const { run, needsRedis } = BENCHES[name]!;
  if (needsRedis && !isInstalled("redis-server")) {
    console.log(`\n${name}: not measured, redis-server is not installed`);
  } else await run();
}
console.log(`\nTook ${((performance.now() - began) / 1000).toFixed(0)} s`);
