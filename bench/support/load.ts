/**
 * Requests per second, by `processes/load.ts`. Slots are short and there are many of them: the finer
 * the turns, the less it matters who else uses the machine.
 */

import { runHelper } from "./children.ts";

const SECONDS = 0.4;

/** A slot of as many requests as the server can answer. @returns requests per second */
export async function load(url: string, authorization?: string): Promise<number> {
  const args = [url, String(SECONDS), ...(authorization === undefined ? [] : [authorization])];
  const told = await runHelper<{ readonly requests: number; readonly seconds: number }>(
    "load.ts",
    ...args,
  );
  return told.requests / told.seconds;
}

/**
 * Lets contestants take turns, every other time in reverse. The first turn warms up and is not counted.
 *
 * @returns what each measured, turn by turn: pairs, side by side in time
 */
export async function takeTurns<Name extends string>(
  turns: number,
  contestants: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(contestants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let turn = 0; turn <= turns; turn++) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      const value = await contestants[name]();
      if (turn > 0) measured[name].push(value);
    }
  }
  return measured;
}
