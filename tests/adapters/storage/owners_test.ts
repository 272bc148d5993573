/** One store is one environment's and one application's. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { parseConfig } from "../../../src/config.ts";
import { sha256Hex } from "../../../src/domain/signed_text.ts";
import { openStores } from "../../../src/parts_stores.ts";
import { requires } from "../../support/requirement.ts";
import { openUpstash, SEALING, withBridge, withFolder } from "./backends.ts";
import { CONSENT, NOW, TENANT, ticket } from "./samples.ts";
import { takeBack } from "./sqlite_versions.ts";

const ANOTHERS = {
  message: "Cannot open the store: it belongs to another environment or application",
};

Deno.test("a SQLite file keeps its first owner and refuses every other", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const first = openSqlite({ path, sealing: SEALING, owner: "sod-1" });
    await first.tenants.put(CONSENT, null);
    for (const owner of ["sod-2", "online-1", ""]) {
      assert.throws(() => openSqlite({ path, sealing: SEALING, owner }), ANOTHERS);
    }
    first.close();
    assert.throws(() => openSqlite({ path, sealing: SEALING, owner: "online-1" }), ANOTHERS);
    const again = openSqlite({ path, sealing: SEALING, owner: "sod-1" });
    assert.equal((await again.tenants.get(TENANT))?.sequence, 1);
    again.close();
  }));

Deno.test("a SQLite file from before there were owners becomes its next opener's", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const before = openSqlite({ path, sealing: SEALING, owner: "sod-1" });
    await before.tenants.put(CONSENT, null);
    before.close();
    takeBack(path, 1);
    const adopted = openSqlite({ path, sealing: SEALING, owner: "online-1" });
    assert.equal((await adopted.tenants.get(TENANT))?.sequence, 1);
    adopted.close();
    assert.throws(() => openSqlite({ path, sealing: SEALING, owner: "sod-1" }), ANOTHERS);
  }));

Deno.test({
  name: "two owners of one Redis share no key",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const one = openUpstash(bridge, { prefix: "p", owner: "sod-1" });
      const two = openUpstash(bridge, { prefix: "p", owner: "online-1" });
      await one.tenants.put(CONSENT, null);
      await one.tickets.publish(TENANT, "owner", ticket(1));
      assert.equal(await two.tenants.get(TENANT), null);
      assert.equal(await two.tickets.get(TENANT, NOW), null);
      await two.tenants.put(CONSENT, null);
      await two.tenants.remove(TENANT, null);
      assert.notEqual(await one.tenants.get(TENANT), null);
      assert(await bridge.redis.exists("p.sod-1:{tenants}"));
    }),
});

Deno.test("an owner that does not fit a key is refused", () => {
  const bridge = { url: "http://127.0.0.1:1", token: "t" };
  for (const owner of ["", "a{b", "a:b", "a".repeat(64)]) {
    assert.throws(() => openUpstash(bridge, { owner }), TypeError, owner);
  }
});

Deno.test("the service's owner is the environment and, by digest, the client id", () =>
  withFolder(async (folder) => {
    const open = async (environment: string, clientId: string, dataDir: string) => {
      const parsed = parseConfig({
        SUPEROFFICE_ENVIRONMENT: environment,
        SUPEROFFICE_CLIENT_ID: clientId,
        SUPEROFFICE_CLIENT_SECRET: "fedcba9876543210fedcba9876543210",
        SUPEROFFICE_URL: environment === "simulator" ? "" : "https://superoffice.example",
        SIGNING_KEY_FILE: "/app.pem",
        CALLERS: CALLERS,
        DATA_DIR: `${folder}/${dataDir}`,
      }, () => "-----BEGIN PRIVATE KEY-----");
      assert(parsed.ok, JSON.stringify(parsed));
      (await openStores(parsed.config)).close();
    };
    await open("sod", "client-one", "sod");
    assert.equal(ownerOf(folder, "sod"), `sod-${sha256Hex("client-one").slice(0, 12)}`);
    await open("sod", "client-one", "sod");
    await assert.rejects(open("sod", "client-two", "sod"), ANOTHERS);
    await assert.rejects(open("simulator", "client-one", "sod"), ANOTHERS);
    await open("simulator", "client-one", "sandbox");
    assert.equal(ownerOf(folder, "sandbox"), "simulator");
  }));

const CALLERS = JSON.stringify({
  callers: [{ id: "a", api_key_sha256: ["ab".repeat(32)], tenants: ["*"], may: ["ticket"] }],
});

function ownerOf(folder: string, dataDir: string): unknown {
  const database = new DatabaseSync(`${folder}/${dataDir}/box-office.sqlite`);
  try {
    return database.prepare("SELECT name FROM owner").get()?.name;
  } finally {
    database.close();
  }
}
