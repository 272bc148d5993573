/**
 * A whole service in a process of its own, without a listener, that reports how its memory grows with
 * the tenants that are asked for.
 *
 *     deno run -A bench/processes/memory_probe.ts '{"env", "apiKey", "first", "sizes"}'
 *
 * Tenants are `Cust` and numbers from `first`; the store has their tickets. Prints one JSON line:
 * `{grown: [{heap, resident}]}`, bytes for each size.
 */

import v8 from "node:v8";
import vm from "node:vm";
import { compose } from "../../src/compose.ts";
import { parseConfig } from "../../src/config.ts";

interface Task {
  readonly env: Readonly<Record<string, string>>;
  readonly apiKey: string;
  readonly first: number;
  readonly sizes: readonly number[];
}

const { env, apiKey, first, sizes }: Task = JSON.parse(Deno.args[0]!);
v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

const parsed = parseConfig(env, () => null);
if (!parsed.ok) throw new Error("Cannot measure: the configuration is refused");
const { config } = parsed;
const nothing = () => {};
const service = await compose({
  config,
  publicUrl: new URL("http://localhost:8000"),
  superoffice: config.superoffice!,
  callers: config.callers!,
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
});

/** @returns where the ticket came from */
async function ask(number: number): Promise<string | null> {
  const answer = await service.fetch(
    new Request(`http://localhost:8000/v1/tenants/Cust${number}/ticket`, {
      headers: { authorization: apiKey },
    }),
  );
  await answer.text();
  if (answer.status !== 200) throw new Error(`Cannot measure: no ticket, ${answer.status}`);
  return answer.headers.get("x-ticket-source");
}

/** Settled: what is under way has ended, and garbage is gone. */
async function measure() {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

// What the first ones bring (code, statements, buffers) is not what a tenant costs: they are asked for
// often, from just behind those that are counted.
const WARM = 200;
for (let again = 0; again < 20; again++) {
  for (let number = 0; number < WARM; number++) await ask(first + number);
}
const before = await measure();
const grown: { readonly heap: number; readonly resident: number }[] = [];
let asked = WARM;
for (const size of sizes) {
  for (; asked < size; asked++) await ask(first + asked);
  const { heap, resident } = await measure();
  // The warm ones were there before: as if they, too, had been counted.
  const part = size / (size - WARM);
  grown.push({ heap: (heap - before.heap) * part, resident: (resident - before.resident) * part });
}
await service.close();
console.log(JSON.stringify({ grown }));
Deno.exit(0);
