/** What every tenant store must do. */

import assert from "node:assert/strict";
import {
  type Consent,
  standingOfConsent,
  type TenantStanding,
} from "../../../src/domain/tenant.ts";
import { Secret } from "../../../src/domain/secret.ts";
import type { TenantStore } from "../../../src/usecases/ports.ts";
import type { Facts } from "./contract.ts";
import { CONSENT, NOW, TENANT, tenantOf, WITHDRAWN } from "./samples.ts";

/** Each health there is. */
const STANDINGS: readonly TenantStanding[] = ([
  ["unreachable", "timeout", "Running"],
  ["suspended", "not_running", "Suspended"],
  ["moved", "misdirected", "Off"],
  ["consent_withdrawn", "refused", ""],
  ["connected", "exchanged", "Running"],
] as const).map(([health, healthReason, state], index) => ({
  health,
  healthReason,
  healthSince: NOW + index,
  state,
  ticketsFrom: NOW + index,
}));

export const tenantStoreFacts: Facts<TenantStore> = {
  "a tenant that never consented is not there": async (store) => {
    assert.equal(await store.get(TENANT), null);
    assert.deepEqual(await store.list(0, 10), []);
  },

  "a consent comes back whole, connected and running": async (store) => {
    const answer = await store.put(CONSENT, null);
    const { systemUserToken, ...shown } = CONSENT;
    const card = { ...shown, ...standingOfConsent(CONSENT), sequence: 1 };
    const expected = { ...card, systemUserToken };
    assert.deepEqual(answer, { kind: "stored", tenant: expected });
    const found = await store.get(TENANT);
    assert.deepEqual(found, expected);
    assert.equal(found?.systemUserToken.reveal(), "system-user-token");
    assert.deepEqual(await store.list(0, 1), [card]);
  },

  "texts of every kind come back as they were": async (store) => {
    for (const text of ["OK", "", "null", '"quoted"', "007", "{}", "SELECT 'x'; --"]) {
      await store.put({ ...CONSENT, companyName: text, systemUserToken: new Secret(text) }, null);
      const found = await store.get(TENANT);
      assert.equal(found?.companyName, text);
      assert.equal(found?.systemUserToken.reveal(), text);
    }
  },

  "another serial is a conflict and changes nothing": async (store) => {
    await store.put(CONSENT, null);
    const before = await store.get(TENANT);
    const other = { ...CONSENT, serial: "999", companyName: "Someone else" };
    assert.deepEqual(await store.put(other, null), { kind: "serial_conflict" });
    assert.deepEqual(await store.get(TENANT), before);
  },

  "of two first consents with different serials one is stored": async (store) => {
    const serials = Array.from({ length: 10 }, (_, index) => `serial-${index}`);
    const answers = await Promise.all(
      serials.map((serial) => store.put({ ...CONSENT, serial }, null)),
    );
    assert.equal(answers.filter(({ kind }) => kind === "stored").length, 1);
    const winner = serials[answers.findIndex(({ kind }) => kind === "stored")];
    assert.equal((await store.get(TENANT))?.serial, winner);
  },

  "a consent anew keeps the sequence and renews everything else": async (store) => {
    await store.put(CONSENT, null);
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(2) }, null);
    await store.mark(TENANT, NOW, WITHDRAWN, null);
    const renewed: Consent = {
      ...CONSENT,
      companyName: "New name",
      consentedBy: "other@example.com",
      consentedAt: NOW + 1,
      systemUserToken: new Secret("newer-token"),
      webapiUrl: null,
      netserverUrl: "https://x.example.com/",
    };
    await store.put(renewed, null);
    const found = await store.get(TENANT);
    assert.deepEqual(found, { ...renewed, ...standingOfConsent(renewed), sequence: 1 });
    assert.equal(found?.systemUserToken.reveal(), "newer-token");
    assert.equal((await store.list(0, 10)).length, 2);
  },

  "a sequence is not given again after a removal": async (store) => {
    await store.put(CONSENT, null);
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(2) }, null);
    await store.remove(tenantOf(2), null);
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(3) }, null);
    assert.equal((await store.get(tenantOf(3)))?.sequence, 3);
    await store.remove(TENANT, null);
    await store.put(CONSENT, null);
    assert.equal((await store.get(TENANT))?.sequence, 4);
  },

  "a removed tenant may come back with another serial": async (store) => {
    await store.put(CONSENT, null);
    await store.remove(TENANT, null);
    assert.equal((await store.put({ ...CONSENT, serial: "2" }, null)).kind, "stored");
  },

  "concurrent first consents get dense sequences in one order": async (store) => {
    const tenants = Array.from({ length: 20 }, (_, index) => tenantOf(100 + index));
    const answers = await Promise.all(
      tenants.map((contextIdentifier) => store.put({ ...CONSENT, contextIdentifier }, null)),
    );
    const listed = await store.list(0, 100);
    assert.deepEqual(listed.map(({ sequence }) => sequence), tenants.map((_, index) => index + 1));
    for (const answer of answers) {
      assert(answer.kind === "stored");
      const { contextIdentifier, sequence } = answer.tenant;
      assert.equal(listed[sequence - 1]?.contextIdentifier, contextIdentifier);
    }
  },

  "a mark changes how a tenant stands and nothing else": async (store) => {
    await store.put(CONSENT, null);
    for (const standing of STANDINGS) {
      assert.equal(await store.mark(TENANT, NOW, standing, null), true);
      assert.deepEqual(await store.get(TENANT), { ...CONSENT, ...standing, sequence: 1 });
      const [card] = await store.list(0, 1);
      assert.equal(card?.healthReason, standing.healthReason);
    }
  },

  "a mark for another consent is passed over, and says so": async (store) => {
    await store.put(CONSENT, null);
    await store.put({ ...CONSENT, consentedAt: NOW + 5 }, null);
    const before = await store.get(TENANT);
    for (const consentedAt of [NOW, NOW + 6]) {
      assert.equal(await store.mark(TENANT, consentedAt, WITHDRAWN, null), false);
    }
    assert.deepEqual(await store.get(TENANT), before);
  },

  "tickets are good from a later instant only, whoever says an earlier one": async (store) => {
    const fromOf = async () => (await store.get(TENANT))?.ticketsFrom;
    await store.put(CONSENT, null);
    for (
      const [from, kept] of [[NOW + 9, NOW + 9], [NOW, NOW + 9], [NOW + 10, NOW + 10]] as const
    ) {
      await store.mark(TENANT, NOW, { ...WITHDRAWN, ticketsFrom: from }, null);
      assert.equal(await fromOf(), kept);
    }
    const earlier = await store.put({ ...CONSENT, consentedAt: NOW + 5 }, null);
    assert.equal(earlier.kind === "stored" && earlier.tenant.ticketsFrom, NOW + 10);
    assert.equal(await fromOf(), NOW + 10);
    await store.put({ ...CONSENT, consentedAt: NOW + 20 }, null);
    assert.equal(await fromOf(), NOW + 20);
  },

  "of twenty concurrent marks the latest instant for tickets stays": async (store) => {
    await store.put(CONSENT, null);
    const marks = Array.from({ length: 20 }, (_, index) => ({
      ...WITHDRAWN,
      ticketsFrom: NOW + (index * 7) % 20,
    }));
    await Promise.all(marks.map((standing) => store.mark(TENANT, NOW, standing, null)));
    assert.equal((await store.get(TENANT))?.ticketsFrom, NOW + 19);
  },

  "a tenant that comes back after its removal owes nothing to what was": async (store) => {
    await store.put(CONSENT, null);
    await store.mark(TENANT, NOW, { ...WITHDRAWN, ticketsFrom: NOW + 50 }, null);
    await store.remove(TENANT, null);
    const anew = { ...CONSENT, consentedAt: NOW + 5 };
    await store.put(anew, null);
    assert.deepEqual(await store.get(TENANT), { ...anew, ...standingOfConsent(anew), sequence: 2 });
  },

  "a mark makes no tenant": async (store) => {
    assert.equal(await store.mark(TENANT, NOW, WITHDRAWN, null), false);
    assert.equal(await store.get(TENANT), null);
    assert.deepEqual(await store.list(0, 10), []);
  },

  "removing says whether there was something": async (store) => {
    assert.equal(await store.remove(TENANT, null), false);
    await store.put(CONSENT, null);
    await store.put({ ...CONSENT, contextIdentifier: tenantOf(2) }, null);
    assert.equal(await store.remove(TENANT, null), true);
    assert.equal(await store.remove(TENANT, null), false);
    assert.equal(await store.get(TENANT), null);
    const left = await store.list(0, 10);
    assert.deepEqual(left.map(({ contextIdentifier }) => contextIdentifier), ["Cust2"]);
  },

  "a list goes on after a sequence and ends at its limit": async (store) => {
    for (let digits = 1; digits <= 5; digits++) {
      await store.put({ ...CONSENT, contextIdentifier: tenantOf(digits) }, null);
    }
    const sequences = async (after: number, limit: number) =>
      (await store.list(after, limit)).map(({ sequence }) => sequence);
    assert.deepEqual(await sequences(0, 2), [1, 2]);
    assert.deepEqual(await sequences(2, 2), [3, 4]);
    assert.deepEqual(await sequences(4, 2), [5]);
    assert.deepEqual(await sequences(5, 2), []);
    assert.deepEqual(await sequences(0, 0), []);
    assert.deepEqual(await sequences(0, -1), []);
  },
};
