/** The command line of a soak. */

export interface SoakOptions {
  /** For how long parts fail and callers call. */
  readonly seconds: number;
  readonly tenants: number;
  readonly processes: number;
  /** Calls per second. */
  readonly rate: number;
  readonly seed: number;
  /** Long enough that callers meet memory, short enough that there are many exchanges. */
  readonly ticketLifetimeSeconds: number;
  /** What is done wrong on purpose; empty: nothing. */
  readonly plant: string;
}

const PLANTS = ["", "handles", "sockets", "timers", "memory", "signature"];

/** @throws Error if it is not understood */
export function readOptions(args: readonly string[]): SoakOptions {
  const given = new Map<string, string>();
  const rest = args.filter((arg) => arg !== "--");
  for (let place = 0; place < rest.length; place += 2) {
    given.set(rest[place]!.replace(/^--/, ""), rest[place + 1] ?? "");
  }
  const number = (name: string, otherwise: number) => {
    const value = Number(given.get(name) ?? otherwise);
    given.delete(name);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new Error(`Cannot soak: --${name} takes a whole number`);
  };
  const plant = given.get("plant") ?? "";
  given.delete("plant");
  if (!PLANTS.includes(plant)) {
    throw new Error(`Cannot soak: --plant is one of ${PLANTS.join(" ")}`);
  }
  const seconds = number("seconds", 600);
  const options = {
    seconds,
    tenants: number("tenants", 500),
    processes: number("processes", 3),
    rate: number("rate", 60),
    seed: number("seed", 1 + Math.floor(Math.random() * 999_999)),
    ticketLifetimeSeconds: number("lifetime", Math.min(90, Math.ceil(seconds / 3))),
    plant,
  };
  const [unknown] = given.keys();
  if (unknown === undefined) return options;
  throw new Error(`Cannot soak: --${unknown} is no option`);
}
