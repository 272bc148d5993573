/**
 * The service as a process: reads the environment, listens, drains on a signal. Exit codes: 0 ended
 * by a signal, 2 the environment is not usable.
 */

import { createLateLog } from "./adapters/logging/late_log.ts";
import { compose, type Service } from "./compose.ts";
import { type Config, parseConfig } from "./config.ts";
import type { Problem } from "./config_reader.ts";
import { measuresOf } from "./observed.ts";
import { print } from "./print.ts";
import { systemClock } from "./system.ts";
import type { IdentityToken } from "./domain/google_identity.ts";
import type { Secret } from "./domain/secret.ts";
import type { SuperOfficeSimulator } from "./simulator/superoffice/server.ts";

/** Deno Deploy kills five seconds after its signal; containers usually after ten. */
const DRAIN_MS = 4500;

/** Of that, for what is to be written yet. */
const CLOSE_MS = 1500;

/** Whoever waited for the process to start is heard within this. */
const QUIET_MS = 5;

/** A running service. */
export interface Running {
  readonly publicUrl: URL;
  /** Sandbox only: the generated caller's key, and the simulated SuperOffice. */
  readonly apiKey: Secret | null;
  readonly simulator: SuperOfficeSimulator | null;
  /** Says that it is not ready, and answers on for the configured time. @param hurry ends it */
  leave(hurry: AbortSignal): Promise<void>;
  /** Does what goes on by itself, and stays awake for it: for a platform's scheduled task. */
  tend(): Promise<void>;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

/** Reads the process's environment. Prints every problem and ends the process if there is one. */
export function requireConfig(environment: Environment = Deno.env.toObject()): Config {
  const parsed = parseConfig(environment, readFile, readBytes);
  if (parsed.ok) return parsed.config;
  endFor(parsed.problems);
}

function endFor(problems: readonly Problem[]): never {
  print.error(problemText(problems));
  Deno.exit(2);
}

/** @returns problems as lines, names first */
function problemText(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map(({ name, problem }) => `  ${name} ${problem}`);
  return [`Cannot start: ${count} in the environment`, ...lines].join("\n");
}

function readFile(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

function readBytes(path: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Deno.readFileSync(path);
  } catch {
    return null;
  }
}

/** What the environment cannot hold. */
export interface ServeOptions {
  /** Says who we are, for Google: `getIdToken` on Deno Deploy. See docs/google-credentials.md. */
  readonly identityToken?: IdentityToken;
}

/** Listens and composes the service. */
export async function start(config: Config, options: ServeOptions = {}): Promise<Running> {
  const lines = createLateLog(async () => {
    const { createJsonLog } = await import("./adapters/logging/json_lines.ts");
    return createJsonLog({ level: config.logLevel });
  });
  // Before anything listens: what a request's span is given first stays in it.
  const measures = await measuresOf(config, lines);
  const log = measures?.log(lines) ?? lines;
  const world = { ...options, config, measures, log };
  const ready = Promise.withResolvers<Service>();
  const early = createEarlyAnswers(ready.promise);
  // Listening comes first: only then is a port of 0 known, and the redirect URL depends on it.
  let service: Pick<Service, "fetch"> | null = null;
  const server = Deno.serve(
    { hostname: config.host, port: config.port, onListen: () => {} },
    (request) => service?.fetch(request) ?? early.fetch(request),
  );
  const closers: (() => Promise<void>)[] = [];
  let composed: Service;
  const publicUrl = config.publicUrl ?? new URL(`http://localhost:${server.addr.port}`);
  let apiKey: Secret | null = null;
  let simulator: SuperOfficeSimulator | null = null;
  try {
    let { superoffice, callers } = config;
    if (superoffice === null || callers === null) {
      const sandbox = await import("./sandbox.ts");
      if (superoffice === null) {
        const started = await sandbox.startSandbox(config);
        closers.push(() => started.close());
        ({ superoffice, simulator } = started);
        // As in the Developer Portal: what the simulator's page does to a tenant is pushed to us.
        simulator.control.registerStateChangeUrl(new URL("/v1/state-changes", publicUrl).href);
      }
      if (callers === null) ({ apiKey, callers } = sandbox.sandboxCaller(config));
    }
    composed = await compose({ ...world, publicUrl, superoffice, callers });
    ready.resolve(composed);
    await early.first();
    service = composed;
    await composed.complete();
  } catch (error) {
    ready.reject(error);
    await server.shutdown();
    for (const close of closers) await close();
    await lines.settle();
    throw error;
  }
  log.info("service.started", startOf(config, publicUrl));
  return {
    publicUrl,
    apiKey,
    simulator,
    async leave(hurry) {
      if (config.drainMs === 0) return;
      const { leaving } = await import("./ending.ts");
      service = { fetch: leaving(composed.fetch) };
      log.info("service.leaving");
      await systemClock.sleep(config.drainMs, hurry);
    },
    tend: () => composed.tend(),
    async stop() {
      // Who sends slowly keeps the listener, and must not keep the ledger and its checkpoint.
      await withinMs(server.shutdown(), DRAIN_MS - CLOSE_MS);
      await withinMs(composed.close(), CLOSE_MS);
      for (const close of closers) await close();
      log.info("service.stopped");
      await lines.settle();
    },
  };
}

/** Resolves when the work is done, or when its time is over. */
async function withinMs(work: Promise<unknown>, ms: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  await Promise.race([work, over.promise]);
  clearTimeout(timer);
}

/** For the log. */
function startOf({ environment, store, signing }: Config, publicUrl: URL) {
  return { public_url: publicUrl.href, environment, store: store.kind, signing: signing.kind };
}

/**
 * Answers requests that come before everything is loaded. Whoever waits for a first ticket must not
 * wait for the loading of what that ticket does without.
 */
function createEarlyAnswers(ready: Promise<Service>) {
  ready.catch(() => {});
  const answered = Promise.withResolvers<void>();
  let waiting = 0;
  return {
    async fetch(request: Request): Promise<Response> {
      waiting++;
      try {
        return await (await ready).fetch(request);
      } finally {
        answered.resolve();
      }
    },
    /** Resolves when the first of them is answered; soon if there is none. */
    async first(): Promise<void> {
      // What was sent until now is here after this. The first `setTimeout` of a process takes 6 ms.
      const soon = AbortSignal.timeout(QUIET_MS);
      await new Promise((turn) => soon.addEventListener("abort", turn));
      if (waiting > 0) await answered.promise;
    },
  };
}

function reasonOf(error: unknown, { host, port }: Config): string {
  if (error instanceof Deno.errors.AddrInUse) return `port ${port} on ${host} is in use (PORT)`;
  const { NotFound, AlreadyExists, PermissionDenied, NotCapable, NotADirectory } = Deno.errors;
  const onDisk = [NotFound, AlreadyExists, PermissionDenied, NotCapable, NotADirectory];
  if (onDisk.some((kind) => error instanceof kind)) {
    return "the data directory cannot be used (DATA_DIR)";
  }
  return error instanceof Error ? error.message : "an unknown fault";
}

/** The service as this process's whole purpose, configured by the environment. Ends the process. */
export async function serve(options: ServeOptions = {}): Promise<void> {
  const started = Promise.withResolvers<Running>();
  if ("cron" in Deno) (await import("./schedule.ts")).schedule(started.promise);
  const preflight = Deno.args.length === 0 ? null : await import("./preflight.ts");
  preflight?.readArguments(Deno.args);
  const config = requireConfig();
  if (preflight !== null) {
    const problems = preflight.problemsOf(config, options.identityToken ?? null);
    if (problems.length > 0) endFor(problems);
    print.line("The service could start");
    Deno.exit(0);
  }
  let running: Running;
  try {
    running = await start(config, options);
  } catch (error) {
    print.error(`Cannot start: ${reasonOf(error, config)}`);
    Deno.exit(2);
  }
  started.resolve(running);
  const { endOnSignals } = await import("./ending.ts");
  endOnSignals(running);
  const { announce } = await import("./announce.ts");
  announce(running);
}

if (import.meta.main) await serve();
