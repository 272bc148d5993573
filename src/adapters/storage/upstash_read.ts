/**
 * One plain GET over Upstash's REST protocol, without its client: it is what a process that has just
 * started does for its first ticket, and loading the client takes longer than the read.
 */

import { PartFault } from "../../domain/part_fault.ts";
import type { Secret } from "../../domain/secret.ts";
import { readJson } from "./upstash_body.ts";
import { reasonOfText, toFault } from "./upstash_fault.ts";

export interface ReadOptions {
  readonly url: string;
  readonly token: Secret;
  /** Deadline of the whole answer. */
  readonly timeoutMs: number;
}

/**
 * Reads a key's text, by way of a replica where there is one.
 *
 * @returns null if there is no such key
 * @throws PartFault `timeout`, `network`, `auth`, `command` or `protocol`
 */
export async function readKey(
  { url, token, timeoutMs }: ReadOptions,
  key: string,
): Promise<string | null> {
  const answer = await post(url, token, timeoutMs, ["GET", key]).catch((error: unknown) => {
    throw toFault(error);
  });
  const { error, result } = Object(answer) as {
    readonly error?: unknown;
    readonly result?: unknown;
  };
  if (error !== undefined) throw new PartFault("store", reasonOfText(error));
  if (result === null || typeof result === "string") return result;
  throw new PartFault("store", "protocol");
}

/** Errors are JSON, too, whatever their status. */
async function post(
  url: string,
  token: Secret,
  timeoutMs: number,
  command: readonly string[],
): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token.reveal()}`, "content-type": "application/json" },
    body: JSON.stringify(command),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return await readJson(answer);
}
