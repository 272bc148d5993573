/** How every tenant store numbers its changes, and lets others follow them. */

import assert from "node:assert/strict";
import { standingOfConsent } from "../../../src/domain/tenant.ts";
import type { TenantChange, TenantStore } from "../../../src/usecases/ports.ts";
import type { Facts } from "./contract.ts";
import { CONSENT, NOW, TENANT, tenantOf, WITHDRAWN } from "./samples.ts";

const OTHER = tenantOf(2);

const numbering: Facts<TenantStore> = {
  "where nothing ever changed there is nothing to follow": async (store) => {
    assert.deepEqual(await store.changes(0, 10), { newest: 0, changes: [] });
  },

  "a consent, a mark and a removal are a change each; a tenant is told once, by its latest": async (
    store,
  ) => {
    await store.put(CONSENT, null);
    await store.put({ ...CONSENT, contextIdentifier: OTHER }, null);
    const consented = standingOfConsent(CONSENT);
    const first = { tenant: TENANT, number: 1, standing: consented };
    const other = { tenant: OTHER, number: 2, standing: consented };
    assert.deepEqual(await store.changes(0, 10), { newest: 2, changes: [first, other] });
    await store.mark(TENANT, NOW, WITHDRAWN, null);
    const marked = { tenant: TENANT, number: 3, standing: WITHDRAWN };
    assert.deepEqual(await store.changes(0, 10), { newest: 3, changes: [other, marked] });
    await store.remove(OTHER, null);
    const removed = { tenant: OTHER, number: 4, standing: null };
    assert.deepEqual(await store.changes(0, 10), { newest: 4, changes: [marked, removed] });
    await store.put({ ...CONSENT, contextIdentifier: OTHER }, null);
    const back = { ...other, number: 5 };
    assert.deepEqual(await store.changes(0, 10), { newest: 5, changes: [marked, back] });
  },

  "what does not happen is no change": async (store) => {
    await store.put(CONSENT, null);
    await store.put({ ...CONSENT, serial: "another" }, null);
    await store.mark(TENANT, NOW + 1, WITHDRAWN, null);
    await store.mark(OTHER, NOW, WITHDRAWN, null);
    await store.remove(OTHER, null);
    const change = { tenant: TENANT, number: 1, standing: standingOfConsent(CONSENT) };
    assert.deepEqual(await store.changes(0, 10), { newest: 1, changes: [change] });
  },

  "a change to what was there already is a change all the same": async (store) => {
    await store.put(CONSENT, null);
    await store.put(CONSENT, null);
    for (let time = 0; time < 2; time++) await store.mark(TENANT, NOW, WITHDRAWN, null);
    const { newest, changes } = await store.changes(3, 10);
    assert.deepEqual([newest, changes.map(({ number }) => number)], [4, [4]]);
  },
};

const following: Facts<TenantStore> = {
  "changes go on after a number and end at their limit": async (store) => {
    for (let digits = 1; digits <= 5; digits++) {
      await store.put({ ...CONSENT, contextIdentifier: tenantOf(digits) }, null);
    }
    const pages = [[0, 2, [1, 2]], [2, 2, [3, 4]], [4, 2, [5]], [0, 0, []], [0, -1, []]] as const;
    for (const [after, limit, expected] of pages) {
      const { newest, changes } = await store.changes(after, limit);
      assert.deepEqual(changes.map(({ number }) => number), expected);
      assert.equal(newest, 5);
    }
  },

  "whoever knows of a number that was never given learns the newest, and no changes": async (
    store,
  ) => {
    await store.put(CONSENT, null);
    for (const after of [1, 2, 1_000_000]) {
      assert.deepEqual(await store.changes(after, 10), { newest: 1, changes: [] });
    }
  },

  "concurrent changes get numbers of their own, and followers meanwhile see them grow": async (
    store,
  ) => {
    const tenants = Array.from({ length: 20 }, (_, index) => tenantOf(100 + index));
    const seen: TenantChange[] = [];
    const follow = async () => {
      const { changes } = await store.changes(seen.at(-1)?.number ?? 0, 7);
      seen.push(...changes);
      return changes.length;
    };
    const live = async (contextIdentifier: typeof TENANT) => {
      await store.put({ ...CONSENT, contextIdentifier }, null);
      await store.mark(contextIdentifier, NOW, WITHDRAWN, null);
      await store.remove(contextIdentifier, null);
    };
    const lives = Promise.all(tenants.map(live));
    for (let look = 0; look < 5; look++) await follow();
    await lives;
    while (await follow() > 0);
    const numbers = seen.map(({ number }) => number);
    assert.deepEqual(numbers, [...new Set(numbers)].sort((one, other) => one - other));
    assert.equal((await store.changes(0, 1)).newest, 60);
    const last = new Map(seen.map(({ tenant, standing }) => [tenant, standing]));
    assert.deepEqual([...last.keys()].sort(), [...tenants].sort());
    assert.deepEqual([...last.values()], Array(20).fill(null));
  },
};

export const tenantChangesFacts: Facts<TenantStore> = { ...numbering, ...following };
