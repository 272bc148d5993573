/**
 * A process that runs one command of the CLI after another: each line on stdin is one, each line on stdout its
 * end. Each has the environment, stdin, stdout, stderr and exit that it would have in a process of its own;
 * what it leaves in memory stays, so who tests that, or signals, runs the command itself.
 */

import { runCli } from "../../src/cli.ts";
import type { Asked, Exit } from "./command_line.ts";

const OWN = Deno.env.toObject();

/** What is left of Deno for a command: what it ends with ends it alone. */
interface Bent {
  exit(code?: number): never;
  stdin: unknown;
}

function setEnvironment(env: Readonly<Record<string, string>>): void {
  const next = { ...OWN, ...env };
  for (const name of Object.keys(Deno.env.toObject())) {
    if (!Object.hasOwn(next, name)) Deno.env.delete(name);
  }
  for (const [name, value] of Object.entries(next)) Deno.env.set(name, value);
}

/** A file that nobody types into. */
function stdinOf(text: string) {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const read = (into: Uint8Array): number | null => {
    if (at === bytes.length) return null;
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    at += part.length;
    return part.length;
  };
  return {
    readable: new Blob([bytes]).stream(),
    isTerminal: () => false,
    readSync: read,
    read: (into: Uint8Array) => Promise.resolve(read(into)),
  };
}

async function run({ args, env, input }: Asked): Promise<Exit> {
  const ended = Promise.withResolvers<number>();
  let isOver = false;
  const gather = (file: { writeSync(bytes: Uint8Array): number }) => {
    const decoder = new TextDecoder();
    let text = "";
    file.writeSync = (bytes) => {
      if (!isOver) text += decoder.decode(bytes, { stream: true });
      return bytes.length;
    };
    return () => text + decoder.decode();
  };
  const stdout = gather(Deno.stdout);
  const stderr = gather(Deno.stderr);
  const bent: Bent = Deno as unknown as Bent;
  Object.defineProperty(bent, "stdin", { value: stdinOf(input), configurable: true });
  bent.exit = (code = 0) => {
    isOver = true;
    ended.resolve(code);
    throw new Error("Cannot go on: the command has ended");
  };
  setEnvironment(env);
  const code = await Promise.race([ended.promise, runCli(args)]);
  isOver = true;
  return {
    code: await Promise.race([ended.promise, code]),
    signal: null,
    stdout: stdout(),
    stderr: stderr(),
  };
}

const answer = Deno.stdout.writeSync.bind(Deno.stdout);

async function serve(): Promise<void> {
  let text = "";
  for await (const part of Deno.stdin.readable.pipeThrough(new TextDecoderStream() as Decoder)) {
    const lines = (text + part).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      let rest = new TextEncoder().encode(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
      while (rest.length > 0) rest = rest.subarray(answer(rest));
    }
  }
}

/** The standard library types the two sides of a decoder too narrowly for `pipeThrough`. */
type Decoder = ReadableWritablePair<string, Uint8Array>;

const exit = Deno.exit;
await serve();
exit(0);
