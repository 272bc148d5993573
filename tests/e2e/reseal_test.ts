/**
 * A sealing key is changed under a service that serves: 100,000 values, the command killed on the way and
 * run again, and in the end the old key taken out.
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ticketPlace, tokenPlace } from "../../src/adapters/storage/records.ts";
import { createSealing, noticePlace } from "../../src/adapters/storage/sealing.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { openStores } from "../../src/parts_stores.ts";
import { parseConfig } from "../../src/config.ts";
import type { Generation } from "../../src/domain/ticket.ts";
import { type Process, startTask } from "../support/processes.ts";
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
const HOUR = 3_600_000;

Deno.test("100,000 values are sealed anew while the service serves, through a kill", () =>
  withService(async (service) => {
    await service.consent();
    await fill(`${service.dataDir}/box-office.sqlite`);
    const env = { SEALING_KEYS: `${NEW_TEXT},${OLD_TEXT}` };
    const serving = serve(service);
    try {
      const report = await runCommand(service, ["store", "reseal", "--report", "--json"], env);
      assert.equal(report.code, 1, report.stderr);
      assert.equal(countOf(report.stdout, "old"), VALUES);

      const first = startReseal(service, env);
      await first.message(/^[2-9]\d{4} sealed anew$/);
      first.kill("SIGKILL");
      assert.equal((await first.exit()).signal, "SIGKILL");
      const between = await runCommand(service, ["store", "reseal", "--report", "--json"], env);
      assert.equal(between.code, 1);
      const left = countOf(between.stdout, "old");
      assert.ok(left > 0 && left <= VALUES - 20_000, `${left} are left`);

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

function startReseal(service: TestService, env: Readonly<Record<string, string>>): Process {
  return startTask("cli", {
    env: { ...environmentOf(service), ...env },
    args: ["store", "reseal", "--per-second", "999999", "--json"],
  });
}

function countOf(stdout: string, keyId: string): number {
  const { values } = JSON.parse(stdout) as {
    readonly values: readonly { readonly key_id: string; readonly count: number }[];
  };
  return values.filter(({ key_id }) => key_id === keyId)
    .reduce((sum, { count }) => sum + count, 0);
}

/** Asks for tickets all the time: from memory, from another's exchange, and after each rejection. */
function serve(service: TestService) {
  let isOver = false;
  let served = 0;
  const done = (async () => {
    while (!isOver) {
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

/** Every one of them, with the new key alone. */
async function assertReads(service: TestService): Promise<void> {
  const parsed = parseConfig({
    ...environmentOf(service),
    SEALING_KEYS: NEW_TEXT,
    CALLERS: '{"callers":[]}',
  }, () => null);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const stores = await openStores(parsed.config);
  try {
    assert.notEqual(await stores.tenants.get(ContextId.parse(TENANT)!), null);
    for (let at = 0; at < TENANTS; at++) {
      const tenant = tenantAt(at);
      const [stored, ticket] = await Promise.all([
        stores.tenants.get(tenant),
        stores.tickets.get(tenant, NOW),
      ]);
      assert.equal(stored?.systemUserToken.reveal(), `token-${at}`);
      assert.equal(ticket?.ticket.reveal(), `7T:${at}`);
    }
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
async function fill(path: string): Promise<void> {
  const sealing = createSealing([OLD]);
  const plain = {
    generation: 1 as Generation,
    issuedAt: NOW,
    expiresAt: NOW + 6 * HOUR,
    webapiUrl: "https://sod2.superoffice.com/api/",
    netserverUrl: "https://sod2.superoffice.com/Remote/",
    addressesUntil: NOW + HOUR,
  };
  const address = { serial: "1", webapiUrl: null, netserverUrl: null };
  const tokens = await sealAll(
    TENANTS,
    (at) => sealing.seal(tokenPlace(`tenants/${tenantAt(at)}`, address), `token-${at}`),
  );
  const tickets = await sealAll(
    TENANTS,
    (at) => sealing.seal(ticketPlace(`tickets/${tenantAt(at)}`, plain), `7T:${at}`),
  );
  const notices = await sealAll(
    NOTICES,
    (at) => sealing.seal(noticePlace(`msg_${at}`), `{"id":"msg_${at}"}`),
  );
  const database = new DatabaseSync(path);
  database.exec("PRAGMA synchronous = OFF; BEGIN IMMEDIATE");
  const tenant = database.prepare(`
    INSERT INTO tenants (context_identifier, company_name, consented_by, consented_at, serial,
      system_user_token, health, health_reason, health_since, state, tickets_from)
    VALUES (?, 'Company', 'admin@example.com', 1, '1', ?, 'connected', 'consent', 1, 'Running', 1)`);
  tokens.forEach((token, at) => tenant.run(tenantAt(at), token));
  const ticket = database.prepare(`
    INSERT INTO tickets (context_identifier, counter, generation, ticket, issued_at, expires_at,
      webapi_url, netserver_url, addresses_until, touched_at)
    VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?, ?)`);
  const { issuedAt, expiresAt, webapiUrl, netserverUrl, addressesUntil } = plain;
  const values = [issuedAt, expiresAt, webapiUrl, netserverUrl, addressesUntil, NOW];
  tickets.forEach((sealed, at) => ticket.run(tenantAt(at), sealed, ...values));
  const notice = database.prepare(
    "INSERT INTO notices (id, body, at, error, buried_at) VALUES (?, ?, 1, 'status_500', 1)",
  );
  notices.forEach((body, at) => notice.run(`msg_${at}`, body));
  database.exec("COMMIT");
  database.close();
}

/** A hundred at once: more wait for each other. */
async function sealAll(count: number, seal: (at: number) => Promise<string>): Promise<string[]> {
  const sealed: string[] = [];
  while (sealed.length < count) {
    const from = sealed.length;
    const more = Array.from({ length: Math.min(100, count - from) }, (_, at) => seal(from + at));
    sealed.push(...await Promise.all(more));
  }
  return sealed;
}
