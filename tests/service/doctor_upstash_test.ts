/** What the doctor finds of a shared store: a real Redis behind Upstash's protocol. */

import assert from "node:assert/strict";
import { createUpstashInspection } from "../../src/adapters/storage/upstash_inspection.ts";
import { examine } from "../../src/cli/doctor.ts";
import { openWard } from "../../src/cli/doctor_ward.ts";
import { parseConfig } from "../../src/config.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createPrivateKey } from "node:crypto";
import { selfIssuedCertificate } from "../../src/simulator/superoffice/certificate.ts";
import { testKeyPem } from "../support/test_keys.ts";
import { withBridge } from "../adapters/storage/backends.ts";
import { requires } from "../support/requirement.ts";
import { environmentOf, startService } from "../support/service.ts";
import type { Bridge } from "../support/upstash_bridge.ts";

interface Planted {
  readonly fault: string;
  readonly plant: (bridge: Bridge) => unknown;
  readonly heal?: (bridge: Bridge) => unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly finds: Readonly<Record<string, string>>;
  /** Whether everything else that uses the store fails as well. */
  readonly isWhole?: true;
  readonly says: RegExp;
}

const CHECKS = ["upstash_tls", "upstash_eviction", "upstash_quota", "upstash_reads"];

const all = (level: string) => Object.fromEntries(CHECKS.map((name) => [name, level]));

const PLANTED: readonly Planted[] = [
  {
    fault: "eviction",
    plant: ({ redis }) => redis.config("SET", "maxmemory-policy", "volatile-random"),
    heal: ({ redis }) => redis.config("SET", "maxmemory-policy", "noeviction"),
    finds: { upstash_eviction: "problem" },
    says: /Turn eviction off/,
  },
  {
    fault: "a quota that is used up",
    plant: ({ redis }) => redis.config("SET", "maxmemory", "1"),
    heal: ({ redis }) => redis.config("SET", "maxmemory", "0"),
    finds: { upstash_quota: "problem", upstash_reads: "problem" },
    says: /its quota is used up/,
  },
  {
    fault: "a database that is nearly full",
    plant: async ({ redis }) => {
      const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))![1]);
      await redis.config("SET", "maxmemory", String(Math.round(used * 1.1)));
    },
    heal: ({ redis }) => redis.config("SET", "maxmemory", "0"),
    finds: { upstash_quota: "warning" },
    says: /\d\d % full/,
  },
  {
    fault: "a replica that is behind",
    plant: (bridge) => bridge.lag(),
    heal: (bridge) => bridge.catchUp(),
    finds: { upstash_reads: "problem" },
    says: /cannot be read yet/,
  },
  {
    fault: "a token that is not known",
    plant: () => {},
    env: { UPSTASH_REDIS_REST_TOKEN: "s3cret-and-wrong" },
    finds: all("problem"),
    isWhole: true,
    says: /UPSTASH_REDIS_REST_TOKEN/,
  },
  {
    fault: "something that is not Upstash",
    plant: (bridge) => bridge.all({ kind: "html" }),
    heal: (bridge) => bridge.all(null),
    finds: all("problem"),
    isWhole: true,
    says: /what answers is not Upstash/,
  },
  {
    fault: "nothing at all",
    plant: () => {},
    env: { UPSTASH_REDIS_REST_URL: "http://127.0.0.1:1" },
    finds: all("problem"),
    isWhole: true,
    says: /cannot be reached/,
  },
];

Deno.test({
  name: "the doctor finds nothing in a healthy database, and in another what is wrong",
  ...requires("redis-server"),
  fn: (test) =>
    withBridge(async (bridge) => {
      const env = {
        UPSTASH_REDIS_REST_URL: bridge.url,
        UPSTASH_REDIS_REST_TOKEN: bridge.token,
        SEALING_KEYS: `k1:${new Uint8Array(32).fill(1).toBase64()}`,
        LEDGER_KEY: new Uint8Array(32).fill(2).toBase64(),
      };
      const service = await startService({ env });
      const find = async (more: Readonly<Record<string, string>> = {}) => {
        const parsed = parseConfig({ ...environmentOf(service), ...env, ...more }, () => null);
        assert.ok(parsed.ok, JSON.stringify(parsed));
        const ward = openWard(parsed.config, { tenant: null, signers: [] });
        try {
          return (await examine(ward)).filter(({ level }) => level !== "ok");
        } finally {
          ward.close();
        }
      };
      try {
        await service.consent();
        assert.deepEqual(await find(), []);
        for (const { fault, plant, heal, env: more, finds, isWhole, says } of PLANTED) {
          await test.step(fault, async () => {
            await plant(bridge);
            try {
              const found = await find(more);
              const ills = Object.fromEntries(found.map((it) => [it.check, it.level]));
              const own = isWhole ? Object.entries(ills).filter(([it]) => CHECKS.includes(it)) : [];
              assert.deepEqual(isWhole ? Object.fromEntries(own) : ills, finds);
              const text = found.map((it) => `${it.text}. ${it.remedy}`).join("\n");
              assert.match(text, says);
              assert.doesNotMatch(text, /s3cret/);
              if (isWhole) assert.equal(ills["store"], "problem");
            } finally {
              await heal?.(bridge);
            }
          });
        }
        // What was written to look at it ends by itself.
        for (const key of await bridge.redis.keys("*doctor*")) {
          assert.ok(await bridge.redis.pttl(key) > 0, key);
        }
      } finally {
        await service.close();
      }
    }),
});

Deno.test("a certificate that nobody vouches for is told from a way that is shut", async () => {
  const pem = testKeyPem("login");
  const certificate = selfIssuedCertificate(createPrivateKey(pem), "localhost").toBase64();
  const cert = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key: pem, onListen: () => {} },
    () => Response.json({ result: "PONG" }),
  );
  const url = new URL(`https://localhost:${server.addr.port}`);
  const inspection = createUpstashInspection({ url, token: new Secret("t"), prefix: "p" });
  try {
    const answer = await inspection.ping(new AbortController().signal);
    assert.deepEqual(answer, { ok: false, error: "certificate" });
  } finally {
    await server.shutdown();
  }
});

Deno.test("each answer of a database has its one word, and no word of its own gets out", async () => {
  const answers: readonly (readonly [string, string])[] = [
    ["ERR DB capacity quota exceeded", "quota"],
    ["ERR max requests limit exceeded. Limit: 500000, Usage: 500001", "quota"],
    ["OOM command not allowed when used memory > 'maxmemory'.", "quota"],
    ["WRONGPASS invalid or missing auth token", "auth"],
    ["Unauthorized", "auth"],
    ["NOPERM this user has no permissions to run the 'set' command", "not_permitted"],
    ["ERR unknown command", "command"],
  ];
  let error = "";
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ error }),
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}`);
  const inspection = createUpstashInspection({ url, token: new Secret("t"), prefix: "p" });
  try {
    for (const [said, word] of answers) {
      error = said;
      const { signal } = new AbortController();
      assert.deepEqual(await inspection.ping(signal), { ok: false, error: word });
    }
  } finally {
    await server.shutdown();
  }
});
