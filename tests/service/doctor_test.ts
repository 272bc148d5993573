/**
 * What the doctor finds: nothing in a healthy installation, and in one whose files, store or ledger have
 * a fault just that, whatever else is checked.
 */

import assert from "node:assert/strict";
import { newRecord, recordText, withWork } from "../../src/domain/credential_record.ts";
import { DatabaseSync } from "node:sqlite";
import type { ContextId } from "../../src/domain/context_id.ts";
import { openStores } from "../../src/parts_stores.ts";
import { takeBack } from "../adapters/storage/sqlite_versions.ts";
import {
  assertFound,
  configOf,
  findings,
  ills,
  OWN,
  type Planted,
  withWorld,
  type World,
} from "../support/doctor_world.ts";
import { TENANT } from "../support/service.ts";
import { addStoredTenant } from "../support/stored_tenants.ts";

function versionIn(path: string): unknown {
  const file = new DatabaseSync(path, { readOnly: true });
  const found = file.prepare("PRAGMA user_version").get()?.["user_version"];
  file.close();
  return found;
}

const OF_THE_STORE = [
  "store",
  "sealing_keys",
  "tokens",
  "notices",
  "ledger_key",
  "ledger",
  "credentials",
];

/** A store that opening would change, and the doctor must not. */
function untouched(fault: string, spoil: (path: string) => void): Planted {
  let [path, before]: [string, unknown] = ["", null];
  return {
    fault,
    async plant(world) {
      const { DATA_DIR } = await database(() => {}).plant(world);
      path = `${DATA_DIR}/box-office.sqlite`;
      spoil(path);
      before = versionIn(path);
      return { DATA_DIR };
    },
    heal: () => assert.equal(versionIn(path), before),
    finds: Object.fromEntries(
      OF_THE_STORE.map((name) => [
        name,
        "problem",
      ]),
    ),
    says: /it is empty or an older version's/,
  };
}

/** A copy of the data directory with something done to its database. */
const database = (work: (database: DatabaseSync) => void) => ({
  async plant({ service, folder }: World) {
    const copy = `${folder}/${crypto.randomUUID()}`;
    await Deno.mkdir(copy, { mode: 0o700 });
    const source = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
    source.exec(`VACUUM INTO '${copy}/box-office.sqlite'`);
    source.close();
    await Deno.chmod(`${copy}/box-office.sqlite`, 0o600);
    for (const name of ["sealing.key", "ledger.key"]) {
      await Deno.copyFile(`${service.dataDir}/${name}`, `${copy}/${name}`);
    }
    const changed = new DatabaseSync(`${copy}/box-office.sqlite`);
    work(changed);
    changed.close();
    return { DATA_DIR: copy };
  },
});

const PLANTED: readonly Planted[] = [
  {
    fault: "a key file that others may read",
    plant: ({ service }) => Deno.chmodSync(`${service.dataDir}/sealing.key`, 0o640),
    heal: ({ service }) => Deno.chmodSync(`${service.dataDir}/sealing.key`, 0o600),
    finds: { files: "problem" },
    says: /sealing\.key/,
  },
  {
    fault: "a folder that others may write to",
    plant: ({ service }) => Deno.chmodSync(service.dataDir, 0o770),
    heal: ({ service }) => Deno.chmodSync(service.dataDir, 0o700),
    finds: { files: "problem" },
    says: /may put files under DATA_DIR/,
  },
  {
    fault: "a sealing key that is gone",
    plant: () => ({ SEALING_KEYS: `other:${new Uint8Array(32).fill(9).toBase64()}` }),
    finds: { sealing_keys: "problem", tokens: "problem" },
    says: /1 × system user token under generated/,
  },
  {
    fault: "another sealing key of the same name",
    plant: () => ({ SEALING_KEYS: `generated:${new Uint8Array(32).fill(9).toBase64()}` }),
    finds: { tokens: "problem" },
    says: new RegExp(TENANT),
  },
  {
    fault: "values under an older key",
    plant: ({ service }) => {
      const generated = Deno.readTextFileSync(`${service.dataDir}/sealing.key`).trim();
      const newer = new Uint8Array(32).fill(9).toBase64();
      return { SEALING_KEYS: `newer:${newer},generated:${generated}` };
    },
    finds: { sealing_keys: "warning" },
    says: /cli store reseal/,
  },
  {
    fault: "a ledger entry that was changed",
    ...database((it) => {
      it.exec("DROP TRIGGER ledger_leaves_keep");
      it.exec(
        `UPDATE ledger_leaves SET leaf = replace(leaf, 'consent', 'assent') WHERE position = 0`,
      );
    }),
    finds: { ledger: "problem" },
    says: /entry 0/,
  },
  {
    fault: "a ledger whose end is gone",
    ...database((it) => {
      it.exec("DROP TRIGGER ledger_leaves_stay");
      it.exec("DELETE FROM ledger_leaves WHERE position > 1");
    }),
    finds: { ledger: "problem" },
  },
  {
    fault: "another ledger key",
    plant: () => ({ LEDGER_KEY: new Uint8Array(32).fill(9).toBase64() }),
    finds: { ledger_key: "problem" },
    says: /not signed by this key/,
  },
  {
    fault: "another name of the log",
    plant: () => ({ LEDGER_ORIGIN: "elsewhere.example.com/ledger" }),
    finds: { ledger_key: "problem" },
    says: /elsewhere\.example\.com/,
  },
  {
    fault: "a message that was given up",
    ...database((it) =>
      it.exec(
        "INSERT INTO notices (id, body, at, error, buried_at) VALUES ('msg_1', 'v1.generated.x', 1, 'x', 1)",
      )
    ),
    finds: { notices: "warning" },
    says: /1 messages/,
  },
  {
    fault: "the environment of before a rotation",
    plant: (world) =>
      database((it) => {
        const [inUse, at] = [world.kms.keyVersion.replace(/1$/, "2"), Date.now()];
        const first = newRecord({ key: inUse, secret: "client_secret:0" });
        const record = withWork(first, { key: inUse }, at, true);
        it.prepare("INSERT OR REPLACE INTO ledger_notes (name, text) VALUES ('credentials', ?)")
          .run(recordText(record));
      }).plant(world),
    finds: { credentials: "warning" },
    says: /the instances use .*Versions\/2, which is not in KMS_KEY_VERSION or KMS_STANDBY/,
  },
  {
    fault: "a database of another application",
    plant: () => ({ SUPEROFFICE_CLIENT_ID: "another" }),
    finds: Object.fromEntries(
      OF_THE_STORE.map((name) => [
        name,
        "problem",
      ]),
    ),
    says: /belongs to another environment or application\. Look at DATA_DIR, SUPEROFFICE_ENV/,
  },
  untouched("an empty file for a store", (path) => Deno.writeFileSync(path, new Uint8Array())),
  untouched("a store that an older version wrote", (path) => takeBack(path, 3)),
  {
    fault: "a store that was never opened",
    plant: ({ folder }) => ({ DATA_DIR: `${folder}/nothing` }),
    finds: Object.fromEntries(
      OF_THE_STORE.map((name) => [
        name,
        "problem",
      ]),
    ),
    says: /no store under DATA_DIR yet\. Start the service once/,
  },
];

Deno.test("the doctor finds nothing in a healthy installation, and in another what is wrong", (test) =>
  withWorld(async (world) => {
    const { env } = world;
    await test.step("nothing", async () => {
      for (const signers of [[], [OWN]]) {
        const found = await findings(env, signers);
        assert.deepEqual(ills(found), {}, JSON.stringify(found));
        assert.ok(found.length >= 13);
        assert.ok(found.every(({ remedy }) => remedy === null));
      }
    });
    await assertFound(test, world, PLANTED);
  }));

Deno.test("of many tenants the tokens of the oldest and of the newest are opened", () =>
  withWorld(async (world) => {
    const config = configOf(world.env);
    const stores = await openStores(config);
    const tenants: ContextId[] = [];
    for (let number = 900; number < 970; number++) {
      tenants.push(await addStoredTenant({ stores }, number));
    }
    // The order of consent has gaps, at its end, too.
    for (const gone of [...tenants.slice(25, 43), ...tenants.splice(-2)]) {
      await stores.tenants.remove(gone, null);
    }
    const tokens = async () => (await findings(world.env)).find(({ check }) => check === "tokens")!;
    assert.equal((await tokens()).text, "40 tokens looked at, all open");
    stores.close();
    const newest = tenants.at(-1)!;
    const file = new DatabaseSync(`${world.service.dataDir}/box-office.sqlite`);
    file.prepare("UPDATE tenants SET serial = 'another' WHERE context_identifier = ?").run(newest);
    file.close();
    assert.match((await tokens()).text, new RegExp(`^the tokens of ${newest} do not open$`));
  }));
