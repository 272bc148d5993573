/** The operator's commands as processes: what they exit with, and what they leave behind. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createJsonLog } from "../../src/adapters/logging/json_lines.ts";
import { parseConfig } from "../../src/config.ts";
import { createThreadHost } from "../../src/adapters/signing/kms_host.ts";
import { openLedger } from "../../src/parts.ts";
import { openStores } from "../../src/parts_stores.ts";
import { type Exit, runTask } from "../support/processes.ts";

const STORE = "box-office.sqlite";
const READERS = ["export", "verify", "checkpoint"] as const;

/** A folder as the service leaves it: store, both keys. */
async function withFolder(deed: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const parsed = parseConfig({ DATA_DIR: folder }, () => null);
    assert.ok(parsed.ok);
    const stores = await openStores(parsed.config);
    const url = new URL("http://localhost:8000");
    const log = createJsonLog({ level: "off" });
    await openLedger(parsed.config, url, stores, log, createThreadHost());
    stores.close();
    await deed(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const cli = (folder: string, ...args: string[]): Promise<Exit> =>
  runTask("cli", { env: { DATA_DIR: folder }, args });

const filesIn = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();

function assertRefused({ code, stdout, stderr }: Exit, expected: RegExp): void {
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, expected);
  assert.match(stderr, /^Cannot [^\n]+: [^\n]+\n$/);
}

Deno.test("reading the ledger makes no keys in a folder that holds only the store", async () => {
  for (const key of ["ledger.key", "sealing.key"]) {
    await withFolder(async (folder) => {
      assert.deepEqual(filesIn(folder), [STORE, "ledger.key", "sealing.key"]);
      Deno.removeSync(`${folder}/${key}`);
      const before = filesIn(folder);
      const exits = await Promise.all(READERS.map((verb) => cli(folder, "ledger", verb)));
      for (const exit of exits) assertRefused(exit, new RegExp(`no ${key} under DATA_DIR`));
      assert.deepEqual(filesIn(folder), before);
    });
  }
});

Deno.test("with its keys an empty ledger is read, and nothing is left beside them", async () => {
  await withFolder(async (folder) => {
    const before = filesIn(folder);
    assert.deepEqual(await cli(folder, "ledger", "export"), {
      code: 0,
      signal: null,
      stdout: "",
      stderr: "",
    });
    assert.deepEqual(filesIn(folder), before);
    assert.equal((await cli(folder, "ledger", "verify")).code, 1);
  });
});

Deno.test("what is no verdict ends with 2 and one constant sentence, never with 1", async () => {
  await withFolder(async (folder) => {
    const database = new DatabaseSync(`${folder}/${STORE}`);
    database.exec("PRAGMA user_version = 9999");
    database.close();
    for (const verb of READERS) {
      assertRefused(
        await cli(folder, "ledger", verb),
        /^Cannot open the store: a newer version of the program wrote it/,
      );
    }
    assertRefused(await cli(`${folder}/${STORE}`, "ledger", "verify"), /no store under DATA_DIR/);
  });
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/sealing.key`, "*");
    assertRefused(await cli(folder, "ledger", "verify"), /^Cannot run the command: /);
  });
});

Deno.test("options that are not of their form are refused in the same grammar", async () => {
  assertRefused(await cli(".", "ledger", "verify", "--key", "x"), /^Cannot use --key: /);
  assertRefused(await cli(".", "ledger", "verify", "--file", "/none"), /^Cannot read \/none: /);
  assertRefused(
    await cli(".", "caller", "create", "--id", "a b", "--may", "ticket"),
    /^Cannot make the caller: /,
  );
});
