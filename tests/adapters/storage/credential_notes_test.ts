/** Texts where the credentials' record belongs that this program did not write, or not so. */

import assert from "node:assert/strict";
import { createCredentialNotes } from "../../../src/adapters/storage/credential_notes.ts";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { newRecord, recordText } from "../../../src/domain/credential_record.ts";
import type { LedgerStore } from "../../../src/usecases/ports.ts";
import { OWNER, SEALING, withFolder } from "./backends.ts";

const OLD = { ...newRecord({ key: "key/1", secret: "client_secret:1" }), writing: "old" };
const NEW = { ...OLD, writing: "new" };

async function withNote(text: string, work: (ledger: LedgerStore) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const stores = openSqlite({ path: `${folder}/data.sqlite`, sealing: SEALING, owner: OWNER });
    try {
      assert.ok(await stores.ledger.keepNote("credentials", null, text));
      await work(stores.ledger);
    } finally {
      stores.close();
    }
  });
}

Deno.test("what is no record counts as none, and is written over", async () => {
  for (const text of ["", "{garbage", "null", `{"key":{}}`]) {
    await withNote(text, async (ledger) => {
      const credentials = createCredentialNotes(ledger);
      assert.equal(await credentials.get(), null);
      assert.equal(await credentials.swap(OLD, NEW), false);
      assert.equal(await credentials.swap(null, NEW), true);
      assert.deepEqual(await credentials.get(), NEW);
      assert.equal(await credentials.swap(null, OLD), false);
    });
  }
});

Deno.test("a record in other words, or with more of them, is replaced like any", async () => {
  const texts = [JSON.stringify(OLD, null, 1), JSON.stringify({ ...OLD, more: [1] })];
  for (const text of texts) {
    await withNote(text, async (ledger) => {
      const credentials = createCredentialNotes(ledger);
      assert.deepEqual(await credentials.get(), OLD);
      assert.equal(await credentials.swap(null, NEW), false);
      assert.equal(await credentials.swap(NEW, OLD), false);
      assert.equal(await credentials.swap(OLD, NEW), true);
      assert.equal(await ledger.note("credentials"), recordText(NEW));
    });
  }
});
