/**
 * What a soak runs on: a real Redis behind Upstash's protocol, SuperOffice behind a gate, Cloud KMS, so
 * many processes of the service by `deno.json`'s own command line, and tenants that have consented.
 */

import { generateApiKey } from "../../src/adapters/callers/api_keys.ts";
import { parseConfig } from "../../src/config.ts";
import type { ContextId } from "../../src/domain/context_id.ts";
import { openStores } from "../../src/parts_stores.ts";
import { type CloudKmsSimulator, startCloudKms } from "../../src/simulator/cloud_kms/server.ts";
import {
  startSuperOffice,
  type SuperOfficeSimulator,
} from "../../src/simulator/superoffice/server.ts";
import { type Process, startTask } from "../../tests/support/processes.ts";
import { startRedis } from "../../tests/support/redis_server.ts";
import { addTenant } from "../../tests/support/stored_tenants.ts";
import { type Bridge, startBridge } from "../../tests/support/upstash_bridge.ts";
import { fromFileUrl } from "../../tests/support/paths.ts";
import { type Gate, startGate } from "./gate.ts";

export interface SoakWorld {
  readonly superoffice: SuperOfficeSimulator;
  readonly gate: Gate;
  readonly kms: CloudKmsSimulator;
  readonly kmsGate: Gate;
  readonly upstash: Bridge;
  /** The services' whole environment; commands have the same. */
  readonly env: Readonly<Record<string, string>>;
  readonly services: readonly { readonly url: string; readonly process: Process }[];
  readonly tenants: readonly ContextId[];
  /** The callers' credential: `Bearer …`. */
  readonly authorization: string;
}

export interface WorldOptions {
  readonly processes: number;
  readonly tenants: number;
  readonly ticketLifetimeSeconds: number;
  /** What the services' probe leaks; empty: nothing. */
  readonly plant: string;
}

/** Builds it all. @param ending takes it down, in the reverse order */
export async function createSoakWorld(
  options: WorldOptions,
  ending: AsyncDisposableStack,
): Promise<SoakWorld> {
  const redis = await startRedis();
  ending.defer(redis.stop);
  const upstash = startBridge({ socket: redis.socket });
  ending.defer(upstash.close);
  const kms = await startCloudKms();
  ending.defer(kms.close);
  const superoffice = await startSuperOffice({ publicKeyPem: kms.publicKeyPem() });
  ending.defer(superoffice.close);
  const gate = startGate(superoffice.url);
  ending.defer(gate.close);
  const { key, digest } = generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));
  const kmsGate = startGate(kms.url);
  ending.defer(kmsGate.close);
  const env = environment({ superoffice, gate, kms, kmsGate, upstash }, digest, options);
  const tenants = await connect(superoffice, env, options.tenants);
  const services = await Promise.all(
    Array.from({ length: options.processes }, async () => {
      const process = startTask("start", {
        env: { ...env, SOAK_PLANT: options.plant },
        flags: [
          `--preload=${fromFileUrl(new URL("./probe.ts", import.meta.url))}`,
          "--v8-flags=--expose-gc",
        ],
      });
      ending.defer(process.end);
      const [, url] = await process.line(/^Box Office listens at (http:\/\/localhost:\d+)\/$/);
      return { url: url!, process };
    }),
  );
  const authorization = `Bearer ${key.reveal()}`;
  return { superoffice, gate, kms, kmsGate, upstash, env, services, tenants, authorization };
}

async function connect(
  superoffice: SuperOfficeSimulator,
  env: Readonly<Record<string, string>>,
  count: number,
): Promise<ContextId[]> {
  const parsed = parseConfig(env, () => null);
  if (!parsed.ok) throw new Error(`Cannot begin the soak: ${JSON.stringify(parsed.problems)}`);
  const stores = await openStores(parsed.config);
  try {
    const tenants: ContextId[] = [];
    while (tenants.length < count) tenants.push(await addTenant({ superoffice, stores }));
    return tenants;
  } finally {
    stores.close();
  }
}

function environment(
  { superoffice, gate, kms, kmsGate, upstash }: Pick<
    SoakWorld,
    "superoffice" | "gate" | "kms" | "kmsGate" | "upstash"
  >,
  digest: string,
  { ticketLifetimeSeconds }: WorldOptions,
): Record<string, string> {
  const random = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  const may = ["ticket", "tenants", "ledger"];
  const caller = { id: "soak", api_key_sha256: [digest], tenants: ["*"], may };
  return {
    PORT: "0",
    LOG_LEVEL: "error",
    // Otherwise each process names the log by its own port.
    LEDGER_ORIGIN: "soak.example.com/ledger",
    SUPEROFFICE_URL: gate.url,
    SUPEROFFICE_CLIENT_ID: superoffice.clientId,
    SUPEROFFICE_CLIENT_SECRET: superoffice.clientSecret,
    EXCHANGE_TIMEOUT_MS: "2000",
    TICKET_LIFETIME_SECONDS: String(ticketLifetimeSeconds),
    KMS_KEY_VERSION: kms.keyVersion,
    KMS_ENDPOINT: kmsGate.url,
    // Lives are short here: what six hours need comes in minutes.
    SIGNATURES_PER_MINUTE: "100000",
    SIGNATURES_PER_TENANT_HOUR: "100000",
    UPSTASH_REDIS_REST_URL: upstash.url,
    UPSTASH_REDIS_REST_TOKEN: upstash.token,
    SEALING_KEYS: `soak:${random()}`,
    LEDGER_KEY: random(),
    CALLERS: JSON.stringify({ callers: [caller] }),
  };
}
