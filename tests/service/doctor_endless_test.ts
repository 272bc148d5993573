/** Answers without an end, from whoever is asked: the doctor reads no more of them than there may be. */

import assert from "node:assert/strict";
import { createThreadHost } from "../../src/adapters/signing/kms_host.ts";
import type { GoogleAccess } from "../../src/domain/google_identity.ts";
import { Secret } from "../../src/domain/secret.ts";
import { findings } from "../support/doctor_world.ts";
import { testKeyPem } from "../support/test_keys.ts";

const MOST_MIB = 64;

/** @returns how many MiB were taken of each path, once all of them were let go */
async function taken(
  status: number,
  env: (url: string) => Record<string, string>,
  access: GoogleAccess | null,
) {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  const taken = new Map<string, number>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const path = new URL(request.url).pathname;
      const body = new ReadableStream({
        pull(controller) {
          const count = (taken.get(path) ?? 0) + 1;
          taken.set(path, count);
          // Whoever takes more has lost already.
          if (count > 10 * MOST_MIB) controller.close();
          else controller.enqueue(chunk);
        },
      });
      return new Response(body, { status, headers: { "content-type": "application/json" } });
    },
  );
  const folder = await Deno.makeTempDir({ prefix: "box-office-doctor-" });
  const dead = "http://127.0.0.1:1";
  try {
    const own = {
      SUPEROFFICE_ENVIRONMENT: "sod",
      SUPEROFFICE_URL: dead,
      SUPEROFFICE_CLIENT_ID: "id",
      SUPEROFFICE_CLIENT_SECRET: "secret",
      CALLERS: '{"callers":[]}',
      DATA_DIR: folder,
      KMS_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
      KMS_ENDPOINT: dead,
      ...env(`http://127.0.0.1:${server.addr.port}`),
    };
    const found = await findings(own, [], createThreadHost(access));
    return { taken, found };
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

const KEY = new Uint8Array(32).fill(9).toBase64();

/** Of whom Google's library asks nobody for a token. */
const ACCOUNT: GoogleAccess = {
  identity: {
    kind: "service_account",
    email: "box-office@p.iam.gserviceaccount.com",
    keyId: null,
    privateKey: new Secret(testKeyPem("rsa2048")),
  },
  identityToken: null,
};

const ASKED: readonly [
  string,
  number,
  (url: string) => Record<string, string>,
  string[],
  GoogleAccess?,
][] = [
  ["SuperOffice", 200, (url) => ({ SUPEROFFICE_URL: url }), ["discovery", "login_keys", "clock"]],
  ["Google", 200, (url) => ({ KMS_ENDPOINT: url }), ["signing_key", "signers"]],
  ["Google, with a refusal", 403, (url) => ({ KMS_ENDPOINT: url }), ["signing_key", "signers"]],
  [
    "Google, which we tell who we are",
    200,
    (url) => ({ KMS_ENDPOINT: url }),
    ["signing_key", "signers"],
    ACCOUNT,
  ],
  [
    "Google, which we tell who we are, with a refusal",
    403,
    (url) => ({ KMS_ENDPOINT: url }),
    ["signing_key", "signers"],
    ACCOUNT,
  ],
  [
    "Upstash",
    200,
    (url) => ({
      UPSTASH_REDIS_REST_URL: url,
      UPSTASH_REDIS_REST_TOKEN: "token",
      SEALING_KEYS: `k:${KEY}`,
      LEDGER_KEY: KEY,
    }),
    ["store", "upstash_tls", "upstash_quota", "sealing_keys", "tokens", "notices", "ledger"],
  ],
];

Deno.test("an answer without an end is left, and a problem", async (test) => {
  for (const [name, status, env, checks, access = null] of ASKED) {
    await test.step(name, async () => {
      const { taken: mib, found } = await taken(status, env, access);
      assert.ok(mib.size > 0);
      // Several ask for the same path at once.
      for (const [path, count] of mib) assert.ok(count < MOST_MIB, `${count} MiB of ${path}`);
      for (const check of checks) {
        assert.notEqual(found.find((it) => it.check === check)?.level, "ok", check);
      }
    });
  }
});
