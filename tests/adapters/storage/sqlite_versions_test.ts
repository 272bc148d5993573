/** Files of the embedded store that another version of the program wrote. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { tilesOfSize } from "../../support/tree_tiles.ts";
import { OWNER, SEALING, withFolder } from "./backends.ts";
import { appendAll } from "./ledger_store_contract.ts";
import { generationOf, NOW, request, TENANT, tenantOf, ticket, treeOf } from "./samples.ts";
import { takeBack } from "./sqlite_versions.ts";

Deno.test("a file of an older version keeps its tickets, generations and leases", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const before = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await before.tickets.publish(TENANT, "owner-0", ticket(3));
    await before.tickets.lease(tenantOf(2), request());
    before.close();
    takeBack(path, 2);
    const { tickets, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    assert.deepEqual(await tickets.get(TENANT, NOW), ticket(3));
    const renewal = request({ why: "renewal", replaces: generationOf(3) });
    assert.deepEqual(await tickets.lease(TENANT, renewal), { kind: "lease", generation: 4 });
    assert.equal((await tickets.lease(tenantOf(2), request({ owner: "o2" }))).kind, "wait");
    close();
  }));

Deno.test("a log from before there were tiles gets them, and goes on", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const leaves = Array.from({ length: 600 }, (_, index) => `leaf ${index}`);
    const before = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await appendAll(before.ledger, leaves);
    const wanted = tilesOfSize(600);
    const tiles = await before.ledger.tiles(wanted);
    before.close();
    takeBack(path, 3);
    const { ledger, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    assert.deepEqual(await ledger.tiles(wanted), tiles);
    await appendAll(ledger, ["next"]);
    assert.deepEqual(await ledger.head(), treeOf([...leaves, "next"]));
    close();
  }));

Deno.test("a file of a newer version is refused and left as it is", () =>
  withFolder((folder) => {
    const path = `${folder}/data.sqlite`;
    openSqlite({ path, sealing: SEALING, owner: OWNER }).close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    assert.throws(
      () => openSqlite({ path, sealing: SEALING, owner: OWNER }),
      /a newer version of the program/,
    );
    assert.equal(database.prepare("PRAGMA user_version").get()?.user_version, 99);
    database.close();
    return Promise.resolve();
  }));
