/**
 * A sealing key is changed under a service that serves: 100,000 values, the command killed on the way and
 * run again, and in the end the old key taken out.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createCipheriv } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { ticketPlace, tokenPlace } from "../../src/adapters/storage/records.ts";
import { noticePlace } from "../../src/adapters/storage/sealing.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { openStores } from "../../src/parts_stores.ts";
import { type Config, parseConfig } from "../../src/config.ts";
import type { Generation } from "../../src/domain/ticket.ts";
import { eventually, type Process, startTask } from "../support/processes.ts";
import { withBridge } from "../adapters/storage/backends.ts";
import { requires } from "../support/requirement.ts";
import { addStoredTenant, FRESH, putTicket } from "../support/stored_tenants.ts";
import { runCommand, withService } from "../support/commands.ts";
import { environmentOf, TENANT, type TestService } from "../support/service.ts";

const OLD = { id: "old", key: new Uint8Array(32).fill(1) };
const OLD_TEXT = `old:${OLD.key.toBase64()}`;
const NEW_TEXT = `new:${new Uint8Array(32).fill(2).toBase64()}`;

/** Half of them tokens, of tenants that nobody else knows; as many tickets; the rest notices. */
const TENANTS = 45_000;
const NOTICES = 10_000;
const VALUES = 2 * TENANTS + NOTICES;

const FIRST = 700_000;

/** Goes by all of them, in no order that anything is sealed in. */
const STRIDE = 7919;
const HOUR = 3_600_000;

Deno.test("100,000 values are sealed anew while the service serves, through a kill", () =>
  withService(async (service) => {
    await service.consent();
    fill(`${service.dataDir}/box-office.sqlite`);
    const env = { SEALING_KEYS: `${NEW_TEXT},${OLD_TEXT}` };
    const serving = serve(service, TENANTS, (at) => `7T:${at}`);
    try {
      const counting = ["store", "reseal", "--report", "--json", "--per-second", "999999"];
      const report = await runCommand(service, counting, env);
      assert.equal(report.code, 1, report.stderr);
      assert.equal(countOf(report.stdout, "old"), VALUES);

      // At this pace it would take ten seconds.
      const first = startReseal(service, env, "10000");
      await first.message(/^\d{4,} sealed anew$/);
      first.kill("SIGKILL");
      assert.equal((await first.exit()).signal, "SIGKILL");
      const between = await runCommand(service, counting, env);
      assert.equal(between.code, 1);
      const left = countOf(between.stdout, "old");
      assert.ok(left > 0 && left <= VALUES - 1000, `${left} are left`);

      const second = await startReseal(service, env).exit();
      assert.equal(second.code, 0, second.stderr);
      const result = JSON.parse(second.stdout);
      assert.equal(result.done, true);
      assert.ok(result.resealed <= left && result.resealed >= left - 10, second.stdout);
      assert.deepEqual(result.unreadable, []);
      assert.equal(countOf(second.stdout, "old"), 0);
    } finally {
      await serving.stop();
    }
    assert.ok(serving.served() > 20, `${serving.served()} tickets`);
    await assertReads(service);
  }, { env: { SEALING_KEYS: `${NEW_TEXT},${OLD_TEXT}` } }));

/** Few enough that each consent is stored as a consent is. */
const SHARED = 400;

Deno.test({
  name: "a shared store is sealed anew while the service serves, through a kill",
  ...requires("redis-server"),
  fn: () =>
    withBridge((bridge) => {
      const store = {
        UPSTASH_REDIS_REST_URL: bridge.url,
        UPSTASH_REDIS_REST_TOKEN: bridge.token,
        LEDGER_KEY: new Uint8Array(32).fill(3).toBase64(),
      };
      const env = { ...store, SEALING_KEYS: `${NEW_TEXT},${OLD_TEXT}` };
      return withService(async (service) => {
        await service.consent();
        const old = await openStores(configOf(service, { ...store, SEALING_KEYS: OLD_TEXT }));
        const tenants = Array.from({ length: SHARED }, (_, at) => at);
        for (const at of tenants) {
          const tenant = await addStoredTenant({ stores: old }, FIRST + at);
          await putTicket({ stores: old }, tenant, FRESH);
        }
        old.close();
        const serving = serve(service, SHARED, () => null);
        try {
          // At this pace it would take twenty seconds.
          const first = startReseal(service, env, "40");
          await eventually("something sealed anew", async () => {
            const [hash = ""] = await bridge.redis.keys("*:{tenants}");
            const text = await bridge.redis.hget(hash, `${tenantAt(0)}:consent`);
            return text?.includes('"v1.new.') ? true : null;
          });
          first.kill("SIGKILL");
          assert.equal((await first.exit()).signal, "SIGKILL");
          const second = await startReseal(service, env).exit();
          assert.equal(second.code, 0, second.stderr);
          const { resealed } = JSON.parse(second.stdout);
          assert.ok(resealed > 0 && resealed < 2 * SHARED, `${resealed} by the second`);
        } finally {
          await serving.stop();
        }
        const stores = await openStores(configOf(service, { ...store, SEALING_KEYS: NEW_TEXT }));
        for (const at of tenants) {
          assert.notEqual(await stores.tenants.get(tenantAt(at)), null);
          assert.notEqual(await stores.tickets.get(tenantAt(at), NOW), null);
        }
        stores.close();
      }, { env });
    }),
});

function startReseal(
  service: TestService,
  env: Readonly<Record<string, string>>,
  perSecond = "999999",
): Process {
  return startTask("cli", {
    env: { ...environmentOf(service), ...env },
    args: ["store", "reseal", "--per-second", perSecond, "--json"],
  });
}

function countOf(stdout: string, keyId: string): number {
  const { values } = JSON.parse(stdout) as {
    readonly values: readonly { readonly key_id: string; readonly count: number }[];
  };
  return values.filter(({ key_id }) => key_id === keyId)
    .reduce((sum, { count }) => sum + count, 0);
}

/**
 * Asks for tickets all the time: one tenant's from memory and after rejections, and each time another one's
 * that is in the store alone, sealed anew by now or not.
 */
function serve(service: TestService, count: number, ticketOf: (at: number) => string | null) {
  let isOver = false;
  let served = 0;
  const done = (async () => {
    while (!isOver) {
      const at = served * STRIDE % count;
      const stored = await service.call(`/v1/tenants/${tenantAt(at)}/ticket`);
      assert.equal(stored.status, 200);
      const { ticket } = await stored.json();
      assert.equal(ticket, ticketOf(at) ?? ticket);
      const answer = await service.call(`/v1/tenants/${TENANT}/ticket`);
      const { generation } = await answer.json();
      assert.equal(answer.status, 200);
      if (served++ < 20) {
        const rejected = await service.call(`/v1/tenants/${TENANT}/ticket`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ rejected_generation: generation }),
        });
        assert.equal(rejected.status, 200);
        assert.ok((await rejected.json()).generation > generation);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  done.catch(() => {});
  return {
    served: () => served,
    async stop() {
      isOver = true;
      await done;
    },
  };
}

function configOf(service: TestService, env: Readonly<Record<string, string>>): Config {
  const callers = { CALLERS: '{"callers":[]}' };
  const parsed = parseConfig({ ...environmentOf(service), ...callers, ...env }, () => null);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.config;
}

/** Every one of them, with the new key alone. */
async function assertReads(service: TestService): Promise<void> {
  const config = configOf(service, { SEALING_KEYS: NEW_TEXT });
  const stores = await openStores(config);
  try {
    assert.notEqual(await stores.tenants.get(ContextId.parse(TENANT)!), null);
    await inHundreds(TENANTS, async (at) => {
      const stored = await stores.tenants.get(tenantAt(at));
      const ticket = await stores.tickets.get(tenantAt(at), NOW);
      assert.equal(stored?.systemUserToken.reveal(), `token-${at}`);
      assert.equal(ticket?.ticket.reveal(), `7T:${at}`);
    });
    const buried = await stores.notices.buried(NOTICES);
    assert.equal(buried.length, NOTICES);
    assert.ok(buried.every(({ id, body }) => body === `{"id":"${id}"}`));
  } finally {
    stores.close();
  }
}

const NOW = Date.now();

const tenantAt = (at: number) => ContextId.parse(`Cust${FIRST + at}`)!;

/** Writes straight into the file, under the old key, as an older instance would have. */
function fill(path: string): void {
  const plain = {
    generation: 1 as Generation,
    issuedAt: NOW,
    expiresAt: NOW + 6 * HOUR,
    webapiUrl: "https://sod2.superoffice.com/api/",
    netserverUrl: "https://sod2.superoffice.com/Remote/",
    addressesUntil: NOW + HOUR,
  };
  const address = { serial: "1", webapiUrl: null, netserverUrl: null };
  const database = new DatabaseSync(path);
  database.exec("PRAGMA synchronous = OFF; BEGIN IMMEDIATE");
  const tenant = database.prepare(`
    INSERT INTO tenants (context_identifier, company_name, consented_by, consented_at, serial,
      system_user_token, health, health_reason, health_since, state, tickets_from)
    VALUES (?, 'Company', 'admin@example.com', 1, '1', ?, 'connected', 'consent', 1, 'Running', 1)`);
  for (let at = 0; at < TENANTS; at++) {
    const place = tokenPlace(`tenants/${tenantAt(at)}`, address);
    tenant.run(tenantAt(at), sealedByOld(place, `token-${at}`));
  }
  const ticket = database.prepare(`
    INSERT INTO tickets (context_identifier, counter, generation, ticket, issued_at, expires_at,
      webapi_url, netserver_url, addresses_until, touched_at)
    VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?, ?)`);
  const { issuedAt, expiresAt, webapiUrl, netserverUrl, addressesUntil } = plain;
  const values = [issuedAt, expiresAt, webapiUrl, netserverUrl, addressesUntil, NOW];
  for (let at = 0; at < TENANTS; at++) {
    const place = ticketPlace(`tickets/${tenantAt(at)}`, plain);
    ticket.run(tenantAt(at), sealedByOld(place, `7T:${at}`), ...values);
  }
  const notice = database.prepare(
    "INSERT INTO notices (id, body, at, error, buried_at) VALUES (?, ?, 1, 'status_500', 1)",
  );
  for (let at = 0; at < NOTICES; at++) {
    notice.run(`msg_${at}`, sealedByOld(noticePlace(`msg_${at}`), `{"id":"msg_${at}"}`));
  }
  database.exec("COMMIT");
  database.close();
}

/** The format of `sealing.ts` by other means: a hundred thousand promises of WebCrypto cost seconds. */
function sealedByOld(place: string, plain: string): string {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const cipher = createCipheriv("aes-256-gcm", OLD.key, nonce);
  cipher.setAAD(new TextEncoder().encode(`v1.${OLD.id}.${place}`));
  const sealed = [nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()];
  const text = Buffer.concat(sealed).toString("base64url");
  return `v1.${OLD.id}.${text}`;
}

/** A hundred at once: more wait for each other. */
async function inHundreds<T>(count: number, deed: (at: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  while (done.length < count) {
    const from = done.length;
    const length = Math.min(100, count - from);
    done.push(...await Promise.all(Array.from({ length }, (_, at) => deed(from + at))));
  }
  return done;
}
