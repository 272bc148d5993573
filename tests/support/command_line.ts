/**
 * Commands of the CLI, one after another in one process that has the CLI's permissions: what takes the
 * most time of a command is its start. For tests of what commands say and do; who tests the process
 * itself has `runTask`.
 */

import assert from "node:assert/strict";
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
  /** Starts the process; the first command would. */
  start(): void;
  /** Runs one command; those that are asked meanwhile wait. @throws Error if the process ends instead */
  run(options: Omit<ProcessOptions, "cwd">): Promise<Exit>;
  end(): Promise<void>;
}

/** One for all tests of the file that calls this. */
export function sharedCommandLine(): CommandLine {
  const line = createCommandLine();
  Deno.test.beforeAll(line.start);
  Deno.test.afterAll(line.end);
  return line;
}

const HOST = fromFileUrl(new URL("command_line_host.ts", import.meta.url));

/** The process starts with the first command. */
export function createCommandLine(): CommandLine {
  let host: ReturnType<typeof startHost> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const start = () => host ??= startHost();
  return {
    start: () => void start(),
    run({ args = [], env = {}, input = "" }) {
      const { ask } = start();
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

function startHost() {
  const args = commandOf("cli").map((arg) => arg.endsWith("/src/cli.ts") ? HOST : arg);
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: fromFileUrl(new URL("../..", import.meta.url)),
    clearEnv: true,
    env: ownEnvironment(),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // Nothing is read ahead: between two tests nothing may be under way.
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  return {
    async ask(asked: Asked): Promise<Exit> {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(asked)}\n`));
      let text = "";
      while (!text.endsWith("\n")) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`Cannot go on: the process ended in ${asked.args.join(" ")}`);
        text += decoder.decode(value, { stream: true });
      }
      return JSON.parse(text);
    },
    async end() {
      await writer.close().catch(() => {});
      // A command's stderr is in its exit: what passes that by, as a warning of Deno's does, is no command's.
      const said = await new Response(child.stderr).text();
      await child.status;
      await reader.cancel();
      assert.equal(said, "", "what commands said past their stderr");
    },
  };
}
