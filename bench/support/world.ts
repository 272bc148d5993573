/**
 * Everything around the service that a benchmark needs: SuperOffice and Cloud KMS stand-ins in this
 * process, so that their counters are at hand, an Upstash in a process of its own, callers of both
 * kinds, and tenants that have consented. The service itself is started by each benchmark.
 */

import { Buffer } from "node:buffer";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { generateApiKey } from "../../src/adapters/callers/api_keys.ts";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import { parseConfig } from "../../src/config.ts";
import { openStores } from "../../src/parts_stores.ts";
import { type CloudKmsSimulator, startCloudKms } from "../../src/simulator/cloud_kms/server.ts";
import {
  startSuperOffice,
  type SuperOfficeSimulator,
} from "../../src/simulator/superoffice/server.ts";
import { type Process, startFile } from "../../tests/support/processes.ts";
import type { Env } from "./children.ts";

/** Where tickets are kept: a file, or Redis behind Upstash's protocol. */
export type StoreKind = "sqlite" | "upstash";

export interface World {
  readonly superoffice: SuperOfficeSimulator;
  readonly kms: CloudKmsSimulator;
  /** Null with SQLite. */
  readonly upstash: { readonly url: string; readonly token: string } | null;
  /** The service's whole environment. */
  readonly env: Env;
  /** The same store as the service's, to put tenants and tickets there. */
  readonly stores: Stores;
  /** Credentials: `Bearer …`. */
  readonly apiKey: string;
  readonly jwt: string;
  /** Ends Upstash, SuperOffice and Cloud KMS: from now on nobody answers there. */
  bringDown(): Promise<void>;
  close(): Promise<void>;
}

const AUDIENCE = "https://tickets.example.com";

/** A file system in memory, where there is one: filling a large store waits for no disk there. */
const RAM = "/dev/shm";

/**
 * Builds a world.
 *
 * @param medium where files are kept; no time that depends on a disk may be measured in `ram`
 * @throws if it cannot; nothing is left running then
 */
export async function createWorld(
  kind: StoreKind,
  medium: "disk" | "ram" = "disk",
): Promise<World> {
  const ending: (() => Promise<unknown>)[] = [];
  const end = async () => {
    for (const one of ending.splice(0).reverse()) await one();
  };
  try {
    const prefix = "box-office-bench-";
    const hasRam = medium === "ram" && await Deno.stat(RAM).then(() => true, () => false);
    const dataDir = await Deno.makeTempDir({ prefix, ...(hasRam ? { dir: RAM } : {}) });
    ending.push(() => Deno.remove(dataDir, { recursive: true }));
    const issuer = await startIssuer();
    ending.push(issuer.close);
    const outside: (() => Promise<unknown>)[] = [];
    const bringDown = async () => {
      for (const one of outside.splice(0)) await one();
    };
    ending.push(bringDown);
    const kms = await startCloudKms();
    outside.push(kms.close);
    const superoffice = await startSuperOffice({ publicKeyPem: kms.publicKeyPem() });
    outside.push(superoffice.close);
    const upstash = kind === "upstash" ? await startUpstash(outside) : null;
    const key = generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));
    const env: Env = {
      DATA_DIR: dataDir,
      LOG_LEVEL: "error",
      SUPEROFFICE_URL: superoffice.url,
      SUPEROFFICE_CLIENT_ID: superoffice.clientId,
      SUPEROFFICE_CLIENT_SECRET: superoffice.clientSecret,
      KMS_KEY_VERSION: kms.keyVersion,
      KMS_ENDPOINT: kms.url,
      SEALING_KEYS: `bench:${randomBase64()}`,
      LEDGER_KEY: randomBase64(),
      CALLERS: JSON.stringify({ callers: [callerOf(key.digest), issuer.caller] }),
      ...(upstash === null ? {} : {
        UPSTASH_REDIS_REST_URL: upstash.url,
        UPSTASH_REDIS_REST_TOKEN: upstash.token,
      }),
    };
    const parsed = parseConfig(env, () => null);
    if (!parsed.ok) throw new Error("Cannot build the world: its configuration is refused");
    const stores = await openStores(parsed.config);
    ending.push(() => Promise.resolve(stores.close()));
    const apiKey = `Bearer ${key.key.reveal()}`;
    return {
      superoffice,
      kms,
      upstash,
      env,
      stores,
      apiKey,
      jwt: issuer.jwt,
      bringDown,
      close: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

const randomBase64 = () =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");

const RIGHTS = { tenants: ["*"], may: ["ticket"] };

const callerOf = (digest: string) => ({ id: "by-key", api_key_sha256: [digest], ...RIGHTS });

/** A real redis-server behind Upstash's protocol, in a process of its own. */
async function startUpstash(outside: (() => Promise<unknown>)[]) {
  const token = crypto.randomUUID();
  const bridge: Process = startFile("tests/support/upstash_bridge.ts", {
    args: ["--token", token],
  });
  outside.push(bridge.end);
  const [line] = await bridge.line(/^\{.*\}$/);
  const { url } = JSON.parse(line) as { readonly url: string };
  return { url, token };
}

/** An issuer of workload identities with one ES256 key, and a token of it that lives an hour. */
async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...await exportJWK(publicKey), kid: "bench", alg: "ES256", use: "sig" };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { origin, pathname } = new URL(request.url);
      return pathname === "/jwks"
        ? Response.json({ keys: [jwk] })
        : Response.json({ issuer: origin, jwks_uri: `${origin}/jwks` });
    },
  );
  const issuer = `http://127.0.0.1:${server.addr.port}`;
  const subject = "deployment:acme/bench/production";
  const token = await new SignJWT({ environment: "production", region: "eu-north-1" })
    .setProtectedHeader({ alg: "ES256", kid: "bench" })
    .setIssuer(issuer).setAudience(AUDIENCE).setSubject(subject)
    .setIssuedAt().setExpirationTime("1h").sign(privateKey);
  return {
    jwt: `Bearer ${token}`,
    caller: { id: "by-token", issuer, audience: AUDIENCE, subject, ...RIGHTS },
    close: () => server.shutdown(),
  };
}
