/** What every store of the credentials' record promises. */

import assert from "node:assert/strict";
import { newRecord, withWork } from "../../../src/domain/credential_record.ts";
import type { CredentialStore } from "../../../src/usecases/credential_ports.ts";
import type { Facts } from "./contract.ts";

const EMPTY = { ...newRecord({ key: "key/1", secret: "client_secret:1" }), writing: "first" };
const OLD = { ...withWork(EMPTY, { key: "key/1" }, 1000, false), triedAt: 7, writing: "old" };
const UNTOLD = {
  changes: [{ from: "key/1", to: "key/2" }],
  requestId: null,
  at: 2000,
  teller: "teller",
};
const MARKED = {
  ...withWork(OLD, { key: "key/2" }, 2000, true),
  untold: UNTOLD,
  writing: "marked",
};
const NEW = { ...withWork(OLD, { key: "key/2" }, 2000, true), writing: "new" };

export const credentialStoreFacts: Facts<CredentialStore> = {
  async "knows nothing at first"(store) {
    assert.equal(await store.get(), null);
  },
  async "gives back the record that was put there"(store) {
    assert.equal(await store.swap(null, OLD), true);
    assert.deepEqual(await store.get(), OLD);
    assert.equal(await store.swap(OLD, MARKED), true);
    assert.deepEqual(await store.get(), MARKED);
    assert.equal(await store.swap(MARKED, NEW), true);
    assert.deepEqual(await store.get(), NEW);
  },
  async "replaces only the record that is expected"(store) {
    assert.equal(await store.swap(OLD, NEW), false);
    assert.equal(await store.get(), null);
    await store.swap(null, OLD);
    assert.equal(await store.swap(null, NEW), false);
    assert.equal(await store.swap({ ...OLD, writing: "another" }, NEW), false);
    assert.deepEqual(await store.get(), OLD);
  },
  async "lets one of many win"(store) {
    const swaps = Array.from(
      { length: 8 },
      (_, place) => store.swap(null, { ...OLD, writing: `${place}` }),
    );
    assert.equal((await Promise.all(swaps)).filter((isOurs) => isOurs).length, 1);
  },
};
