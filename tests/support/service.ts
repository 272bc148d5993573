/**
 * A whole service over real HTTP for tests: the simulated SuperOffice, optionally the Cloud KMS
 * stand-in, an embedded or a given store, one caller with every permission. Everything it starts ends
 * with `close`.
 */

import { createThreadHost } from "../../src/adapters/signing/kms_host.ts";
import type { Deadlines } from "../../src/deadlines.ts";
import { compose, type Service } from "../../src/compose.ts";
import { type Config, parseConfig } from "../../src/config.ts";
import { createBrowser, type Page } from "../../src/demo_browser.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import type { SuperOfficeSimulator } from "../../src/simulator/superoffice/server.ts";
import type { Clock, Log } from "../../src/usecases/ports.ts";
import { startKms } from "./kms.ts";
import { testKeyPem } from "./test_keys.ts";
import { startVendor } from "./vendor.ts";

export const TENANT = "Cust12345";
export const API_KEY = "bo_test_key_of_the_caller_who_may_do_everything_000000";

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that only remembers. */
export function createMemoryLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (event: string, fields = {}) =>
    void lines.push({ level, event, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const LONG_MS = 30_000;

/** A clock that stands still until moved. Sleeping moves nothing and ends at the next turn. */
export function createTestClock(start = Date.UTC(2026, 10, 22, 12)): Clock & {
  advance(ms: number): void;
} {
  let now = start;
  return {
    now: () => now,
    // Who sleeps for long does it in the background, and ends with the service.
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms < LONG_MS || signal === undefined) setTimeout(resolve, 0);
        else signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    advance(ms) {
      now += ms;
    },
  };
}

/** Google's client is loaded once in a test process. Its worker has tests of its own. */
const sharedThread = createThreadHost();

export interface TestService {
  readonly url: URL;
  readonly simulator: SuperOfficeSimulator;
  readonly kms: CloudKmsSimulator | null;
  readonly log: ReturnType<typeof createMemoryLog>;
  readonly config: Config;
  readonly dataDir: string;
  /** Goes through the whole consent as a browser would. @returns the last page */
  consent(): Promise<Page>;
  /** A call with the test's API key. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** The ledger's entries. */
  entries(): Promise<Record<string, unknown>[]>;
  /** Another instance of the service on the same store and SuperOffice. */
  another(): Promise<{ readonly url: URL; close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface TestServiceOptions {
  /** Environment beyond the defaults; `null` leaves a default out. */
  readonly env?: Readonly<Record<string, string>>;
  /** True: one of its own, which ends with the service. */
  readonly kms?: boolean | CloudKmsSimulator;
  readonly callers?: readonly unknown[];
  readonly clock?: Clock;
  /** Others than the service's; an attempt at a key has 20 s, far from what a busy machine needs. */
  readonly deadlines?: Partial<Deadlines>;
}

/** Starts everything. */
export async function startService(options: TestServiceOptions = {}): Promise<TestService> {
  const dataDir = await Deno.makeTempDir({ prefix: "box-office-test-" });
  const own = options.kms === true ? await startKms() : null;
  const kms = typeof options.kms === "object" ? options.kms : own;
  const clock = options.clock;
  const simulator = await startVendor({
    ...(kms === null ? {} : { publicKeyPem: kms.publicKeyPem() }),
    ...(clock === undefined ? {} : { clock: () => clock.now() }),
  });
  const log = createMemoryLog();
  const parsed = parseConfig(
    {
      PORT: "0",
      DATA_DIR: dataDir,
      EXCHANGE_TIMEOUT_MS: "20000",
      SUPEROFFICE_ENVIRONMENT: "simulator",
      SUPEROFFICE_URL: simulator.url,
      SUPEROFFICE_CLIENT_ID: simulator.clientId,
      SUPEROFFICE_CLIENT_SECRET: simulator.clientSecret,
      CALLERS: JSON.stringify({
        callers: options.callers ?? [{
          id: "everything",
          api_key_sha256: [sha256Hex(API_KEY)],
          tenants: ["*"],
          may: ["ticket", "relay", "tenants", "ledger"],
        }],
      }),
      ...(kms === null ? {} : { KMS_KEY_VERSION: kms.keyVersion, KMS_ENDPOINT: kms.url }),
      ...options.env,
    },
    () => null,
    (path) => Deno.readFileSync(path),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { config } = parsed;
  if (config.signing.kind === "generated") {
    const pem = testKeyPem("signing");
    // Where the service would put the one that it makes.
    await Deno.writeTextFile(`${dataDir}/signing_key.pem`, pem, { mode: 0o600 });
    simulator.control.registerPublicKey(pem);
  }

  const listen = async () => {
    let service: Service | null = null;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => service!.fetch(request),
    );
    const url = new URL(`http://localhost:${server.addr.port}`);
    service = await compose({
      config,
      publicUrl: config.publicUrl ?? url,
      superoffice: config.superoffice!,
      callers: config.callers!,
      log,
      deadlines: { signAttemptMs: 20_000, ...options.deadlines },
      kmsHost: sharedThread,
      renewalShift: 0,
      ...(clock === undefined ? {} : { clock }),
    });
    await service.complete();
    const composed = service;
    return {
      url,
      async close() {
        await server.shutdown();
        await composed.close();
      },
    };
  };
  const first = await listen();

  const call = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${API_KEY}`);
    return fetch(new URL(path, first.url), { ...init, headers });
  };

  return {
    url: first.url,
    simulator,
    kms,
    log,
    config,
    dataDir,
    call,
    async consent() {
      const browser = createBrowser();
      const signIn = await browser.press(await browser.open(first.url), "Connect SuperOffice");
      let page = await browser.press(signIn, "Sign in");
      if (page.text.includes("I approve")) page = await browser.press(page, "I approve");
      return await browser.press(page, "Continue");
    },
    async entries() {
      const text = await (await call("/v1/ledger/entries")).text();
      return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    },
    another: listen,
    async close() {
      await first.close();
      await simulator.close();
      await own?.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** What a command needs to work on the store of this service. */
export function environmentOf(
  { dataDir, url, simulator }: TestService,
): Readonly<Record<string, string>> {
  return {
    DATA_DIR: dataDir,
    PUBLIC_URL: url.origin,
    SUPEROFFICE_ENVIRONMENT: "simulator",
    SUPEROFFICE_URL: simulator.url,
    SUPEROFFICE_CLIENT_ID: simulator.clientId,
    SUPEROFFICE_CLIENT_SECRET: simulator.clientSecret,
  };
}
