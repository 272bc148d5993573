/**
 * Processes of the service on one real Redis, many callers at each. SuperOffice, Cloud KMS and Upstash's
 * protocol are in the test's own process: they count what reaches them, and fail on demand.
 */

import assert from "node:assert/strict";
import { generateApiKey } from "../../src/adapters/callers/api_keys.ts";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import { type Config, parseConfig } from "../../src/config.ts";
import type { ContextId } from "../../src/domain/context_id.ts";
import { openStores } from "../../src/parts_stores.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import type { SuperOfficeSimulator } from "../../src/simulator/superoffice/server.ts";
import { type Process, startTask } from "./processes.ts";
import { pathOf } from "./stored_tenants.ts";
import { withBridge } from "../adapters/storage/backends.ts";
import { startKms } from "./kms.ts";
import type { Bridge } from "./upstash_bridge.ts";
import { startVendor } from "./vendor.ts";

/** Callers at each process. */
export const CALLERS = 50;

/** What a caller is given in the end. */
export interface Given {
  readonly ticket: string;
  readonly generation: number;
  /** How long it took, refusals that may be tried again included. Milliseconds. */
  readonly ms: number;
}

export interface Crowd {
  readonly superoffice: SuperOfficeSimulator;
  readonly kms: CloudKmsSimulator;
  readonly upstash: Bridge;
  readonly config: Config;
  /** The services' own store, to put tenants and tickets there. */
  readonly stores: Stores;
  readonly services: readonly { readonly url: string; readonly process: Process }[];
  /** The callers' credential: `Bearer …`. */
  readonly authorization: string;
  /** One caller. Tries again what is refused for a moment, as callers do. */
  ask(url: string, tenant: ContextId, rejected?: number): Promise<Given>;
  /** Fifty callers at each of these processes, all at once. */
  askAll(urls: readonly string[], tenant: ContextId, rejected?: number): Promise<Given[]>;
  /** What has reached SuperOffice and the key. */
  counts(): { readonly exchanges: number; readonly signatures: number };
}

/** What the services' environment is made of. */
export type Surroundings = Pick<Crowd, "superoffice" | "kms">;

/**
 * Runs work with so many processes, then ends everything.
 *
 * @param bend what is set besides, or otherwise
 */
export async function withCrowd(
  processes: number,
  work: (crowd: Crowd) => Promise<void>,
  bend: (around: Surroundings) => Promise<Record<string, string>> = () => Promise.resolve({}),
): Promise<void> {
  await withBridge(async (upstash) => {
    await using ending = new AsyncDisposableStack();
    const kms = await startKms();
    ending.defer(kms.close);
    const superoffice = await startVendor({ publicKeyPem: kms.publicKeyPem() });
    ending.defer(superoffice.close);
    const { key, digest } = generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));
    const env = {
      ...environment({ kms, superoffice, upstash, digest }),
      ...await bend({ kms, superoffice }),
    };
    const parsed = parseConfig(env, () => null);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const stores = await openStores(parsed.config);
    ending.defer(() => Promise.resolve(stores.close()));
    const started = Array.from({ length: processes }, () => startTask("start", { env }));
    for (const process of started) ending.defer(process.end);
    const services = await Promise.all(started.map(async (process) => {
      const [, url] = await process.line(/^Box Office listens at (http:\/\/localhost:\d+)\/$/);
      return { url: url!, process };
    }));
    const authorization = `Bearer ${key.reveal()}`;
    const ask = (url: string, tenant: ContextId, rejected?: number) =>
      askAs(authorization, url, tenant, rejected);
    await work({
      superoffice,
      kms,
      upstash,
      config: parsed.config,
      stores,
      services,
      authorization,
      ask,
      askAll: (urls, tenant, rejected) =>
        Promise.all(
          urls.flatMap((url) => Array.from({ length: CALLERS }, () => ask(url, tenant, rejected))),
        ),
      counts: () => ({
        exchanges: superoffice.control.exchangeCount(),
        signatures: kms.signatures(),
      }),
    });
  });
}

function environment({ kms, superoffice, upstash, digest }: {
  readonly kms: CloudKmsSimulator;
  readonly superoffice: SuperOfficeSimulator;
  readonly upstash: Bridge;
  readonly digest: string;
}): Record<string, string> {
  const random = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  const caller = {
    id: "crowd",
    api_key_sha256: [digest],
    tenants: ["*"],
    may: ["ticket", "relay"],
  };
  return {
    PORT: "0",
    LOG_LEVEL: "error",
    SUPEROFFICE_URL: superoffice.url,
    SUPEROFFICE_CLIENT_ID: superoffice.clientId,
    SUPEROFFICE_CLIENT_SECRET: superoffice.clientSecret,
    EXCHANGE_TIMEOUT_MS: "1000",
    KMS_KEY_VERSION: kms.keyVersion,
    KMS_ENDPOINT: kms.url,
    UPSTASH_REDIS_REST_URL: upstash.url,
    UPSTASH_REDIS_REST_TOKEN: upstash.token,
    SEALING_KEYS: `crowd:${random()}`,
    LEDGER_KEY: random(),
    CALLERS: JSON.stringify({ callers: [caller] }),
  };
}

/** More than these and something is wrong that another try does not mend. */
const MAX_TRIES = 10;

async function askAs(
  authorization: string,
  url: string,
  tenant: ContextId,
  rejected?: number,
): Promise<Given> {
  const began = performance.now();
  for (let tries = 1;; tries++) {
    const answer = await fetch(`${url}${pathOf(tenant)}`, {
      headers: { authorization, "content-type": "application/json" },
      ...(rejected === undefined
        ? {}
        : { method: "POST", body: JSON.stringify({ rejected_generation: rejected }) }),
    });
    const body = await answer.json();
    const ms = performance.now() - began;
    if (answer.status === 200) return { ticket: body.ticket, generation: body.generation, ms };
    assert.equal(answer.status, 503, JSON.stringify(body));
    assert.ok(Number(answer.headers.get("retry-after")) >= 1, JSON.stringify(body));
    if (tries === MAX_TRIES) throw new Error(`Cannot go on: no ticket, ${JSON.stringify(body)}`);
  }
}
