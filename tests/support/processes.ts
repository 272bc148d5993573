/**
 * Child processes for tests: the very command lines of `deno.json`'s tasks, their output line by line,
 * and an end that is certain. Nothing here waits for a time; it waits for a line, an exit or a deadline.
 */

import { fromFileUrl } from "./paths.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

/** How long a process may take to say or do what a test waits for, on a busy machine. */
const DEADLINE_MS = 90_000;

/** How long a process may take to end by itself; a helper that is killed leaves its own children. */
const END_MS = 6_000;

export type Task = "start" | "demo" | "simulator" | "cli";

export interface ProcessOptions {
  readonly args?: readonly string[];
  /** All of the environment, but for what Deno needs to find its cache. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the repository. */
  readonly cwd?: string;
  /** All of standard input. Default: there is none. */
  readonly input?: string;
  /** Another Deno than the one that runs the tests. */
  readonly program?: string;
  /** More of `deno run`'s own options. */
  readonly flags?: readonly string[];
}

export interface Exit {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Process {
  readonly pid: number;
  /** Waits for a line on stdout that fits. @returns its match */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for a line on stderr that fits. @returns its match */
  message(pattern: RegExp): Promise<RegExpExecArray>;
  /** What stderr holds by now. */
  messages(): string;
  kill(signal: Deno.Signal): void;
  exit(): Promise<Exit>;
  /** Ends the process, with a signal that it may heed, then with one that it cannot. For `finally`. */
  end(): Promise<void>;
}

/** The command line of a task, as `deno.json` has it, with paths that hold in any folder. */
export function commandOf(task: Task): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)) as {
    readonly tasks: Readonly<Record<Task, { readonly command: string }>>;
  };
  const [program, ...args] = tasks[task].command.split(" ");
  if (program !== "deno") throw new Error(`Cannot run task ${task}: it does not begin with deno`);
  return args.map((arg) => /^src\/\S+\.ts$/.test(arg) ? `${ROOT}${arg}` : arg);
}

/** Starts a task's command. */
export function startTask(task: Task, options: ProcessOptions = {}): Process {
  const [run = "run", ...rest] = commandOf(task);
  return start([run, ...options.flags ?? [], ...rest, ...options.args ?? []], options);
}

/** Runs a task's command to its end. */
export async function runTask(task: Task, options: ProcessOptions = {}): Promise<Exit> {
  const process = startTask(task, options);
  try {
    return await process.exit();
  } finally {
    await process.end();
  }
}

/** Starts a file of this repository with every permission, for helpers of tests. */
export function startFile(path: string, options: ProcessOptions = {}): Process {
  return start(["run", "--no-prompt", "-A", `${ROOT}${path}`, ...options.args ?? []], options);
}

function start(args: readonly string[], options: ProcessOptions): Process {
  const { env = {}, cwd = ROOT, input, program = Deno.execPath() } = options;
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    clearEnv: true,
    env: { ...ownEnvironment(), ...env },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Who ends without reading it all does no harm.
  if (input !== undefined) void new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const stdout = read(child.stdout);
  const stderr = read(child.stderr);
  const exited = Promise.all([child.status, stdout.ended, stderr.ended]).then(([status]) => ({
    code: status.code,
    signal: status.signal,
    stdout: stdout.text(),
    stderr: stderr.text(),
  }));
  let isEnded = false;
  exited.then(() => isEnded = true, () => isEnded = true);
  const kill = (signal: Deno.Signal) => {
    if (!isEnded) child.kill(signal);
  };
  const waitFor = async (output: Output, pattern: RegExp) => {
    const found = await before(output.find(pattern), `${pattern} is not said`, stderr.text);
    if (found !== null) return found;
    throw new Error(`Cannot go on: the process ended without ${pattern}\n${stderr.text()}`);
  };
  return {
    pid: child.pid,
    line: (pattern) => waitFor(stdout, pattern),
    message: (pattern) => waitFor(stderr, pattern),
    messages: stderr.text,
    kill,
    exit: () => before(exited, "the process does not end", stderr.text),
    async end() {
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        try {
          kill(signal);
        } catch {
          // It ended between the question and the signal.
        }
        let timer: ReturnType<typeof setTimeout> | undefined;
        const patience = new Promise<void>((done) => timer = setTimeout(done, END_MS));
        await Promise.race([exited, signal === "SIGTERM" ? patience : exited]);
        clearTimeout(timer);
      }
    },
  };
}

/** What a Deno without any environment needs to find what it has downloaded, and nothing else. */
export function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "PATH"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

interface Output {
  text(): string;
  /** The first whole line that fits, now or later; null if the stream ends without. */
  find(pattern: RegExp): Promise<RegExpExecArray | null>;
  readonly ended: Promise<void>;
}

function read(stream: ReadableStream<Uint8Array>): Output {
  let text = "";
  let hasEnded = false;
  let next = Promise.withResolvers<void>();
  const wake = () => {
    next.resolve();
    next = Promise.withResolvers();
  };
  const ended = (async () => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream() as Decoder)) {
      text += chunk;
      wake();
    }
    hasEnded = true;
    wake();
  })();
  return {
    text: () => text,
    ended,
    async find(pattern) {
      while (true) {
        const lines = text.split("\n");
        const whole = hasEnded ? lines : lines.slice(0, -1);
        for (const line of whole) {
          const found = pattern.exec(line);
          if (found !== null) return found;
        }
        if (hasEnded) return null;
        await next.promise;
      }
    },
  };
}

/** The standard library types the two sides of a decoder too narrowly for `pipeThrough`. */
type Decoder = ReadableWritablePair<string, Uint8Array>;

async function before<T>(promise: Promise<T>, what: string, detail: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Cannot go on: ${what} in ${DEADLINE_MS} ms\n${detail()}`)),
      DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until the answer is not null. @throws when the deadline has passed */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null> | T | null,
): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  while (true) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`Cannot go on: ${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
