/** What every consent store must do. */

import assert from "node:assert/strict";
import type { ConsentStore } from "../../../src/usecases/consent_ports.ts";
import type { Facts } from "./contract.ts";
import { NOW, PENDING, TENANT, tenantOf } from "./samples.ts";

const UNTIL = NOW + 600_000;

export const consentStoreFacts: Facts<ConsentStore> = {
  "an unknown state is nothing": async (store) => {
    assert.equal(await store.take("unknown", NOW), null);
    assert.equal(await store.take("x".repeat(10_000), NOW), null);
  },

  "a state comes back whole, once": async (store) => {
    await store.begin("state", PENDING, UNTIL, NOW);
    const taken = await store.take("state", NOW);
    assert.deepEqual(taken, PENDING);
    assert.equal(taken?.codeVerifier.reveal(), "code-verifier");
    assert.equal(await store.take("state", NOW), null);
  },

  "a state may be for no tenant in particular": async (store) => {
    await store.begin("state", { ...PENDING, tenant: null }, UNTIL, NOW);
    assert.equal((await store.take("state", NOW))?.tenant, null);
  },

  "of twenty concurrent takers one gets the state": async (store) => {
    await store.begin("state", PENDING, UNTIL, NOW);
    const takers = Array.from({ length: 20 }, () => store.take("state", NOW));
    const taken = (await Promise.all(takers)).filter((pending) => pending !== null);
    assert.equal(taken.length, 1);
  },

  "a state lasts until its time, not longer": async (store) => {
    await store.begin("one", PENDING, UNTIL, NOW);
    await store.begin("two", PENDING, UNTIL, NOW);
    assert.equal(await store.take("one", UNTIL), null);
    assert.notEqual(await store.take("two", UNTIL - 1), null);
  },

  "states do not disturb each other": async (store) => {
    await store.begin("one", { ...PENDING, nonce: "n1" }, UNTIL, NOW);
    await store.begin("two", { ...PENDING, nonce: "n2" }, UNTIL, NOW);
    assert.equal((await store.take("two", NOW))?.nonce, "n2");
    assert.equal((await store.take("one", NOW))?.nonce, "n1");
  },

  "a digest is claimed once": async (store) => {
    assert.equal(await store.claim("digest", UNTIL, NOW), true);
    assert.equal(await store.claim("digest", UNTIL, NOW), false);
    assert.equal(await store.claim("digest", UNTIL, UNTIL - 1), false);
    assert.equal(await store.claim("other", UNTIL, NOW), true);
  },

  "of twenty concurrent claims one succeeds": async (store) => {
    const claims = Array.from({ length: 20 }, () => store.claim("digest", UNTIL, NOW));
    assert.equal((await Promise.all(claims)).filter((first) => first).length, 1);
  },

  "a claim that was taken back can be made again, once; taking back what never was does nothing":
    async (
      store,
    ) => {
      await store.unclaim("digest");
      await store.claim("digest", UNTIL, NOW);
      await store.claim("other", UNTIL, NOW);
      await store.unclaim("digest");
      const claims = [];
      for (let time = 0; time < 2; time++) claims.push(await store.claim("digest", UNTIL, NOW));
      assert.deepEqual(claims, [true, false]);
      assert.equal(await store.claim("other", UNTIL, NOW), false);
    },

  "a finished consent is shown to its browser until its time": async (store) => {
    const finished = { contextIdentifier: TENANT, isRenewed: true };
    await store.finish("browser", finished, UNTIL, NOW);
    assert.deepEqual(await store.finished("browser", NOW), finished);
    assert.deepEqual(await store.finished("browser", UNTIL - 1), finished);
    assert.equal(await store.finished("another", NOW), null);
    assert.equal(await store.finished("browser", UNTIL), null);
  },

  "a browser's newer consent is the one it is shown": async (store) => {
    const finished = { contextIdentifier: TENANT, isRenewed: true };
    const newer = { contextIdentifier: tenantOf(2), isRenewed: false };
    await store.finish("browser", finished, UNTIL, NOW);
    await store.finish("browser", newer, UNTIL, NOW);
    assert.deepEqual(await store.finished("browser", NOW), newer);
  },
};
