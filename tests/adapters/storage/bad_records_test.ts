/** One bad record of a notice or a tenant keeps nobody from the others; and the buried are not endless. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { requires } from "../../support/requirement.ts";
import { openUpstash, OWNER, SEALING, withBridge, withFolder } from "./backends.ts";
import { putNotices } from "./notice_store_contract.ts";
import { assertReason, CONSENT, notice, NOW, TENANT, tenantOf, WITHDRAWN } from "./samples.ts";

const MINUTE = 60_000;

/** Stores, and the hand of whoever can write past them. */
interface Spoiled {
  readonly stores: Stores;
  /** Each makes a notice unreadable in another way. */
  readonly spoilNotice: readonly ((id: string) => Promise<unknown>)[];
  spoilTenant(tenant: string): Promise<unknown>;
  /** So many more notices that were buried at one instant. */
  bury(count: number, at: number): Promise<unknown>;
}

const BACKENDS = [
  {
    name: "SQLite",
    ignore: false,
    use: (work: (spoiled: Spoiled) => Promise<void>) =>
      withFolder(async (folder) => {
        const path = `${folder}/data.sqlite`;
        const stores = openSqlite({ path, sealing: SEALING, owner: OWNER });
        const database = new DatabaseSync(path);
        const change = (column: string, value: string) => (id: string) =>
          Promise.resolve(
            database.prepare(`UPDATE notices SET ${column} = ${value} WHERE id = ?`).run(id),
          );
        await work({
          stores,
          spoilNotice: [
            change("body", "'no JSON'"),
            change("body", "'{}'"),
            change("at", "-1"),
            change("attempts", "-5"),
          ],
          spoilTenant: (tenant) =>
            Promise.resolve(
              database.prepare("UPDATE tenants SET health = 'fine' WHERE context_identifier = ?")
                .run(tenant),
            ),
          bury: (count, at) =>
            Promise.resolve(
              database.prepare(`
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO notices (id, body, at, attempts, error, buried_at)
                  SELECT 'old-' || i, '{}', 1, 1, 'timeout', ? FROM n`).run(count, at),
            ),
        });
        database.close();
        stores.close();
      }),
  },
  {
    name: "Upstash",
    ...requires("redis-server"),
    use: (work: (spoiled: Spoiled) => Promise<void>) =>
      withBridge(async (bridge) => {
        const { redis } = bridge;
        const hash = "p.owner:{tenants}";
        const change = (suffix: string, value: string) => (id: string) =>
          redis.hset(`${hash}:notices`, `${id}${suffix}`, value);
        await work({
          stores: openUpstash(bridge, { prefix: "p" }),
          spoilNotice: [
            change("", "x"),
            change("", "{}"),
            change("", '{"body":"no JSON","at":1}'),
            change("", '{"body":"{}","at":-1}'),
            change(":attempts", "x"),
            (id) => redis.hdel(`${hash}:notices`, id),
          ],
          spoilTenant: (tenant) => redis.hset(hash, `${tenant}:seen`, '{"health":"fine"}'),
          bury: (count, at) => {
            const ids = Array.from({ length: count }, (_, index) => `old-${index + 1}`);
            const records = ids.flatMap((id) => [id, '{"body":"{}","at":1}']);
            const words = ids.flatMap((id) => [`${id}:attempts`, "1", `${id}:error`, "timeout"]);
            return redis.pipeline()
              .hset(`${hash}:notices`, ...records, ...words)
              .zadd(`${hash}:notices:buried`, ...ids.flatMap((id) => [at, id]))
              .exec();
          },
        });
      }),
  },
] as const;

function test(name: string, work: (spoiled: Spoiled) => Promise<void>): void {
  for (const backend of BACKENDS) {
    const { ignore } = backend;
    Deno.test({ name: `${name}: ${backend.name}`, ignore, fn: () => backend.use(work) });
  }
}

test("notices that nobody can read are set aside, and the others are taken", async ({ stores, spoilNotice }) => {
  const { notices } = stores;
  const bad = spoilNotice.map((_, index) => `bad-${index}`);
  await putNotices(stores, ...bad.map((id) => [id, NOW] as const), ["good", NOW + 1]);
  for (const [index, spoil] of spoilNotice.entries()) await spoil(bad[index]!);
  const taken = [];
  for (let look = 0; look < bad.length + 1; look++) {
    taken.push(...await notices.take(NOW + 1, 1, NOW + MINUTE));
  }
  assert.deepEqual(taken.map(({ id }) => id), ["good"]);
  assert.equal((await notices.count()).waiting, 1);
  await notices.done("good");
  assert.deepEqual(await notices.take(NOW + MINUTE, 10, NOW + 2 * MINUTE), []);
});

test("a notice that was set aside is counted, hides no other, and can be tried again", async ({ stores, spoilNotice: [spoil] }) => {
  const { notices } = stores;
  await putNotices(stores, ["bad", NOW], ["dead", NOW]);
  await notices.bury("dead", NOW, "status_410");
  await spoil!("bad");
  assert.deepEqual(await notices.take(NOW, 10, NOW + MINUTE), []);
  assert.deepEqual(await notices.count(), { waiting: 0, buried: 2 });
  assert.deepEqual((await notices.buried(10)).map(({ id }) => id), ["dead"]);
  assert.equal(await notices.revive("bad", NOW), true);
  assert.deepEqual(await notices.take(NOW, 10, NOW + MINUTE), []);
  assert.deepEqual(await notices.count(), { waiting: 0, buried: 2 });
});

test("of the buried ten thousand stay, the newest", async ({ stores, bury }) => {
  const { notices } = stores;
  await bury(10_000, NOW - 5);
  await putNotices(stores, ["x", NOW], ["y", NOW]);
  assert.deepEqual(await notices.count(), { waiting: 2, buried: 10_000 });
  await notices.bury("x", NOW, "timeout");
  await notices.bury("y", NOW + 1, "timeout");
  assert.deepEqual(await notices.count(), { waiting: 0, buried: 10_000 });
  // The others were not sealed by us: counted and kept, but nobody is shown them.
  assert.deepEqual((await notices.buried(20_000)).map(({ id }) => id), ["y", "x"]);
  const kept: string[] = [];
  for (const id of ["old-1", "old-10", "old-100", "old-10000"]) {
    if (await notices.revive(id, NOW)) kept.push(id);
  }
  assert.deepEqual(kept, ["old-100", "old-10000"]);
});

test("a tenant whose standing nobody can read is as if it were gone to those who follow", async ({ stores: { tenants }, spoilTenant }) => {
  await tenants.put(CONSENT, null);
  await tenants.put({ ...CONSENT, contextIdentifier: tenantOf(2) }, notice("a"));
  await tenants.mark(tenantOf(2), NOW, WITHDRAWN, null);
  await spoilTenant(TENANT);
  assert.deepEqual(await tenants.changes(0, 10), {
    newest: 3,
    changes: [
      { tenant: TENANT, number: 1, standing: null },
      { tenant: tenantOf(2), number: 3, standing: WITHDRAWN },
    ],
  });
  await assert.rejects(tenants.get(TENANT), assertReason("unreadable"));
});
