/**
 * A real redis-server for one test: its own folder, a Unix socket instead of a port, nothing
 * written to disk. Ends with `stop`.
 */

import { requireProgram } from "./requirement.ts";

export interface RedisServer {
  /** Path of the Unix socket. */
  readonly socket: string;
  stop(): Promise<void>;
}

/** Runs its arguments as a program that ends when we do, however we end. */
const UNTIL_STDIN_ENDS = '"$@" & read -r _; kill -9 $!; wait';

/** How long a start may take on a busy machine. */
const START_MS = 10_000;

/** @throws Error if redis-server is missing or does not come up */
export async function startRedis(): Promise<RedisServer> {
  requireProgram("redis-server");
  const folder = await Deno.makeTempDir({ prefix: "box-office-redis-" });
  const socket = `${folder}/redis.sock`;
  const options = ["--port", "0", "--unixsocket", socket, "--dir", folder]
    .concat(["--logfile", "redis.log", "--save", "", "--appendonly", "no", "--daemonize", "no"]);
  const child = new Deno.Command("sh", {
    args: ["-c", UNTIL_STDIN_ENDS, "sh", "redis-server", ...options],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = async () => {
    await child.stdin.close();
    await child.status;
    await Deno.remove(folder, { recursive: true });
  };
  const deadline = performance.now() + START_MS;
  while (!await answers(socket)) {
    if (performance.now() > deadline) {
      await stop();
      throw new Error("Cannot start redis-server: it does not answer");
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { socket, stop };
}

async function answers(socket: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path: socket })).close();
    return true;
  } catch {
    return false;
  }
}
