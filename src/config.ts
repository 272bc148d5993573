/**
 * The environment as a configuration: every value checked, every problem reported at once, by name.
 * Pure: gets the environment as a record and files through a function. Never repeats a value of the
 * environment in a problem, because it may be a secret in the wrong place.
 */

import { readAppProfile, type ReadBytes } from "./config_app.ts";
import type { AppProfile } from "./domain/app_profile.ts";
import { type CallerEntry, parseCallers } from "./domain/caller_entry.ts";
import { isKeyName } from "./domain/key_name.ts";
import type { Secret } from "./domain/secret.ts";
import {
  type LedgerKeyConfig,
  readLedgerKey,
  readSealingKeys,
  readSigning,
  type SealingKey,
  type SigningConfig,
} from "./config_keys.ts";
import { type GoogleConfig, readGoogle } from "./config_google.ts";
import { createReader, type Problem, type Reader } from "./config_reader.ts";
import { readWebhook, type WebhookConfig } from "./config_webhooks.ts";

const ENVIRONMENTS = ["sod", "stage", "online", "simulator"] as const;
export type Environment = typeof ENVIRONMENTS[number];

/** SuperOffice's identity origins. The docs' `qastage` is a slip: the stage host is `qaonline`. */
const ORIGINS: Readonly<Record<Exclude<Environment, "simulator">, string>> = {
  sod: "https://sod.superoffice.com",
  stage: "https://qaonline.superoffice.com",
  online: "https://online.superoffice.com",
};

export type StoreConfig =
  | { readonly kind: "upstash"; readonly url: URL; readonly token: Secret }
  | { readonly kind: "sqlite" };

export interface SuperOfficeConfig {
  readonly origin: URL;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** The one that is to follow it, or that went before. Null: none. */
  readonly nextClientSecret: Secret | null;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Null: `http://localhost` at the port that is listened on. */
  readonly publicUrl: URL | null;
  readonly environment: Environment;
  /** Null: the sandbox, with a simulated SuperOffice in this process. */
  readonly superoffice: SuperOfficeConfig | null;
  readonly exchange: "rest" | "soap";
  readonly legacyLogin: boolean;
  readonly signing: SigningConfig;
  readonly google: GoogleConfig;
  readonly store: StoreConfig;
  readonly dataDir: string;
  /** Null: generated under the data directory. */
  readonly sealingKeys: readonly SealingKey[] | null;
  /** Null: one generated caller with every permission (simulator only). */
  readonly callers: readonly CallerEntry[] | null;
  readonly ledgerKey: LedgerKeyConfig;
  /** Null: host of the public URL and `/ledger`. */
  readonly ledgerOrigin: string | null;
  /** Folder that old entries were moved to. Null: none were. */
  readonly ledgerArchive: string | null;
  /** Length of the time in which one canary is signed. Null: none are. */
  readonly canaryMs: number | null;
  readonly ticketLifetimeMs: number;
  readonly exchangeTimeoutMs: number;
  /** Attempts at the key by this process. */
  readonly signaturesPerMinute: number;
  /** Of these, for one tenant. */
  readonly signaturesPerTenantHour: number;
  /** Of all callers for one tenant. Null: no limit. */
  readonly requestsPerTenantMinute: number | null;
  /** Who is told of changes to tenants. Null: nobody is. */
  readonly webhook: WebhookConfig | null;
  /** What tenant administrators are shown of the application. */
  readonly app: AppProfile;
  /** From SIGTERM until nothing new is accepted. */
  readonly drainMs: number;
  readonly logLevel: "debug" | "info" | "warning" | "error" | "off";
}

export type ParsedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Where files are, if nothing is said. */
export const DATA_DIR = "./data";

/** Content of a file, or null if it cannot be read. */
export type ReadFile = (path: string) => string | null;

/**
 * Reads the environment.
 *
 * @param environment names and values; an empty value counts as absent
 * @param readFile used for `CALLERS_FILE` and `SIGNING_KEY_FILE`
 * @param readBytes used for `APP_LOGO_FILE`
 * @returns the configuration, or every problem there is
 */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: ReadFile,
  readBytes: ReadBytes = () => null,
): ParsedConfig {
  const reader = createReader(environment);
  const kind = reader.choice("SUPEROFFICE_ENVIRONMENT", ENVIRONMENTS, "simulator");
  const store = readStore(reader);
  // By name, not by what was read: a bad address must not hide what else is missing.
  const isShared = reader.has("UPSTASH_REDIS_REST_URL") || reader.has("UPSTASH_REDIS_REST_TOKEN");
  const superoffice = readSuperOffice(reader, kind);
  const config: Config = {
    host: readHost(reader),
    port: reader.whole("PORT", 0, 65535, 8000),
    publicUrl: reader.origin("PUBLIC_URL"),
    environment: kind,
    superoffice,
    exchange: reader.choice("SUPEROFFICE_EXCHANGE", ["rest", "soap"], "rest"),
    legacyLogin: reader.choice("SUPEROFFICE_LEGACY_LOGIN", ["off", "on"], "off") === "on",
    signing: readSigning(reader, kind, readFile),
    google: readGoogle(reader),
    store,
    dataDir: reader.text("DATA_DIR") ?? DATA_DIR,
    sealingKeys: readSealingKeys(reader, isShared),
    callers: readCallers(reader, kind, readFile),
    ledgerKey: readLedgerKey(reader, isShared),
    ledgerOrigin: readLedgerOrigin(reader),
    ledgerArchive: reader.text("LEDGER_ARCHIVE"),
    canaryMs: reader.has("CANARY_MINUTES")
      ? reader.whole("CANARY_MINUTES", 1, 10_080, 1) * 60_000
      : null,
    ticketLifetimeMs: reader.whole("TICKET_LIFETIME_SECONDS", 1, 86_400, 21_600) * 1000,
    exchangeTimeoutMs: reader.whole("EXCHANGE_TIMEOUT_MS", 100, 60_000, 4000),
    signaturesPerMinute: reader.whole("SIGNATURES_PER_MINUTE", 1, 100_000, 300),
    signaturesPerTenantHour: reader.whole("SIGNATURES_PER_TENANT_HOUR", 1, 100_000, 240),
    requestsPerTenantMinute: reader.has("REQUESTS_PER_TENANT_MINUTE")
      ? reader.whole("REQUESTS_PER_TENANT_MINUTE", 1, 10_000_000, 1)
      : null,
    webhook: readWebhook(reader),
    app: readAppProfile(reader, readBytes),
    drainMs: reader.whole("DRAIN_SECONDS", 0, 60, 0) * 1000,
    logLevel: reader.choice(
      "LOG_LEVEL",
      ["debug", "info", "warning", "error", "off"],
      "info",
    ),
  };
  return reader.problems.length === 0
    ? { ok: true, config }
    : { ok: false, problems: reader.problems };
}

function readHost(reader: Reader): string {
  const host = reader.text("HOST") ?? "127.0.0.1";
  if (!/^[A-Za-z0-9.:_-]{1,253}$/.test(host)) reader.problem("HOST", "is no host name or address");
  return host;
}

function readSuperOffice(reader: Reader, kind: Environment): SuperOfficeConfig | null {
  const url = reader.origin("SUPEROFFICE_URL");
  const clientId = reader.text("SUPEROFFICE_CLIENT_ID");
  const clientSecret = reader.secret("SUPEROFFICE_CLIENT_SECRET");
  const nextClientSecret = reader.secret("SUPEROFFICE_CLIENT_SECRET_NEXT");
  if (kind === "simulator" && !reader.has("SUPEROFFICE_URL")) return null;
  const why = kind === "simulator" ? "with SUPEROFFICE_URL" : `for ${kind}`;
  if (clientId === null) reader.problem("SUPEROFFICE_CLIENT_ID", `is required ${why}`);
  if (clientSecret === null) reader.problem("SUPEROFFICE_CLIENT_SECRET", `is required ${why}`);
  if (nextClientSecret !== null && nextClientSecret.reveal() === clientSecret?.reveal()) {
    reader.problem("SUPEROFFICE_CLIENT_SECRET_NEXT", "is the same as SUPEROFFICE_CLIENT_SECRET");
  }
  const origin = url ?? (kind === "simulator" ? null : new URL(ORIGINS[kind]));
  if (origin === null || clientId === null || clientSecret === null) return null;
  return { origin, clientId, clientSecret, nextClientSecret };
}

function readStore(reader: Reader): StoreConfig {
  const url = reader.origin("UPSTASH_REDIS_REST_URL");
  const token = reader.secret("UPSTASH_REDIS_REST_TOKEN");
  const hasUrl = reader.has("UPSTASH_REDIS_REST_URL");
  if (hasUrl && token === null) {
    reader.problem("UPSTASH_REDIS_REST_TOKEN", "is required with UPSTASH_REDIS_REST_URL");
  }
  if (!hasUrl && token !== null) {
    reader.problem("UPSTASH_REDIS_REST_URL", "is required with UPSTASH_REDIS_REST_TOKEN");
  }
  if (!hasUrl && token === null && reader.has("DENO_DEPLOYMENT_ID")) {
    reader.problem(
      "UPSTASH_REDIS_REST_URL",
      "is required on Deno Deploy: there is no lasting disk for the embedded store",
    );
  }
  return url !== null && token !== null ? { kind: "upstash", url, token } : { kind: "sqlite" };
}

function readLedgerOrigin(reader: Reader): string | null {
  const origin = reader.text("LEDGER_ORIGIN");
  if (origin !== null && !isKeyName(origin)) {
    reader.problem("LEDGER_ORIGIN", "may not hold white space or a plus sign");
  }
  return origin;
}

function readCallers(
  reader: Reader,
  kind: Environment,
  readFile: ReadFile,
): readonly CallerEntry[] | null {
  const inline = reader.text("CALLERS");
  const file = reader.text("CALLERS_FILE");
  const name = inline === null ? "CALLERS_FILE" : "CALLERS";
  if (inline !== null && file !== null) {
    reader.problem("CALLERS", "excludes CALLERS_FILE: choose one");
    return null;
  }
  if (inline === null && file === null) {
    if (kind === "simulator") return null;
    reader.problem("CALLERS", `or CALLERS_FILE is required for ${kind}`);
    return null;
  }
  const text = inline ?? readFile(file!);
  if (text === null) {
    reader.problem(name, "names a file that cannot be read");
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    reader.problem(name, "is not JSON");
    return null;
  }
  const parsed = parseCallers(value);
  if (parsed.ok) return parsed.entries;
  for (const problem of parsed.problems) reader.problem(name, problem);
  return null;
}
