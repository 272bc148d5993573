/**
 * Loaded before the service in each process of a soak (`--preload`): counts timers that are set, and at
 * SIGUSR2 collects garbage and prints one line of what is left. With `SOAK_PLANT` it leaks on purpose,
 * to show that the soak sees it. Changes nothing else of the service.
 */

interface Collecting {
  gc?(): void;
}

const pending = new Set<unknown>();
const kept: unknown[] = [];
let lines = 0;

/** Counts what a setter sets until it has run once, or is cleared. */
function count(name: "setTimeout" | "setInterval"): void {
  const original = globalThis[name] as typeof setTimeout;
  const counted = (run: unknown, ms?: number, ...args: unknown[]) => {
    const id = original(
      (...given: unknown[]) => {
        if (name === "setTimeout") pending.delete(id);
        if (typeof run === "function") run(...given);
      },
      ms,
      ...args,
    );
    pending.add(id);
    return id;
  };
  Object.assign(globalThis, { [name]: counted });
}

function uncount(name: "clearTimeout" | "clearInterval"): void {
  const original = globalThis[name];
  Object.assign(globalThis, {
    [name]: (id: number) => {
      pending.delete(id);
      original(id);
    },
  });
}

/** One more each second of what must not grow. */
function leak(what: string): void {
  switch (what) {
    case "handles":
      return void kept.push(Deno.openSync("/dev/null"));
    case "sockets":
      return void kept.push(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    case "timers":
      return Deno.unrefTimer(setTimeout(() => {}, 3_600_000));
    case "memory":
      return void kept.push(new Array(131_072).fill(0).map((_, at) => `${at}`));
  }
}

const plant = Deno.env.get("SOAK_PLANT") ?? "";
// Unrefed: what a preloaded module waits for, the service would wait for, too.
if (plant !== "") Deno.unrefTimer(setInterval(() => leak(plant), 1000));
count("setTimeout");
count("setInterval");
uncount("clearTimeout");
uncount("clearInterval");

Deno.addSignalListener("SIGUSR2", () => {
  (globalThis as Collecting).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  const line = { probe: ++lines, timers: pending.size, heap: heapUsed + external };
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
});
