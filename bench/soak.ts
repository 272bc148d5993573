/**
 * A soak: processes of the service on one Redis, steady callers, every fault of `docs/operating.md` in a
 * random order. Afterwards nobody has a wrong ticket, the ledger verifies and explains every signature,
 * and memory, timers, sockets and files are what they were. Ends with 1 and the reasons if not.
 *
 * `deno task soak [--seconds 600] [--tenants 500] [--processes 3] [--rate 60] [--seed N]`; a seed
 * repeats faults and callers, as far as time allows. `--plant handles|sockets|timers|memory|signature`
 * does wrong on purpose.
 */

import type { ContextId } from "../src/domain/context_id.ts";
import { type Callers, createCallers } from "./soak/callers.ts";
import { type Evidence, examine } from "./soak/evidence.ts";
import { faultsOf, planOf, type Turn } from "./soak/faults.ts";
import { readOptions, type SoakOptions } from "./soak/options.ts";
import { createChance } from "./soak/random.ts";
import { createSampler, grownBetween, growthOf, type Sample, tenthsOf } from "./soak/samples.ts";
import { systemClock } from "../src/system.ts";
import { createSoakWorld, type SoakWorld } from "./soak/world.ts";

/** Tenants that SuperOffice refuses for a while. */
const REFUSED_TENANTS = 10;

/** Between two samples. */
const SAMPLE_MS = 2000;

/** A refusal is remembered for a minute, a lease lasts less; a busy machine adds to it. */
const HEALED_MS = 100_000;

/** What goes on behind answers is over after this. */
const SETTLED_MS = 4000;

/** Who does not let go of a connection by then uses it. */
const TIDIED_MS = 5000;

/** Timers of what was asked last are due by then. */
const RESTED_MS = 60_000;

/** Growth that is none: what the main isolate holds, and the whole process, in a long run. */
const FLAT_PART = 0.05;

/** In a short one the engine is still compiling, and there are few samples. */
const SHORT_SECONDS = 300;
const SHORT_PART = 0.25;

interface Outcome {
  readonly wrongs: readonly string[];
  /** In figures, on one line. */
  readonly figures: string;
}

async function soak(options: SoakOptions): Promise<Outcome> {
  await using ending = new AsyncDisposableStack();
  const world = await createSoakWorld(options, ending);
  const refused = new Set(world.tenants.slice(0, REFUSED_TENANTS));
  const callers = createCallers(world, refused);
  const samplers = world.services.map(({ process }) => createSampler(process));
  const sample = () => Promise.all(samplers.map((take) => take()));
  const wrongs = await requireAll(callers, "before the faults");
  if (wrongs.length > 0) return { wrongs, figures: "" };
  const rest = () => tidy(world, callers);
  const before = await rested(rest, sample, null);
  say(`at rest: ${textOf(before)}`);

  const began = performance.now();
  const samples = await stress(world, callers, sample, options, refused);
  wrongs.push(...await requireAll(callers, "after the faults"));
  say(`healed after ${seconds(began)} s`);
  const after = await rested(rest, sample, before);
  say(`at rest again after ${seconds(began)} s: ${textOf(after)}`);
  wrongs.push(...callers.wrongs);
  for (const [place, one] of after.entries()) {
    wrongs.push(...grownBetween(before[place]!, one).map((it) => `process ${place + 1}: ${it}`));
    wrongs.push(...memoryOf(samples.map((all) => all[place]!), options, place));
  }
  if (options.plant === "signature") await signAlone(world);
  const evidence = await examine(world, callers.given);
  wrongs.push(...evidence.wrongs);
  say(`answers: ${JSON.stringify(Object.fromEntries(callers.answers))}`);
  return { wrongs, figures: figuresOf(callers, evidence, samples) };
}

function figuresOf({ answers, given }: Callers, evidence: Evidence, samples: Sample[][]): string {
  const count = [...answers.values()].reduce((sum, one) => sum + one, 0);
  const most = (of: "heap" | "resident") =>
    percent(
      Math.max(
        ...samples[0]!.map((_, place) => growthOf(samples.map((all) => all[place]!), of).part),
      ),
    );
  return [
    `${count} answers (${answers.get("200")} with a ticket)`,
    `${given.size} tickets`,
    `${evidence.entries} ledger entries`,
    `${evidence.matched} signatures matched`,
    `heap ${most("heap")}, resident ${most("resident")} at most`,
  ].join(", ");
}

/** The time that counts. @returns what all processes held, every two seconds */
async function stress(
  world: SoakWorld,
  callers: Callers,
  sample: () => Promise<Sample[]>,
  options: SoakOptions,
  refused: ReadonlySet<ContextId>,
): Promise<Sample[][]> {
  const chance = createChance(options.seed);
  const plan = planOf(chance, faultsOf([...refused]), options.seconds * 1000);
  const stop = new AbortController();
  const calling = callers.run(options.rate, createChance(options.seed + 1), stop.signal);
  const samples: Sample[][] = [];
  const sampling = (async () => {
    while (!stop.signal.aborted) {
      samples.push(await sample());
      // What the bridge remembers is for tests to look at.
      world.upstash.seen.length = 0;
      await systemClock.sleep(SAMPLE_MS);
    }
  })();
  try {
    for (const turn of plan) await fail(world, turn);
  } finally {
    stop.abort();
    await Promise.all([calling, sampling]);
  }
  return samples;
}

async function fail(world: SoakWorld, { fault, calmMs, lastsMs }: Turn): Promise<void> {
  await systemClock.sleep(calmMs);
  say(`${fault.name}, ${(lastsMs / 1000).toFixed(1)} s`);
  await fault.arm(world);
  await systemClock.sleep(lastsMs);
  await fault.lift(world);
}

async function requireAll(callers: Callers, when: string): Promise<string[]> {
  const without = await callers.requireAll(HEALED_MS);
  return without.length === 0 ? [] : [`${when} ${without.join(", ")} got no ticket`];
}

/** Nobody calls, and connections that are kept for later are let go of: those in use are not. */
async function tidy({ upstash, gate, kmsGate }: SoakWorld, callers: Callers): Promise<void> {
  await callers.leave();
  const closed = Promise.all([upstash.pause(), gate.tidy(), kmsGate.tidy()]);
  await Promise.race([closed, systemClock.sleep(TIDIED_MS)]);
  upstash.resume();
}

/** Waits until nothing is more than it was, as long as may be. */
async function rested(
  rest: () => Promise<void>,
  sample: () => Promise<Sample[]>,
  before: readonly Sample[] | null,
): Promise<Sample[]> {
  await systemClock.sleep(SETTLED_MS);
  const deadline = performance.now() + RESTED_MS;
  while (true) {
    // Every time: what asks for news now and then connects again.
    await rest();
    await systemClock.sleep(1000);
    const now = await sample();
    const isRested = now.every((one, place) =>
      grownBetween(before?.[place] ?? one, one).length === 0
    );
    if (isRested || performance.now() > deadline) return now;
  }
}

function memoryOf(samples: readonly Sample[], { seconds }: SoakOptions, place: number): string[] {
  const most = seconds < SHORT_SECONDS ? SHORT_PART : FLAT_PART;
  return (["heap", "resident"] as const).flatMap((of) => {
    const { first, last, part } = growthOf(samples, of);
    const text = `process ${place + 1}: ${of} ${mega(first)} to ${mega(last)} MB (${
      percent(part)
    })`;
    say(`${text}; by tenths ${tenthsOf(samples, of).map(mega).join(" ")}`);
    return part > most ? [text] : [];
  });
}

/** A signature that no ledger has. */
async function signAlone({ kms }: SoakWorld): Promise<void> {
  const digest = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  const answer = await fetch(`${kms.url}/v1/${kms.keyVersion}:asymmetricSign`, {
    method: "POST",
    body: JSON.stringify({ digest: { sha256: digest } }),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`Cannot plant a signature: ${answer.status}`);
}

const mega = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const percent = (part: number) => `${part < 0 ? "" : "+"}${(100 * part).toFixed(1)} %`;
const seconds = (began: number) => ((performance.now() - began) / 1000).toFixed(0);
const say = (text: string) => console.log(`soak: ${text}`);

const textOf = (samples: readonly Sample[]) =>
  samples.map(({ timers, sockets, files, heap, resident }) =>
    `${timers} timers ${sockets} sockets ${files} files ${mega(heap)}/${mega(resident)} MB`
  ).join("; ");

const options = readOptions(Deno.args);
say(
  `${options.seconds} s, ${options.processes} processes, ${options.tenants} tenants, seed ${options.seed}`,
);
const { wrongs, figures } = await soak(options);
for (const wrong of new Set(wrongs)) console.error(`soak: wrong: ${wrong}`);
say(
  `${
    wrongs.length === 0 ? "ok" : "FAILED"
  }, seed ${options.seed}, ${options.seconds} s: ${figures}`,
);
Deno.exit(wrongs.length === 0 ? 0 : 1);
