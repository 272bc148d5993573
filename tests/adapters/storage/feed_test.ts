/**
 * A hundred thousand tenants, read in pages while a thousand more consent: none is missed, none comes
 * twice. Most are copies of one that was really put, written past the store: only their number matters.
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import type { TenantStore } from "../../../src/usecases/ports.ts";
import { requires } from "../../support/requirement.ts";
import type { Bridge } from "../../support/upstash_bridge.ts";
import { openUpstash, OWNER, SEALING, withBridge, withFolder } from "./backends.ts";
import { CONSENT, tenantOf } from "./samples.ts";

const SEEDED = 100_000;
const MORE = 1_000;
const PAGE = 1_000;
/** Consent at once. */
const WRITERS = 20;

Deno.test("100,000 tenants are listed while 1,000 consent: none missed, none twice: SQLite", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const open = () => openSqlite({ path, sealing: SEALING, owner: OWNER, busyTimeoutMs: 10_000 });
    await feed(open, () => seedSqlite(path));
  }));

Deno.test({
  name: "100,000 tenants are listed while 1,000 consent: none missed, none twice: Upstash",
  ...requires("redis-server"),
  fn: () =>
    withBridge((bridge) => feed(() => openUpstash(bridge, { prefix: "p" }), () => seed(bridge))),
});

async function feed(open: () => Stores, seedOthers: () => void | Promise<void>): Promise<void> {
  const [reader, writer] = [open(), open()];
  await writer.tenants.put({ ...CONSENT, contextIdentifier: tenantOf(1) }, null);
  await seedOthers();
  const atTheEnd = Promise.withResolvers<void>();
  let isOver = false;
  const over = consentAll(writer.tenants, atTheEnd.promise).finally(() => isOver = true);
  const names: string[] = [];
  let after = 0;
  for (;;) {
    const wasOver = isOver;
    const page = await reader.tenants.list(after, PAGE);
    for (const { sequence, contextIdentifier } of page) {
      assert.ok(sequence > after, "a sequence that does not grow");
      after = sequence;
      names.push(contextIdentifier);
    }
    if (after >= SEEDED) atTheEnd.resolve();
    if (page.length === 0 && wasOver) break;
    // SQLite answers at once: without this the reader would leave the writers no turn.
    await new Promise((resolve) => setTimeout(resolve));
  }
  await over;
  assert.deepEqual(names.slice(0, SEEDED), namesOf(1, SEEDED));
  assert.deepEqual(names.slice(SEEDED).sort(), namesOf(SEEDED + 1, SEEDED + MORE).sort());
  assert.equal(after, SEEDED + MORE);
  await assertFollowed(reader.tenants);
  writer.close();
  reader.close();
}

/** Half of them at once, half when the reader has come to the end, so that they meet there. */
async function consentAll(tenants: TenantStore, atTheEnd: Promise<void>): Promise<void> {
  const consent = async (first: number, last: number) => {
    for (let number = first; number <= last; number++) {
      await tenants.put({ ...CONSENT, contextIdentifier: tenantOf(number) }, null);
    }
  };
  const each = MORE / 2 / WRITERS;
  const write = (from: number) =>
    Promise.all(Array.from({ length: WRITERS }, (_, index) => {
      const first = SEEDED + from + index * each + 1;
      return consent(first, first + each - 1);
    }));
  await write(0);
  await atTheEnd;
  await write(MORE / 2);
}

/** Whoever has followed the changes of those that were there before learns of exactly the others. */
async function assertFollowed(tenants: TenantStore): Promise<void> {
  const { newest, changes } = await tenants.changes(SEEDED, MORE + 1);
  assert.equal(newest, SEEDED + MORE);
  assert.deepEqual(
    changes.map(({ number }) => number),
    Array.from({ length: MORE }, (_, index) => SEEDED + index + 1),
  );
}

function namesOf(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `Cust${first + index}`);
}

/** Copies the one row there is. */
function seedSqlite(path: string): void {
  const database = new DatabaseSync(path);
  const columns = database.prepare("SELECT name FROM pragma_table_info('tenants')").all()
    .map(({ name }) => String(name))
    .filter((name) => !["sequence", "context_identifier"].includes(name)).join(", ");
  database.exec(`
    BEGIN IMMEDIATE;
    WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${SEEDED})
      INSERT INTO tenants (context_identifier, ${columns})
      SELECT 'Cust' || i, ${columns} FROM n, (SELECT * FROM tenants) ORDER BY i;
    INSERT INTO tenant_changes (context_identifier)
      SELECT context_identifier FROM tenants WHERE sequence > 1 ORDER BY sequence;
    COMMIT`);
  database.close();
}

/** Copies the fields of the one tenant there is. */
async function seed({ redis }: Bridge): Promise<void> {
  const hash = "p.owner:{tenants}";
  const all = await redis.call("HGETALL", hash) as string[];
  const fields = Array.from({ length: all.length / 2 }, (_, at) => all.slice(2 * at, 2 * at + 2))
    .filter(([field]) => field!.startsWith("Cust1:"));
  assert.equal(fields.length, 7);
  for (let first = 2; first <= SEEDED; first += PAGE) {
    const numbers = Array.from(
      { length: Math.min(PAGE, SEEDED - first + 1) },
      (_, index) => first + index,
    );
    const copies = numbers.flatMap((number) =>
      fields.flatMap(([field = "", value = ""]) => [
        field.replace("Cust1:", `Cust${number}:`),
        field === "Cust1:sequence"
          ? String(number)
          : value.replace(/^1 /, `${number} `).replace('"Cust1"', `"Cust${number}"`),
      ])
    );
    const places = numbers.flatMap((number) => [number, `Cust${number}`]);
    await redis.pipeline().hset(hash, ...copies).zadd(`${hash}:order`, ...places)
      .zadd(`${hash}:changes`, ...places).exec();
  }
  await redis.hset(hash, "sequence", SEEDED, "change", SEEDED);
}
