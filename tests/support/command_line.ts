/**
 * Commands of the CLI, one after another in one process that has the CLI's permissions: what takes the
 * most time of a command is its start. For tests of what commands say and do; who tests the process
 * itself has `runTask`.
 */

import { commandOf, type Exit, ownEnvironment, type ProcessOptions } from "./processes.ts";
import { fromFileUrl } from "./paths.ts";

export type { Exit };

/** One command, as it is handed to the process. */
export interface Asked {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

export interface CommandLine {
  /** Runs one command; those that are asked meanwhile wait. @throws Error if the process ends instead */
  run(options: Omit<ProcessOptions, "cwd">): Promise<Exit>;
  end(): Promise<void>;
}

const HOST = fromFileUrl(new URL("command_line_host.ts", import.meta.url));

/** The process starts with the first command. */
export function createCommandLine(): CommandLine {
  let host: ReturnType<typeof startHost> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return {
    run({ args = [], env = {}, input = "" }) {
      host ??= startHost();
      const { ask } = host;
      const exit = last.then(() => ask({ args, env, input }));
      last = exit.catch(() => {});
      return exit;
    },
    async end() {
      await last;
      await host?.end();
    },
  };
}

/** Does something with a command line. */
export async function withCommandLine<T>(work: (line: CommandLine) => Promise<T>): Promise<T> {
  const line = createCommandLine();
  try {
    return await work(line);
  } finally {
    await line.end();
  }
}

function startHost() {
  const args = commandOf("cli").map((arg) => arg.endsWith("/src/cli.ts") ? HOST : arg);
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: fromFileUrl(new URL("../..", import.meta.url)),
    clearEnv: true,
    env: ownEnvironment(),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream() as Decoder).getReader();
  return {
    async ask(asked: Asked): Promise<Exit> {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(asked)}\n`));
      let text = "";
      while (!text.endsWith("\n")) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`Cannot go on: the process ended in ${asked.args.join(" ")}`);
        text += value;
      }
      return JSON.parse(text);
    },
    async end() {
      await writer.close().catch(() => {});
      await child.status;
      await reader.cancel();
    },
  };
}

/** The standard library types the two sides of a decoder too narrowly for `pipeThrough`. */
type Decoder = ReadableWritablePair<string, Uint8Array>;
