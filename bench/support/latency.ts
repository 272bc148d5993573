/** The other end of `processes/latency.ts`: a stopwatch that is started once and asked often. */

import { fromFileUrl } from "../../tests/support/paths.ts";

/** What to ask, over how many connections, for how long. */
export interface Measurement {
  readonly url: string;
  readonly authorization: string;
  readonly connections: number;
  readonly milliseconds: number;
}

export interface Stopwatch {
  /** @returns each answer's time, milliseconds */
  measure(measurement: Measurement): Promise<readonly number[]>;
  end(): Promise<void>;
}

const FILE = fromFileUrl(new URL("../processes/latency.ts", import.meta.url));

/** Starts the process. */
export function startStopwatch(): Stopwatch {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net", FILE],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async measure(measurement) {
      await input.write(new TextEncoder().encode(`${JSON.stringify(measurement)}\n`));
      while (!text.includes("\n")) {
        const { value, done } = await output.read();
        if (done) throw new Error("Cannot measure: the stopwatch ended");
        text += value;
      }
      const end = text.indexOf("\n");
      const { times } = JSON.parse(text.slice(0, end)) as { readonly times: readonly number[] };
      text = text.slice(end + 1);
      return times;
    },
    async end() {
      await input.close();
      await output.cancel();
      await child.status;
    },
  };
}
