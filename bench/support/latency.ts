/** The other end of `processes/latency.ts`: a stopwatch that is started once and asked often. */

import { startDialogue } from "./dialogue.ts";

/** What to ask, over how many connections, for how long. */
export interface Measurement {
  readonly url: string;
  readonly authorization: string;
  readonly connections: number;
  readonly milliseconds: number;
}

/** Each answer's time, milliseconds. */
export interface Times {
  readonly times: readonly number[];
}

export interface Stopwatch {
  measure(measurement: Measurement): Promise<readonly number[]>;
  end(): Promise<void>;
}

/** Starts the process. */
export function startStopwatch(): Stopwatch {
  const dialogue = startDialogue<Measurement, Times>("latency.ts");
  return {
    measure: async (measurement) => (await dialogue.ask(measurement)).times,
    end: dialogue.end,
  };
}
