/**
 * What a server gives under all the load that it can take, by `processes/load.ts`. Slots are short and
 * there are many of them: the finer the turns, the less it matters who else uses the machine.
 */

import { type Listening, runHelper } from "./children.ts";

const SECONDS = 0.4;

/** One slot. */
export interface Slot {
  readonly perSecond: number;
  /**
   * Microseconds of processor time, all threads, that the server spent on each request: it says the same
   * on a machine that others use, too. NaN where the system has no `/proc`.
   */
  readonly microseconds: number;
}

/** As many requests as the server can answer, for one slot. */
export async function load(
  { url, pid }: Listening,
  path: string,
  authorization: string,
): Promise<Slot> {
  const before = processorTicks(pid);
  const { requests, seconds } = await runHelper<
    { readonly requests: number; readonly seconds: number }
  >("load.ts", `${url}${path}`, String(SECONDS), authorization);
  const ticks = processorTicks(pid) - before;
  return { perSecond: requests / seconds, microseconds: (ticks * TICK_MICROSECONDS) / requests };
}

/** What Linux counts processor time in, whatever the machine (`man 5 proc`, USER_HZ). */
const TICK_MICROSECONDS = 10_000;

function processorTicks(pid: number): number {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // After the name, which may hold anything, user and system time are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return NaN;
  }
}

/**
 * Lets contestants take turns, every other time in reverse. The first turn warms up and is not counted.
 *
 * @returns what each measured, turn by turn: pairs, side by side in time
 */
export async function takeTurns<Name extends string>(
  turns: number,
  contestants: Readonly<Record<Name, () => Promise<Slot>>>,
): Promise<Readonly<Record<Name, readonly Slot[]>>> {
  const names = Object.keys(contestants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Slot[]
  >;
  for (let turn = 0; turn <= turns; turn++) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      const slot = await contestants[name]();
      if (turn > 0) measured[name].push(slot);
    }
  }
  return measured;
}

/** Requests per second, turn by turn. */
export const ratesOf = (slots: readonly Slot[]) => slots.map(({ perSecond }) => perSecond);

/** Processor time of each request, turn by turn. */
export const costsOf = (slots: readonly Slot[]) => slots.map(({ microseconds }) => microseconds);
