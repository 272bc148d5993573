/**
 * Upstash's REST client with its defaults undone. Automatic pipelining can hand one caller another
 * caller's result, JSON guessing changes values, blind retries execute twice, a signal object turns
 * a timeout into a miss, and its errors print the command with every argument. Each call here is
 * one request with a deadline, and every failure is a PartFault without anything of the command.
 */

import type { Redis } from "@upstash/redis/cloudflare";
import { once } from "../../domain/once.ts";
import { PartFault } from "../../domain/part_fault.ts";
import type { Secret } from "../../domain/secret.ts";
import { reasonOfText, toFault } from "./upstash_fault.ts";
import { readKey } from "./upstash_read.ts";

/** The few things the stores do with Redis. */
export interface Client {
  /** One plain GET, which a replica may answer: only where an older value does no harm. */
  get(key: string): Promise<string | null>;
  /** Stores text until an instant; a repeat stores the same again. */
  set(key: string, value: string, untilMs: number): Promise<void>;
  /** Runs a script, always on the primary, so it sees every earlier write. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown[]>;
  ping(): Promise<void>;
  close(): void;
}

/** An atomic step. Returns a list whose first item is a word; never `OK`, which base64 breaks. */
export interface Script {
  readonly text: string;
  /** True if sending it twice does no more than sending it once, so a lost reply is asked again. */
  readonly repeatable: boolean;
}

export interface ClientOptions {
  readonly url: string;
  readonly token: Secret;
  /** Deadline of one request; a repeatable call may take twice that. */
  readonly timeoutMs: number;
  /**
   * Upstash then locks a script's keys only, not the database. Other servers that speak its protocol
   * in front of Redis itself refuse the flag before the script runs; then it is left out from there on.
   */
  readonly keyLocking: boolean;
}

/** Redis does not know the key-locking flag; nothing has run. */
class FlagRefused extends Error {}

const KEY_LOCKING = "#!lua flags=allow-key-locking\n";

/** @throws TypeError if the url or the token cannot be one */
export function createClient({ url, token, timeoutMs, keyLocking }: ClientOptions): Client {
  if (!/^https?:\/\/[^\s]+$/.test(url)) throw new TypeError("Cannot use the store: unfit url");
  if (!/^\S+$/.test(token.reveal())) throw new TypeError("Cannot use the store: unfit token");
  // Loaded with the first command that is more than a read.
  const redis = once(() => connect(url, token, timeoutMs));
  let head = keyLocking ? KEY_LOCKING : "";
  let open = true;

  const send = async <T>(command: () => Promise<T>, repeatable: boolean): Promise<T> => {
    if (!open) throw new PartFault("store", "network");
    try {
      return await command();
    } catch (error) {
      if (error instanceof FlagRefused) throw error;
      const fault = toFault(error);
      if (!repeatable || (fault.reason !== "timeout" && fault.reason !== "network")) throw fault;
    }
    return await command().catch((error: unknown) => {
      throw error instanceof FlagRefused ? error : toFault(error);
    });
  };

  return {
    async get(key) {
      return await send(() => readKey({ url, token, timeoutMs }, key), true);
    },
    async set(key, value, untilMs) {
      const answer = await send(
        async () => (await redis.get()).set(key, value, { pxat: untilMs }),
        true,
      );
      if (answer !== "OK") throw new PartFault("store", "protocol");
    },
    async run(script, keys, args) {
      const evaluate = (head: string) =>
        send<unknown>(
          async () => (await redis.get()).eval(head + script.text, [...keys], [...args]),
          script.repeatable,
        );
      // Calls under way at once are refused one by one, so each goes by the head it was sent with.
      const sent = head;
      const answer = await evaluate(sent).catch((error: unknown) => {
        if (!(error instanceof FlagRefused) || sent === "") throw toFault(error);
        head = "";
        return evaluate(head);
      });
      if (!Array.isArray(answer)) throw new PartFault("store", "protocol");
      if (answer[0] === "UNREADABLE") throw new PartFault("store", "unreadable");
      return answer;
    },
    async ping() {
      const answer = await send(async () => (await redis.get()).ping(), true);
      if (answer !== "PONG") throw new PartFault("store", "protocol");
    },
    close() {
      open = false;
    },
  };
}

async function connect(url: string, token: Secret, timeoutMs: number): Promise<Redis> {
  const { Redis } = await import("@upstash/redis/cloudflare");
  const redis = new Redis({
    url,
    token: token.reveal(),
    enableAutoPipelining: false,
    automaticDeserialization: false,
    enableTelemetry: false,
    // `false` would still send twice.
    retry: { retries: 0 },
    // A function: an aborted signal object becomes an answer, and stays aborted.
    signal: () => AbortSignal.timeout(timeoutMs),
  });
  redis.use(async (request, next) => {
    const answer = await next(request).catch((error: unknown) => {
      if (error instanceof Error && isFlagRefusal(error.message)) throw new FlagRefused();
      throw toFault(error);
    });
    // Command errors may come with status 200.
    if (answer.error !== undefined) {
      if (isFlagRefusal(answer.error)) throw new FlagRefused();
      throw new PartFault("store", reasonOfText(answer.error));
    }
    if (answer.result === undefined) throw new PartFault("store", "protocol");
    return answer;
  });
  return redis;
}

/** The words of Redis 7: `ERR Unexpected flag in script shebang: allow-key-locking`. */
function isFlagRefusal(text: unknown): boolean {
  return /^ERR Unexpected flag in script shebang/.test(String(text));
}
