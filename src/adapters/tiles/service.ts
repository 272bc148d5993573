/**
 * The tiles of a running service, or of any web server that serves a log as C2SP tlog-tiles. Reads
 * only; follows no redirect; says nothing of what the other side answered.
 */

import { PartFault } from "../../domain/part_fault.ts";
import type { Secret } from "../../domain/secret.ts";
import { maxBytesOf } from "../../domain/tiles.ts";
import type { TileShelf } from "../../usecases/ports.ts";

export interface TileServiceOptions {
  /** The log's address, https or loopback, as `https://tickets.example.com/v1/ledger/`. */
  readonly address: URL;
  /** API key or JWT with `ledger`; null for a public log. */
  readonly credential: Secret | null;
  /** Milliseconds for one answer, to its last byte. */
  readonly timeoutMs: number;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** Tries of one read, the first included. */
const TRIES = 4;
const LONGEST_PAUSE_MS = 60_000;

/** Reads below an address. Its reads fail with PartFault. */
export function createTileService(options: TileServiceOptions): Pick<TileShelf, "read"> {
  const { address, credential, timeoutMs, sleep } = options;
  const headers: Record<string, string> = credential === null
    ? {}
    : { authorization: `Bearer ${credential.reveal()}` };

  const ask = async (path: string): Promise<Response> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(new URL(path, address), { headers, redirect: "manual", signal });
    } catch {
      throw new PartFault("store", signal.aborted ? "timeout" : "network");
    }
  };

  const readOnce = async (path: string) => {
    const answer = await ask(path);
    if (answer.status === 200) return await readWhole(answer, maxBytesOf(path));
    await answer.body?.cancel();
    if (answer.status === 404) return null;
    if (answer.status === 401 || answer.status === 403) throw new PartFault("store", "auth");
    const seconds = Number(answer.headers.get("retry-after") ?? NaN);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, (Number.isFinite(seconds) ? seconds : 1) * 1000);
    throw new PartFault("store", "status", pauseMs);
  };

  return {
    async read(path) {
      for (let tries = 1;; tries++) {
        try {
          return await readOnce(path);
        } catch (error) {
          const isPassing = error instanceof PartFault &&
            (error.reason === "status" || error.reason === "network" || error.reason === "timeout");
          if (!isPassing || tries === TRIES) throw error;
          await sleep(Math.max(error.retryAfterMs, 100 * 2 ** tries));
        }
      }
    },
  };
}

async function readWhole(answer: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      length += chunk.length;
      if (length > maxBytes) throw new PartFault("store", "too_large");
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof PartFault ? error : new PartFault("store", "network");
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
