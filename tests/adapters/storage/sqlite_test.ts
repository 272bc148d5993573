/** What SQLite adds to the contracts: a file that several processes share and that stays small. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { toFault } from "../../../src/adapters/storage/sqlite_connection.ts";
import { EMPTY_TREE } from "../../../src/domain/merkle.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { OWNER, SEALING, withFolder } from "./backends.ts";
import { appendAll } from "./ledger_store_contract.ts";
import {
  append,
  assertReason,
  CONSENT,
  NOW,
  PENDING,
  refused,
  request,
  TENANT,
  tenantOf,
  ticket,
  treeOf,
} from "./samples.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The file as an operator's tool sees it. */
function inspect<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function countOf(path: string, table: string): number {
  return inspect(
    path,
    (database) => database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count as number,
  );
}

Deno.test("the file and its folder are the owner's only", () =>
  withFolder(async (folder) => {
    const path = `${folder}/made/for/it/data.sqlite`;
    const { ledger, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await appendAll(ledger, ["leaf"]);
    for (const name of ["", "-wal", "-shm"]) {
      assert.equal(Deno.statSync(path + name).mode! & 0o777, 0o600, name);
    }
    close();
    for (const made of ["made", "made/for", "made/for/it"]) {
      assert.equal(Deno.statSync(`${folder}/${made}`).mode! & 0o777, 0o700, made);
    }
  }));

Deno.test("what was stored is there after closing and opening", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const first = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await first.tenants.put(CONSENT, null);
    await first.tickets.publish(TENANT, "owner", ticket(3));
    await first.ledger.append(EMPTY_TREE, append(EMPTY_TREE, ["leaf"]));
    await first.consents.begin("state", PENDING, NOW + 1_000, NOW);
    first.close();
    const second = openSqlite({ path, sealing: SEALING, owner: OWNER });
    assert.equal((await second.tenants.get(TENANT))?.sequence, 1);
    assert.deepEqual(await second.tickets.get(TENANT, NOW), ticket(3));
    assert.deepEqual(await second.ledger.head(), treeOf(["leaf"]));
    assert.deepEqual(await second.consents.take("state", NOW), PENDING);
    second.close();
  }));

Deno.test("a file that is no database is a fault without its path", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    await Deno.writeTextFile(path, "MARK ".repeat(1_000));
    assert.throws(
      () => openSqlite({ path, sealing: SEALING, owner: OWNER }),
      assertReason("command"),
    );
    assert.throws(
      () => openSqlite({ path: "/proc/x/y", sealing: SEALING, owner: OWNER }),
      (error: Error) => {
        assert.doesNotMatch(`${error.stack}`, /\/proc\/x/);
        return error instanceof PartFault;
      },
    );
  }));

Deno.test("two connections of one file take turns", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const one = openSqlite({ path, sealing: SEALING, owner: OWNER });
    const two = openSqlite({ path, sealing: SEALING, owner: OWNER });
    const names = Array.from({ length: 20 }, (_, index) => `leaf ${index}`);
    await Promise.all(
      names.map((name, index) => appendAll((index % 2 === 0 ? one : two).ledger, [name])),
    );
    const leaves = await one.ledger.read(-1, 100);
    assert.deepEqual([...leaves].sort(), [...names].sort());
    assert.deepEqual(await two.ledger.head(), treeOf(leaves));
    const asked = await Promise.all([
      one.tickets.lease(TENANT, request({ owner: "one" })),
      two.tickets.lease(TENANT, request({ owner: "two" })),
    ]);
    assert.deepEqual(asked.map(({ kind }) => kind).sort(), ["lease", "wait"]);
    one.close();
    two.close();
  }));

Deno.test("four processes that start together share one new file correctly", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const racers = ["1", "2", "3", "4"].map((name) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", import.meta.resolve("./sqlite_racer.ts"), path, name, `${NOW}`],
        stderr: "inherit",
      }).output()
    );
    const answers = (await Promise.all(racers)).map(({ code, stdout }) => {
      assert.equal(code, 0);
      return JSON.parse(new TextDecoder().decode(stdout));
    });
    assert.equal(answers.filter(({ lease }) => lease === "lease").length, 1);
    assert.equal(answers.filter(({ lease }) => lease === "wait").length, 3);
    assert.equal(answers.filter(({ claimed }) => claimed).length, 1);
    const stores = openSqlite({ path, sealing: SEALING, owner: OWNER });
    const leaves = await stores.ledger.read(-1, 1_000);
    assert.equal(new Set(leaves).size, 200);
    assert.deepEqual(await stores.ledger.head(), treeOf(leaves));
    const tenants = await stores.tenants.list(0, 100);
    assert.deepEqual(tenants.map(({ sequence }) => sequence), tenants.map((_, at) => at + 1));
    assert.equal(tenants.length, 40);
    const { newest, changes } = await stores.tenants.changes(0, 100);
    assert.deepEqual(changes.map(({ number }) => number), tenants.map((_, at) => at + 1));
    assert.equal(newest, 40);
    const taken = await stores.notices.take(NOW, 100, NOW + 1);
    assert.equal(new Set(taken.map(({ id }) => id)).size, 40);
    stores.close();
  }));

Deno.test("a file that another holds for too long is busy, then works again", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const stores = openSqlite({ path, sealing: SEALING, owner: OWNER, busyTimeoutMs: 20 });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(stores.tenants.put(CONSENT, null), assertReason("busy"));
    assert.equal(await stores.tenants.get(TENANT), null);
    other.exec("ROLLBACK");
    other.close();
    assert.equal((await stores.tenants.put(CONSENT, null)).kind, "stored");
    stores.close();
  }));

Deno.test("SQLite's own errors become one word each", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (a TEXT PRIMARY KEY) STRICT; PRAGMA max_page_count = 4");
  const reasonOf = (work: () => void): string => {
    try {
      work();
    } catch (error) {
      return toFault(error).reason;
    }
    return "none";
  };
  const insert = database.prepare("INSERT INTO t VALUES (?)");
  assert.equal(reasonOf(() => insert.run("x".repeat(100_000))), "full");
  assert.equal(reasonOf(() => database.exec(`INSERT INTO t VALUES (zeroblob(100000))`)), "command");
  assert.equal(
    reasonOf(() => database.exec(`INSERT INTO t VALUES (hex(zeroblob(90000)))`)),
    "full",
  );
  insert.run("MARK");
  assert.equal(reasonOf(() => insert.run("MARK")), "command");
  database.close();
});

Deno.test("a change that fails half-way changes nothing", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const stores = openSqlite({ path, sealing: SEALING, owner: OWNER });
    const halfBad = append(EMPTY_TREE, ["good", "cut\0here"]);
    await assert.rejects(stores.ledger.append(EMPTY_TREE, halfBad), assertReason("command"));
    assert.deepEqual(await stores.ledger.head(), EMPTY_TREE);
    assert.deepEqual(await stores.ledger.read(-1, 10), []);
    await appendAll(stores.ledger, ["good"]);
    stores.close();
  }));

Deno.test("a text that SQLite would cut is refused", async () => {
  const stores = openSqlite({ path: ":memory:", sealing: SEALING, owner: OWNER });
  const cut = { ...CONSENT, companyName: "a\0b" };
  await assert.rejects(stores.tenants.put(cut, null), assertReason("command"));
  assert.equal(await stores.tenants.get(TENANT), null);
  stores.close();
});

Deno.test("leaves are neither changed nor removed, whoever tries", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const { ledger, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    const leaves = Array.from({ length: 300 }, (_, index) => `leaf ${index}`);
    await appendAll(ledger, leaves);
    await ledger.forget(256);
    const refused: readonly (readonly [string, RegExp])[] = [
      ["DELETE FROM ledger_leaves", /below the floor only/],
      ["DELETE FROM ledger_hashes", /below the floor only/],
      ["DELETE FROM ledger_hashes WHERE level = 1", /below the floor only/],
      ["UPDATE ledger_leaves SET leaf = 'x'", /never changed/],
      ["UPDATE ledger_hashes SET hash = zeroblob(32)", /never changed/],
    ];
    inspect(path, (database) => {
      for (const [sql, why] of refused) assert.throws(() => database.exec(sql), why, sql);
    });
    assert.deepEqual(await ledger.read(255, 100), leaves.slice(256));
    close();
  }));

Deno.test("a leaf beyond the head is not there, whoever wrote it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const { ledger, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await appendAll(ledger, ["one", "two"]);
    inspect(path, (database) => database.exec("INSERT INTO ledger_leaves VALUES (2, 'three')"));
    assert.deepEqual(await ledger.read(-1, 10), ["one", "two"]);
    assert.deepEqual(await ledger.read(1, 10), []);
    close();
  }));

Deno.test("what is over is removed by the calls that follow", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const { tickets, consents, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    for (let index = 0; index < 10; index++) {
      const tenant = tenantOf(index);
      await tickets.lease(tenant, request());
      await tickets.publish(tenant, "owner-1", ticket(1, { contextIdentifier: tenant }));
      await consents.begin(`state-${index}`, PENDING, NOW + 1_000, NOW);
      await consents.claim(`digest-${index}`, NOW + 1_000, NOW);
      const finished = { contextIdentifier: tenant, isRenewed: false };
      await consents.finish(`browser-${index}`, finished, NOW + 1_000, NOW);
    }
    assert.equal(countOf(path, "tickets"), 10);
    assert.equal(countOf(path, "tickets WHERE ticket IS NOT NULL"), 10);
    await tickets.lease(tenantOf(99), request({ now: NOW + DAY_MS }));
    assert.equal(countOf(path, "tickets WHERE ticket IS NOT NULL"), 0);
    assert.equal(countOf(path, "tickets"), 11);
    await consents.claim("another", NOW + 2 * DAY_MS, NOW + DAY_MS);
    assert.equal(countOf(path, "consent_states"), 0);
    assert.equal(countOf(path, "consent_claims"), 1);
    assert.equal(countOf(path, "consent_finished"), 0);
    // A week unused, its own row goes as well, and then there is nothing to invalidate.
    await tickets.invalidate(tenantOf(99), NOW + 8 * DAY_MS);
    assert.equal(countOf(path, "tickets"), 0);
    close();
  }));

Deno.test("generations are remembered for a week without any ticket", async () => {
  const { tickets, close } = openSqlite({ path: ":memory:", sealing: SEALING, owner: OWNER });
  await tickets.lease(TENANT, request());
  await tickets.refuse(TENANT, refused({ forMs: 1_000 }));
  const answer = await tickets.lease(TENANT, request({ now: NOW + 7 * DAY_MS - 1 }));
  assert.deepEqual(answer, { kind: "lease", generation: 2 });
  close();
});

Deno.test("rows that are none of ours are unreadable, never a miss", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const { tenants, tickets, ledger, close } = openSqlite({
      path,
      sealing: SEALING,
      owner: OWNER,
    });
    await tenants.put(CONSENT, null);
    await tickets.publish(TENANT, "owner", ticket(1));
    await appendAll(ledger, ["one", "two"]);
    const bent = (sql: string, ask: () => Promise<unknown>) => {
      inspect(path, (database) => database.exec(sql));
      return assert.rejects(ask(), assertReason("unreadable"), sql);
    };
    await bent("UPDATE tenants SET health = 'fine'", () => tenants.get(TENANT));
    await bent("UPDATE tenants SET health = 'fine'", () => tenants.list(0, 10));
    await bent("UPDATE tenants SET health = 'moved', tickets_from = -1", () => tenants.get(TENANT));
    await bent("UPDATE tickets SET ticket = 'v1.k1.AAAA'", () => tickets.get(TENANT, NOW));
    await bent("UPDATE tickets SET ticket = 'plain'", () => tickets.lease(TENANT, request()));
    await bent("UPDATE ledger_head SET frontier = '[]'", () => ledger.head());
    await bent(
      "DROP TRIGGER ledger_leaves_stay; DELETE FROM ledger_leaves WHERE position = 0",
      () => ledger.read(-1, 10),
    );
    await tickets.invalidate(TENANT, NOW);
    assert.equal((await tickets.lease(TENANT, request())).kind, "lease");
    close();
  }));
