/**
 * Processes of a benchmark: the service as operators start it, and our own helpers, each of which tells
 * its result, or where it listens, as one line of JSON.
 */

import { type Process, startFile, startTask } from "../../tests/support/processes.ts";

export { freePort } from "../../tests/support/processes.ts";

export type Env = Readonly<Record<string, string>>;

/** Something that listens on loopback. */
export interface Listening {
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

/** Starts the service by `deno.json`'s own command line, and waits until it is composed. */
export async function startService(env: Env): Promise<Listening> {
  const service = startTask("start", { env: { PORT: "0", ...env } });
  try {
    const [, port] = await service.line(/^Box Office listens at http:\/\/localhost:(\d+)\/$/);
    return { url: `http://127.0.0.1:${port}`, pid: service.pid, end: service.end };
  } catch (error) {
    await service.end();
    throw error;
  }
}

/** Starts a helper that listens; its first line is `{"port"}`. */
export async function startHelper(file: string, ...args: string[]): Promise<Listening> {
  const helper = startFile(`bench/processes/${file}`, { args });
  try {
    const { port } = await told<{ readonly port: number }>(helper);
    return { url: `http://127.0.0.1:${port}`, pid: helper.pid, end: helper.end };
  } catch (error) {
    await helper.end();
    throw error;
  }
}

/** Runs a helper to its end. @returns its result @throws if it tells none */
export async function runHelper<T>(file: string, ...args: string[]): Promise<T> {
  const helper = startFile(`bench/processes/${file}`, { args });
  try {
    return await told<T>(helper);
  } finally {
    await helper.end();
  }
}

async function told<T>(process: Process): Promise<T> {
  const [line] = await process.line(/^\{.*\}$/);
  return JSON.parse(line);
}
