/**
 * Nothing leaks: the service goes through every refusal and every fault that can be provoked, and all
 * that came out of it is searched for every secret that went through it.
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { alter, begin, postForm, send } from "../support/callback.ts";
import { assertProblem } from "../support/problems.ts";
import { startRedis } from "../support/redis_server.ts";
import { requires } from "../support/requirement.ts";
import { TENANT } from "../support/service.ts";
import { startBridge } from "../support/upstash_bridge.ts";
import { LIMITED_KEY, startWatched, type WatchedService } from "../support/watched_service.ts";
import { KEY, STORE, SUPEROFFICE, type Trouble } from "./leak_faults.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;
const API = `/v1/tenants/${TENANT}/api`;
const NONE = { headers: { authorization: "Bearer bo_MARK_of_the_forbidden_api_key_000000000" } };

/** What a caller, an administrator and an auditor do on an ordinary day. */
async function ordinaryDay(service: WatchedService): Promise<void> {
  assert.equal((await service.consent()).status, 303);
  const first = await service.call(TICKET);
  assert.equal(first.status, 200, first.body);
  const { generation } = JSON.parse(first.body);
  await service.call(TICKET, rejecting(generation));
  assert.equal((await service.call(`${API}/v1/Contact/default`)).status, 200);
  for (const path of ["/v1/tenants", `/v1/tenants/${TENANT}`, "/readyz", "/healthz", "/"]) {
    assert.equal((await service.call(path)).status, 200);
  }
  await audit(service);
}

const rejecting = (generation: number) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ rejected_generation: generation }),
});

async function audit(service: WatchedService): Promise<void> {
  for (const path of ["entries", "checkpoint", "key", "entries/0/proof"]) {
    assert.equal((await service.call(`/v1/ledger/${path}`)).status, 200, path);
  }
}

/** Every door while something is wrong; what it answers is searched later. */
async function knockEverywhere(service: WatchedService): Promise<void> {
  for (const path of [TICKET, `${API}/v1/Contact/default`]) {
    // Past what is remembered: tickets, refusals, keys, leases that nobody gave back.
    service.clock.advance(7 * 3_600_000);
    await service.call(path);
  }
  await service.consent();
  await service.call("/v1/tenants");
  await service.call("/v1/ledger/checkpoint");
  await service.call("/readyz");
}

async function suffer(service: WatchedService, trouble: Trouble): Promise<void> {
  const warnings = () => service.lines.filter((line) => /"level":"(WARN|ERROR)/.test(line)).length;
  const before = warnings();
  await trouble.begin(service);
  try {
    await knockEverywhere(service);
  } finally {
    await trouble.end(service);
  }
  assert.ok(trouble.isHarmless || warnings() > before, "nothing went wrong");
  service.clock.advance(7 * 3_600_000);
}

function assertNothingFound(service: WatchedService): void {
  const watched = service.marks.names();
  for (const name of ["client secret", "signed text", "id_token", "ticket", "code verifier"]) {
    assert.ok(watched.has(name), `${name} was never seen`);
  }
  assert.ok(service.lines.length > 10);
  assert.deepEqual([...new Set(service.found())], []);
}

/** Bent requests that carry secrets where none belongs. */
async function bendRequests(service: WatchedService): Promise<void> {
  const key = "bo_MARK_of_the_api_key_000000000000000000";
  const json = { "content-type": "application/json" };
  for (const path of [`/v1/tenants/${key}/ticket`, `/v1/${key}`, `/${key}`, `/consent/${key}`]) {
    await service.call(path);
  }
  await service.call(`/v1/tenants?limit=${key}&after=${key}`);
  await service.call("/v1/tenants", { headers: { "x-request-id": `<${key}>` } });
  await service.call(TICKET, { headers: { authorization: `Basic ${btoa(key)}` } });
  await service.call(TICKET, { method: "PUT", body: key });
  await service.call(TICKET, { method: "POST", headers: json, body: `{"x": "${key}"}` });
  await service.call(TICKET, { method: "POST", headers: json, body: key.repeat(30_000) });
  await service.call(TICKET, NONE);
  await service.call(`${API}/..%2f${key}`);
  await service.call(`${API}/v1/${key}?${key}`, { headers: { "so-apptoken": key, cookie: key } });
  service.simulator.control.deleteTickets(TENANT);
  await service.call(`${API}/v1/Contact/default`);
  for (let request = 0; request < 2; request++) {
    await service.call(TICKET, { headers: { authorization: `Bearer ${LIMITED_KEY}` } });
  }
  await service.call(TICKET, { headers: { authorization: `Bearer ${key.slice(0, -1)}` } });
  await service.call("/v1/tenants/Cust4040/ticket");
  const { state, cookie, nonce } = await begin(service.url);
  service.marks.add("state", state);
  service.marks.add("nonce", nonce);
  const id_token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce: "another nonce" });
  service.marks.addToken("posted id_token", id_token);
  for (const form of [{ state, id_token }, { state, id_token, code: key }, { JWT: id_token }]) {
    service.keep(await postForm(service.url, form, cookie));
  }
  const query = new URLSearchParams({ state, id_token, error: key });
  service.keep(await send(new URL(`/consent/callback?${query}`, service.url)));
}

Deno.test("with the embedded store nothing leaks through any refusal or fault", async (t) => {
  const service = await startWatched();
  try {
    await t.step("on an ordinary day", () => ordinaryDay(service));
    await t.step("by bent requests", () => bendRequests(service));
    for (const trouble of [...SUPEROFFICE, ...STORE]) {
      await t.step(`while ${trouble.name}`, () => suffer(service, trouble));
    }
    await t.step("while another process holds the file", async () => {
      const other = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
      other.exec("BEGIN IMMEDIATE");
      const answer = await service.call(TICKET);
      other.exec("ROLLBACK");
      other.close();
      assertProblem(answer, "store_unavailable");
    });
    await t.step("after a withdrawal and a removal", async () => {
      assert.equal((await service.consent()).status, 303);
      service.simulator.control.revoke(TENANT);
      assert.equal((await service.call(TICKET)).status, 409);
      assert.equal((await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" })).status, 204);
    });
    await t.step("every code was seen", () => {
      const seen = [...service.codes].sort();
      assert.deepEqual(seen, [
        "caller_forbidden",
        "caller_unknown",
        "consent_withdrawn",
        "exchange_failed",
        "invalid_request",
        "ledger_unavailable",
        "method_not_allowed",
        "not_found",
        "payload_too_large",
        "rate_limited",
        "store_unavailable",
        "tenant_suspended",
        "tenant_unknown",
        "upstream_unavailable",
      ]);
    });
    await t.step("and no answer, line, error or file holds a secret", async () => {
      await audit(service);
      assertNothingFound(service);
      const planted = ["planted system user token"];
      for (const file of await service.files()) {
        assert.deepEqual(service.marks.find(file, planted), []);
      }
    });
    await t.step("which would be found if it did", async () => {
      const secret = service.simulator.clientSecret;
      service.log.warn("planted", { secret });
      assert.ok(service.found().some((found) => found.startsWith("client secret")));
      alter(service, `CREATE TABLE planted AS SELECT '${secret}' AS secret`);
      const files = await service.files();
      assert.ok(files.some((file) => service.marks.find(file).length > 0));
    });
  } finally {
    await service.close();
  }
});

Deno.test("with a key in the cloud nothing leaks through any of its faults", async (t) => {
  const service = await startWatched({ kms: true });
  try {
    await ordinaryDay(service);
    for (const trouble of KEY) {
      await t.step(`while ${trouble.name}`, () => suffer(service, trouble));
    }
    assert.ok(service.codes.has("signer_unavailable"));
    assertNothingFound(service);
    for (const file of await service.files()) assert.deepEqual(service.marks.find(file), []);
  } finally {
    await service.close();
  }
});

Deno.test("over SOAP nothing leaks either", async () => {
  const service = await startWatched({ env: { SUPEROFFICE_EXCHANGE: "soap" } });
  try {
    await ordinaryDay(service);
    for (const trouble of SUPEROFFICE.slice(0, 12)) await suffer(service, trouble);
    assertNothingFound(service);
  } finally {
    await service.close();
  }
});

Deno.test({
  name: "with the shared store nothing leaks through its faults, and nothing open is sent to it",
  ...requires("redis-server"),
  fn: async () => {
    const redis = await startRedis();
    const token = "MARK-of-the-store-token-0123456789";
    const bridge = startBridge({ socket: redis.socket, token });
    const service = await startWatched({
      env: { UPSTASH_REDIS_REST_URL: bridge.url, UPSTASH_REDIS_REST_TOKEN: token },
    });
    try {
      await ordinaryDay(service);
      for (const kind of ["unavailable", "html", "garbage", "lost"] as const) {
        for (const after of [0, 1, 3]) {
          const ordinary = Array.from({ length: after }, () => ({ kind: "slow", ms: 0 }) as const);
          bridge.next(...ordinary, { kind }, { kind });
          await knockEverywhere(service);
          service.clock.advance(7 * 3_600_000);
        }
      }
      service.outbound.failNext(new URL(bridge.url).host);
      await knockEverywhere(service);
      const [tenants = ""] = await bridge.redis.keys("box-office.*:{tenants}");
      assert.notEqual(tenants, "");
      await bridge.redis.set(tenants, token);
      await knockEverywhere(service);
      assert.ok(service.codes.has("store_unavailable"));
      assertNothingFound(service);
      assert.ok(bridge.seen.length > 50);
      for (const command of bridge.seen) {
        assert.deepEqual(service.marks.find(JSON.stringify(command)), []);
      }
    } finally {
      await service.close();
      await bridge.close();
      await redis.stop();
    }
  },
});
