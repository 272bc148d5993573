/** A change that fails leaves the file to the next one, its own connection's and another's. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { EMPTY_TREE } from "../../../src/domain/merkle.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { OWNER, SEALING, withFolder } from "./backends.ts";
import { append, CONSENT, tenantOf, treeOf } from "./samples.ts";

/** What runtimes before Deno 2.6 do not have. */
const IS_TRANSACTION = "isTransaction";

function isCommand(error: unknown): boolean {
  return error instanceof PartFault && error.reason === "command";
}

async function failThenWrite(folder: string): Promise<void> {
  const path = `${folder}/data.sqlite`;
  const one = openSqlite({ path, sealing: SEALING, owner: OWNER, busyTimeoutMs: 50 });
  const two = openSqlite({ path, sealing: SEALING, owner: OWNER, busyTimeoutMs: 50 });
  for (let round = 0; round < 3; round++) {
    const halfBad = append(EMPTY_TREE, ["good", "cut\0here"]);
    await assert.rejects(one.ledger.append(EMPTY_TREE, halfBad), isCommand);
    const contextIdentifier = tenantOf(round);
    assert.equal((await two.tenants.put({ ...CONSENT, contextIdentifier }, null)).kind, "stored");
    await one.tenants.remove(contextIdentifier, null);
  }
  assert.deepEqual(await one.ledger.head(), EMPTY_TREE);
  await one.ledger.append(EMPTY_TREE, append(EMPTY_TREE, ["good"]));
  assert.deepEqual(await two.ledger.head(), treeOf(["good"]));
  one.close();
  two.close();
}

Deno.test("after a change that failed the same and another connection can write", () =>
  withFolder(failThenWrite));

Deno.test("so they can where the runtime does not say whether a transaction is open", () =>
  withFolder(async (folder) => {
    const known = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, IS_TRANSACTION);
    const unknown = { value: undefined, configurable: true };
    Object.defineProperty(DatabaseSync.prototype, IS_TRANSACTION, unknown);
    try {
      await failThenWrite(folder);
    } finally {
      Reflect.deleteProperty(DatabaseSync.prototype, IS_TRANSACTION);
      if (known !== undefined) Object.defineProperty(DatabaseSync.prototype, IS_TRANSACTION, known);
    }
  }));
