/** Files of the embedded store that another version of the program wrote. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { tilesOfSize } from "../../support/tree_tiles.ts";
import { OWNER, SEALING, withFolder } from "./backends.ts";
import { appendAll } from "./ledger_store_contract.ts";
import {
  CONSENT,
  generationOf,
  notice,
  NOW,
  request,
  TENANT,
  tenantOf,
  ticket,
  treeOf,
  WITHDRAWN,
} from "./samples.ts";
import { takeBack } from "./sqlite_versions.ts";

const FINISHED = { contextIdentifier: TENANT, isRenewed: false };

Deno.test("a file of an older version keeps its generations and leases, and no ticket", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const before = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await before.tickets.publish(TENANT, "owner-0", ticket(3));
    await before.tickets.lease(tenantOf(2), request());
    before.close();
    takeBack(path, 2);
    const { tickets, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    assert.equal(await tickets.get(TENANT, NOW), null);
    const renewal = request({ why: "renewal", replaces: generationOf(3) });
    assert.deepEqual(await tickets.lease(TENANT, renewal), { kind: "lease", generation: 4 });
    assert.equal((await tickets.lease(tenantOf(2), request({ owner: "o2" }))).kind, "wait");
    close();
  }));

Deno.test("tenants of the last version stand as they were left, and can be followed in their order", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const before = openSqlite({ path, sealing: SEALING, owner: OWNER });
    for (const digits of [3, 1, 2]) {
      const consent = {
        ...CONSENT,
        contextIdentifier: tenantOf(digits),
        consentedAt: NOW + digits,
      };
      await before.tenants.put(consent, null);
    }
    await before.tenants.mark(tenantOf(3), NOW + 3, WITHDRAWN, null);
    await before.tickets.publish(TENANT, "owner", ticket(3));
    await before.consents.finish("b", { ...FINISHED, isRenewed: true }, NOW + 1_000, NOW);
    before.close();
    takeBack(path, 5);
    const { tenants, notices, tickets, consents, close } = openSqlite({
      path,
      sealing: SEALING,
      owner: OWNER,
    });
    const standing = (digits: number) => ({
      health: digits === 3 ? "consent_withdrawn" : "connected",
      healthReason: "before",
      healthSince: NOW + digits,
      state: digits === 3 ? WITHDRAWN.state : "Running",
      ticketsFrom: NOW + digits,
    });
    const changes = [3, 1, 2].map((digits, index) => ({
      tenant: tenantOf(digits),
      number: index + 1,
      standing: standing(digits),
    }));
    assert.deepEqual(await tenants.changes(0, 10), { newest: 3, changes });
    const found = await tenants.get(tenantOf(3));
    assert.deepEqual(found?.healthReason, "before");
    assert.equal(found?.systemUserToken.reveal(), CONSENT.systemUserToken.reveal());
    assert.equal(await tenants.mark(tenantOf(1), NOW + 1, WITHDRAWN, notice("a")), true);
    assert.deepEqual((await tenants.changes(3, 10)).changes.map(({ number }) => number), [4]);
    assert.deepEqual(await notices.count(), { waiting: 1, buried: 0 });
    assert.equal(await tickets.get(TENANT, NOW), null);
    assert.equal(await tickets.publish(TENANT, "owner", ticket(3)), "fenced");
    // The last page of a browser of before is not shown again: it held a name.
    assert.equal(await consents.finished("b", NOW), null);
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
