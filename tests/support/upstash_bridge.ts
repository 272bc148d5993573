/**
 * Upstash's REST protocol in front of a real Redis, for tests and for the demonstration on a
 * laptop: `/`, `/pipeline`, `/multi-exec`, bearer token, base64 replies, sync token, error shapes,
 * and faults on demand. Accepts Upstash's script flag `allow-key-locking`, which Redis does not
 * know, by taking it off. No path commands, no subscriptions.
 *
 * Alone: `deno run -A tests/support/upstash_bridge.ts [--port N] [--token T]` starts a redis-server
 * too and prints one line of JSON, `{"url", "token"}`.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Command, Redis } from "ioredis";
import { startRedis } from "./redis_server.ts";

/** What happens to a request instead of the ordinary. Only `lost`, `slow`, `late` execute it. */
export type Fault =
  | { readonly kind: "unavailable" }
  | { readonly kind: "html" }
  | { readonly kind: "garbage" }
  | { readonly kind: "silent" }
  /** Executed; the connection breaks before the reply is complete. */
  | { readonly kind: "lost" }
  /** Executed; no reply ever. */
  | { readonly kind: "late" }
  | { readonly kind: "slow"; readonly ms: number };

/** How a request with these commands fares; null: well. */
export type Choice = (commands: readonly string[][]) => Fault | null;

export interface Bridge {
  readonly url: string;
  readonly token: string;
  /** Direct access to the Redis behind. */
  readonly redis: Redis;
  /** Commands seen, arguments as text, in order of arrival; refused ones too. */
  readonly seen: string[][];
  /** Requests by outcome: an HTTP status or the kind of a fault. */
  readonly counts: Map<string, number>;
  /** The next requests fare so, one each. */
  next(...faults: Fault[]): void;
  /** Every request fares so, or as is chosen by what it asks for, until null. */
  all(fault: Fault | Choice | null): void;
  /**
   * From now on plain GETs are answered by a copy of this moment, as a replica does that lags. Scripts
   * and everything else go to the source.
   */
  lag(): Promise<void>;
  /** The copy has caught up. */
  catchUp(): void;
  /** Refuses connections until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  close(): Promise<void>;
}

export interface BridgeOptions {
  readonly socket: string;
  readonly port?: number;
  readonly token?: string;
  /** False: scripts reach Redis as they are, which refuses Upstash's own flag. Default true. */
  readonly knowsKeyLocking?: boolean;
}

type Reply = { readonly result: unknown } | { readonly error: string };

/** Starts the bridge in front of the Redis at a Unix socket. Listens on loopback only. */
export function startBridge(
  { socket, port = 0, token = "bridge-token", knowsKeyLocking = true }: BridgeOptions,
): Bridge {
  // Without this ioredis turns the reply into an object.
  Command.setReplyTransformer("hgetall", (reply: unknown) => reply);
  const redis = new Redis({ path: socket, maxRetriesPerRequest: 1 });
  const source = createCaller(redis, knowsKeyLocking);
  let copy: ReadonlyMap<string, string> | null = null;
  const call: Call = async (command) =>
    copy !== null && command[0]?.toLowerCase() === "get"
      ? copy.get(command[1] ?? "") ?? null
      : await source(command);
  const seen: string[][] = [];
  const counts = new Map<string, number>();
  const faults: Fault[] = [];
  let lasting: Fault | Choice | null = null;
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  let clock = 0;
  let closing = Promise.withResolvers<void>();

  const handle = async (request: Request): Promise<Response> => {
    const next = faults.shift();
    const { pathname } = new URL(request.url);
    const body: unknown = await request.json().catch(() => undefined);
    const commands = commandsOf(pathname, body);
    seen.push(...(commands ?? []));
    const always = typeof lasting === "function" ? lasting(commands ?? []) : lasting;
    const fault = next ?? always ?? undefined;
    if (fault !== undefined) {
      count(fault.kind);
      const executes = ["lost", "late", "slow"].includes(fault.kind);
      if (!executes) return misbehave(fault, closing.promise);
    }
    if (request.headers.get("authorization") !== `Bearer ${token}`) {
      return Response.json({ error: "WRONGPASS invalid or missing auth token" }, { status: 401 });
    }
    if (request.method !== "POST") return Response.json({ error: "ERR method" }, { status: 405 });
    if (commands === null) return Response.json({ error: "ERR syntax error" }, { status: 400 });
    const base64 = request.headers.get("upstash-encoding") === "base64";
    const replies = await run(call, pathname, commands, base64);
    if (fault?.kind === "lost" || fault?.kind === "late") return misbehave(fault, closing.promise);
    if (fault?.kind === "slow") await pauseFor(fault.ms);
    const answer = pathname === "/" ? replies[0]! : replies;
    const status = pathname === "/" && "error" in replies[0]! ? 400 : 200;
    return Response.json(answer, { status, headers: { "upstash-sync-token": `s=${++clock}` } });
  };

  const serve = (at: number) =>
    Deno.serve({ hostname: "127.0.0.1", port: at, onListen: () => {} }, async (request) => {
      const response = await handle(request);
      count(String(response.status));
      return response;
    });
  let server: ReturnType<typeof serve> | null = serve(port);
  const bound = server.addr.port;
  const pause = async () => {
    closing.resolve();
    await server?.shutdown();
    server = null;
    closing = Promise.withResolvers<void>();
  };
  return {
    url: `http://127.0.0.1:${bound}`,
    token,
    redis,
    seen,
    counts,
    next: (...more) => void faults.push(...more),
    all: (fault) => void (lasting = fault),
    async lag() {
      copy = await copyOf(redis);
    },
    catchUp: () => void (copy = null),
    pause,
    resume: () => void (server ??= serve(bound)),
    async close() {
      await pause();
      const ended = new Promise((resolve) => redis.once("end", resolve));
      redis.disconnect();
      await ended;
    },
  };
}

/** Every text that there is, by key. */
async function copyOf(redis: Redis): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const key of await redis.keys("*")) {
    if (await redis.type(key) === "string") texts.set(key, (await redis.get(key)) ?? "");
  }
  return texts;
}

type Call = (command: readonly string[]) => Promise<unknown>;

/** Sends commands; scripts without the flag line, also when they are called by their SHA-1. */
function createCaller(redis: Redis, knowsKeyLocking: boolean): Call {
  const stripped = new Map<string, string>();
  const strip = (script: string): string => {
    if (!knowsKeyLocking) return script;
    const plain = script.replace(/^#!lua flags=allow-key-locking\r?\n/, "");
    if (plain !== script) stripped.set(sha1(script), sha1(plain));
    return plain;
  };
  return async (command) => {
    const [name = "", first = "", ...rest] = command;
    const verb = name.toLowerCase();
    if (verb === "eval" || verb === "eval_ro") {
      return await redis.callBuffer(name, strip(first), ...rest);
    }
    if (verb === "evalsha" || verb === "evalsha_ro") {
      return await redis.callBuffer(name, stripped.get(first) ?? first, ...rest);
    }
    if (verb === "script" && first.toLowerCase() === "load") {
      await redis.callBuffer(name, first, strip(rest[0] ?? ""));
      return sha1(rest[0] ?? "");
    }
    return await redis.callBuffer(name, ...command.slice(1));
  };
}

/** Runs what one request asks for. Called in one tick, commands reach Redis side by side. */
async function run(
  call: Call,
  pathname: string,
  commands: readonly string[][],
  base64: boolean,
): Promise<Reply[]> {
  if (pathname !== "/multi-exec") {
    return await Promise.all(commands.map(async (command) => {
      try {
        return { result: encode(await call(command), base64, true) };
      } catch (error) {
        return { error: textOf(error) };
      }
    }));
  }
  const queued = [["MULTI"], ...commands].map((command) => call(command).catch(() => {}));
  const results = await call(["EXEC"]).catch((error: unknown) => [error]);
  await Promise.all(queued);
  return (results as unknown[]).map((result) =>
    result instanceof Error ? { error: textOf(result) } : { result: encode(result, base64, true) }
  );
}

/** @returns null if the body is not what the path takes */
function commandsOf(pathname: string, body: unknown): string[][] | null {
  if (!["/", "/pipeline", "/multi-exec"].includes(pathname)) return null;
  const commands: unknown = pathname === "/" ? [body] : body;
  if (!Array.isArray(commands) || !commands.every((one) => Array.isArray(one) && one.length > 0)) {
    return null;
  }
  return commands.map((command: unknown[]) =>
    command.map((part) => typeof part === "string" ? part : JSON.stringify(part))
  );
}

/** In base64 every string is encoded but an `OK` that is the whole reply. */
function encode(value: unknown, base64: boolean, whole: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => encode(item, base64, false));
  if (!Buffer.isBuffer(value) && typeof value !== "string") return value;
  const bytes = Buffer.from(value as string);
  if (!base64 || (whole && bytes.toString() === "OK")) return bytes.toString();
  return bytes.toString("base64");
}

/** Answers as a broken service does. */
async function misbehave(fault: Fault, closing: Promise<void>): Promise<Response> {
  switch (fault.kind) {
    case "unavailable":
      return new Response("upstream connect error", { status: 503 });
    case "html":
      return new Response("<html>error code: 1016</html>", {
        headers: { "content-type": "text/html" },
      });
    case "garbage":
      return new Response('{"result":', { headers: { "content-type": "application/json" } });
    case "lost":
      return new Response(brokenBody(), { headers: { "content-type": "application/json" } });
    default:
      await closing;
      return new Response(null, { status: 503 });
  }
}

function brokenBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const error = new Error("connection broken on purpose");
      // The server prints it; one line is enough.
      error.stack = `bridge: ${error.message}`;
      controller.error(error);
    },
  });
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "ERR unknown";
}

function sha1(text: string): string {
  return createHash("sha1").update(text, "utf8").digest("hex");
}

function argument(name: string): string | undefined {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
}

async function main(): Promise<void> {
  const server = await startRedis();
  const bridge = startBridge({
    socket: server.socket,
    port: Number(argument("port") ?? 0),
    token: argument("token") ?? crypto.randomUUID(),
  });
  const line = JSON.stringify({ url: bridge.url, token: bridge.token }) + "\n";
  await Deno.stdout.write(new TextEncoder().encode(line));
  const stop = async () => {
    await bridge.close();
    await server.stop();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
}

if (import.meta.main) await main();
