/**
 * A real redis-server for one test: its own folder, a Unix socket instead of a port, nothing
 * written to disk. Ends with `stop`.
 */

import { isInstalled, requireProgram } from "./requirement.ts";

export interface RedisServer {
  /** Path of the Unix socket. */
  readonly socket: string;
  stop(): Promise<void>;
}

/** True if redis-server is installed. */
export function redisAvailable(): boolean {
  return isInstalled("redis-server");
}

/** How long a start may take on a busy machine. */
const START_MS = 10_000;

/** @throws Error if redis-server is missing or does not come up */
export async function startRedis(): Promise<RedisServer> {
  requireProgram("redis-server");
  const folder = await Deno.makeTempDir({ prefix: "box-office-redis-" });
  const socket = `${folder}/redis.sock`;
  const child = new Deno.Command("redis-server", {
    args: ["--port", "0", "--unixsocket", socket, "--dir", folder, "--logfile", "redis.log"]
      .concat(["--save", "", "--appendonly", "no", "--daemonize", "no"]),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  const status = child.status.then(() => ended = true);
  const stop = async () => {
    if (!ended) child.kill("SIGKILL");
    await status;
    await Deno.remove(folder, { recursive: true });
  };
  const deadline = performance.now() + START_MS;
  while (!await answers(socket)) {
    if (ended || performance.now() > deadline) {
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
