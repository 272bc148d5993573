/**
 * Everything outside of a service whose processes share a store: SuperOffice, Cloud KMS and Upstash's
 * protocol in front of a real Redis, with the environment that such a process needs, and nothing of it
 * on the disk. Ends with `close`.
 */

import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import type { SuperOfficeSimulator } from "../../src/simulator/superoffice/server.ts";
import { createBrowser, type Page } from "../../src/demo_browser.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { consent } from "./container_image.ts";
import { startKms } from "./kms.ts";
import { startRedis } from "./redis_server.ts";
import { API_KEY } from "./service.ts";
import { type Bridge, startBridge } from "./upstash_bridge.ts";
import { startVendor } from "./vendor.ts";

export interface SharedWorld {
  readonly kms: CloudKmsSimulator;
  readonly superoffice: SuperOfficeSimulator;
  readonly bridge: Bridge;
  readonly env: Readonly<Record<string, string>>;
  /** Goes through the whole consent as a browser would. @returns the last page */
  consent(url: string): Promise<Page>;
  /** A call with the key of a caller who may do everything. */
  call(url: string, path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** @throws Error if redis-server is missing */
export async function startSharedWorld(): Promise<SharedWorld> {
  const redis = await startRedis();
  const bridge = startBridge({ socket: redis.socket });
  const kms = await startKms();
  const superoffice = await startVendor({ publicKeyPem: kms.publicKeyPem() });
  const may = ["ticket", "relay", "tenants", "ledger"];
  const callers = [{ id: "all", api_key_sha256: [sha256Hex(API_KEY)], tenants: ["*"], may }];
  return {
    kms,
    superoffice,
    bridge,
    env: {
      PORT: "0",
      LOG_LEVEL: "debug",
      SUPEROFFICE_URL: superoffice.url,
      SUPEROFFICE_CLIENT_ID: superoffice.clientId,
      SUPEROFFICE_CLIENT_SECRET: superoffice.clientSecret,
      // A busy machine is no fault.
      EXCHANGE_TIMEOUT_MS: "20000",
      KMS_KEY_VERSION: kms.keyVersion,
      KMS_ENDPOINT: kms.url,
      UPSTASH_REDIS_REST_URL: bridge.url,
      UPSTASH_REDIS_REST_TOKEN: bridge.token,
      SEALING_KEYS: `k1:${btoa("0".repeat(32))}`,
      LEDGER_KEY: btoa("1".repeat(32)),
      LEDGER_ORIGIN: "tickets.example.com/ledger",
      CALLERS: JSON.stringify({ callers }),
    },
    consent: (url) => consent(createBrowser(), new URL(url)),
    call(url, path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${API_KEY}`);
      return fetch(new URL(path, url), { ...init, headers });
    },
    async close() {
      await superoffice.close();
      await kms.close();
      await bridge.close();
      await redis.stop();
    },
  };
}
