/** Programs as a developer would start them: their own command line, folder and environment. */

/** How long a program may take for all that a test wants of it, on a busy machine. */
const DEADLINE_MS = 60_000;

export interface RunningProgram {
  /** What came out so far, standard output and errors in the order of their arrival. */
  text(): string;
  /** Waits until something fits. @throws Error if the program ends without */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: Deno.Signal): void;
  /** @returns its exit code, when all that it said is there */
  exit(): Promise<number>;
  /** For `finally`: ends it, if it has not ended. */
  end(): Promise<void>;
}

export function startProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): RunningProgram {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  let more = Promise.withResolvers<void>();
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const piece of stream) {
      text += decoder.decode(piece, { stream: true });
      more.resolve();
      more = Promise.withResolvers();
    }
  };
  // A program that hangs is a failure, and not the end of all tests.
  const patience = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  let hasEnded = false;
  const ended = Promise.all([child.status, read(child.stdout), read(child.stderr)])
    .then(([{ code }]) => {
      clearTimeout(patience);
      hasEnded = true;
      more.resolve();
      return code;
    });
  return {
    text: () => text,
    async said(pattern) {
      while (true) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        if (hasEnded) throw new Error(`Cannot go on: ${pattern} was not said\n${text}`);
        await more.promise;
      }
    },
    kill: (signal) => child.kill(signal),
    exit: () => ended,
    async end() {
      try {
        if (!hasEnded) child.kill("SIGKILL");
      } catch {
        // It ended between the question and the signal.
      }
      await ended;
    },
  };
}
