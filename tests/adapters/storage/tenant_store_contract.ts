/** What every tenant store must do. */

import assert from "node:assert/strict";
import type { Consent } from "../../../src/domain/tenant.ts";
import { Secret } from "../../../src/domain/secret.ts";
import type { TenantStore } from "../../../src/usecases/ports.ts";
import type { Facts } from "./contract.ts";
import { CONSENT, NOW, TENANT, tenantOf } from "./samples.ts";

export const tenantStoreFacts: Facts<TenantStore> = {
  "a tenant that never consented is not there": async (store) => {
    assert.equal(await store.get(TENANT), null);
    assert.deepEqual(await store.list(0, 10), []);
  },

  "a consent comes back whole, connected and running": async (store) => {
    const answer = await store.put(CONSENT);
    const expected = { ...CONSENT, health: "connected", state: "Running", sequence: 1 };
    assert.deepEqual(answer, { kind: "stored", tenant: expected });
    const found = await store.get(TENANT);
    assert.deepEqual(found, expected);
    assert.equal(found?.systemUserToken.reveal(), "system-user-token");
    assert.equal((await store.list(0, 1))[0]?.systemUserToken.reveal(), "system-user-token");
  },

  "texts of every kind come back as they were": async (store) => {
    for (const text of ["OK", "", "null", '"quoted"', "007", "{}", "SELECT 'x'; --"]) {
      await store.put({ ...CONSENT, companyName: text, systemUserToken: new Secret(text) });
      const found = await store.get(TENANT);
      assert.equal(found?.companyName, text);
      assert.equal(found?.systemUserToken.reveal(), text);
    }
  },

  "another serial is a conflict and changes nothing": async (store) => {
    await store.put(CONSENT);
    const before = await store.get(TENANT);
    const other = { ...CONSENT, serial: "999", companyName: "Someone else" };
    assert.deepEqual(await store.put(other), { kind: "serial_conflict" });
    assert.deepEqual(await store.get(TENANT), before);
  },

  "of two first consents with different serials one is stored": async (store) => {
    const serials = Array.from({ length: 10 }, (_, index) => `serial-${index}`);
    const answers = await Promise.all(serials.map((serial) => store.put({ ...CONSENT, serial })));
    assert.equal(answers.filter(({ kind }) => kind === "stored").length, 1);
    const winner = serials[answers.findIndex(({ kind }) => kind === "stored")];
    assert.equal((await store.get(TENANT))?.serial, winner);
  },

  "a consent anew keeps the sequence and renews everything else": async (store) => {
    await store.put(CONSENT);
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(2) });
    await store.mark(TENANT, NOW, { health: "consent_withdrawn", state: "Suspended" });
    const renewed: Consent = {
      ...CONSENT,
      companyName: "New name",
      consentedBy: "other@example.com",
      consentedAt: NOW + 1,
      systemUserToken: new Secret("newer-token"),
      webapiUrl: null,
      netserverUrl: "https://x.example.com/",
    };
    await store.put(renewed);
    const found = await store.get(TENANT);
    assert.deepEqual(found, { ...renewed, health: "connected", state: "Running", sequence: 1 });
    assert.equal(found?.systemUserToken.reveal(), "newer-token");
    assert.equal((await store.list(0, 10)).length, 2);
  },

  "a sequence is not given again after a removal": async (store) => {
    await store.put(CONSENT);
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(2) });
    await store.remove(tenantOf(2));
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(3) });
    assert.equal((await store.get(tenantOf(3)))?.sequence, 3);
    await store.remove(TENANT);
    await store.put(CONSENT);
    assert.equal((await store.get(TENANT))?.sequence, 4);
  },

  "a removed tenant may come back with another serial": async (store) => {
    await store.put(CONSENT);
    await store.remove(TENANT);
    assert.equal((await store.put({ ...CONSENT, serial: "2" })).kind, "stored");
  },

  "concurrent first consents get dense sequences in one order": async (store) => {
    const tenants = Array.from({ length: 20 }, (_, index) => tenantOf(100 + index));
    const answers = await Promise.all(
      tenants.map((contextIdentifier) => store.put({ ...CONSENT, contextIdentifier })),
    );
    const listed = await store.list(0, 100);
    assert.deepEqual(listed.map(({ sequence }) => sequence), tenants.map((_, index) => index + 1));
    for (const answer of answers) {
      assert(answer.kind === "stored");
      const { contextIdentifier, sequence } = answer.tenant;
      assert.equal(listed[sequence - 1]?.contextIdentifier, contextIdentifier);
    }
  },

  "a mark changes health and state and nothing else": async (store) => {
    await store.put(CONSENT);
    await store.mark(TENANT, NOW, { health: "consent_withdrawn", state: "Suspended" });
    const expected = { health: "consent_withdrawn", state: "Suspended", sequence: 1 };
    assert.deepEqual(await store.get(TENANT), { ...CONSENT, ...expected });
  },

  "a mark for an older consent is passed over": async (store) => {
    await store.put(CONSENT);
    await store.put({ ...CONSENT, consentedAt: NOW + 5 });
    await store.mark(TENANT, NOW, { health: "consent_withdrawn", state: "Suspended" });
    const found = await store.get(TENANT);
    assert.equal(found?.health, "connected");
    assert.equal(found?.state, "Running");
  },

  "a mark makes no tenant": async (store) => {
    await store.mark(TENANT, NOW, { health: "connected", state: "Running" });
    assert.equal(await store.get(TENANT), null);
    assert.deepEqual(await store.list(0, 10), []);
  },

  "removing says whether there was something": async (store) => {
    assert.equal(await store.remove(TENANT), false);
    await store.put(CONSENT);
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(2) });
    assert.equal(await store.remove(TENANT), true);
    assert.equal(await store.remove(TENANT), false);
    assert.equal(await store.get(TENANT), null);
    const left = await store.list(0, 10);
    assert.deepEqual(left.map(({ contextIdentifier }) => contextIdentifier), ["Cust2"]);
  },

  "a list goes on after a sequence and ends at its limit": async (store) => {
    for (let digits = 1; digits <= 5; digits++) {
      await store.put({ ...CONSENT, contextIdentifier: tenantOf(digits) });
    }
    const sequences = async (after: number, limit: number) =>
      (await store.list(after, limit)).map(({ sequence }) => sequence);
    assert.deepEqual(await sequences(0, 2), [1, 2]);
    assert.deepEqual(await sequences(2, 2), [3, 4]);
    assert.deepEqual(await sequences(4, 2), [5]);
    assert.deepEqual(await sequences(5, 2), []);
    assert.deepEqual(await sequences(0, 0), []);
  },
};
