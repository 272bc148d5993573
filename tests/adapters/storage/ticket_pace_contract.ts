/** How every ticket store paces renewals and rejections. */

import { REJECTIONS } from "../../../src/domain/renewal.ts";
import assert from "node:assert/strict";
import { Generation } from "../../../src/domain/ticket.ts";
import type { LeaseRequest, TicketStore } from "../../../src/usecases/ticket_ports.ts";
import type { Facts } from "./contract.ts";
import { generationOf, NOW, refused, request, TENANT, tenantOf, ticket } from "./samples.ts";

const MINUTE = 60_000;

let asked = 0;

/** Asks as somebody new; who gets the lease publishes at once. @returns the answer */
async function exchange(store: TicketStore, bend: Partial<LeaseRequest>, tenant = TENANT) {
  const owner = `asker-${++asked}`;
  const answer = await store.lease(tenant, request({ owner, ...bend }));
  if (answer.kind === "lease") {
    const made = ticket(answer.generation, { contextIdentifier: tenant });
    assert.equal(await store.publish(tenant, owner, made), "published");
  }
  return answer;
}

/** Asks to replace the tenant's ticket of the moment. */
async function again(
  store: TicketStore,
  why: LeaseRequest["why"],
  now: number,
  tenant = TENANT,
) {
  const replaces = (await store.get(tenant, now))?.generation ?? null;
  return await exchange(store, { why, replaces, now }, tenant);
}

const kinds = (answers: readonly { readonly kind: string }[]) => answers.map(({ kind }) => kind);

const renewals: Facts<TicketStore> = {
  "a renewal comes a minute after the last exchange was begun, and is told how long to wait":
    async (
      store,
    ) => {
      await exchange(store, {});
      const early = await again(store, "renewal", NOW + 20_000);
      assert.deepEqual(early, { kind: "later", ms: 40_000 });
      assert.deepEqual(await again(store, "renewal", NOW + MINUTE - 1), { kind: "later", ms: 1 });
      const renewed = await again(store, "renewal", NOW + MINUTE);
      assert.deepEqual(renewed, { kind: "lease", generation: 2 });
      assert.deepEqual(await again(store, "renewal", NOW + MINUTE), { kind: "later", ms: MINUTE });
    },

  "a renewal keeps its distance to an exchange that failed, too": async (store) => {
    await store.publish(TENANT, "owner-0", ticket(1));
    await store.lease(TENANT, request({ replaces: generationOf(1) }));
    await store.refuse(TENANT, refused({ forMs: 1_000 }));
    const early = await again(store, "renewal", NOW + 2_000);
    assert.deepEqual(early, { kind: "later", ms: 58_000 });
    assert.equal((await again(store, "renewal", NOW + MINUTE)).kind, "lease");
  },

  "of many renewals at once one gets the lease, and nobody waits": async (store) => {
    await store.publish(TENANT, "owner-0", ticket(1));
    const replaces = generationOf(1);
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        (_, index) =>
          store.lease(TENANT, request({ owner: `o${index}`, why: "renewal", replaces })),
      ),
    );
    assert.deepEqual(
      kinds(answers).sort(),
      ["later", "lease"].flatMap((kind) => Array(kind === "later" ? 19 : 1).fill(kind)),
    );
  },

  "neither a miss nor a rejection waits for the pause of renewals": async (store) => {
    await exchange(store, {});
    assert.equal((await again(store, "rejection", NOW)).kind, "lease");
    assert.equal((await again(store, "miss", NOW)).kind, "lease");
    assert.equal((await again(store, "renewal", NOW)).kind, "later");
  },

  "a renewal that meets a newer ticket takes it": async (store) => {
    await exchange(store, {});
    await again(store, "rejection", NOW);
    const late = request({ owner: "late", why: "renewal", replaces: generationOf(1) });
    assert.deepEqual(await store.lease(TENANT, late), { kind: "hit", ticket: ticket(2) });
  },

  "a renewal whose answer was lost gets its lease again": async (store) => {
    await store.publish(TENANT, "owner-0", ticket(1));
    const renewal = request({ why: "renewal", replaces: generationOf(1) });
    const first = await store.lease(TENANT, renewal);
    assert.deepEqual(await store.lease(TENANT, renewal), first);
    assert.equal(first.kind, "lease");
  },

  "another clock that is far ahead makes a renewal wait no longer than the pause": async (
    store,
  ) => {
    await exchange(store, { now: NOW + 20 * MINUTE });
    assert.deepEqual(await again(store, "renewal", NOW), { kind: "later", ms: MINUTE });
  },
};

/** Rejections at once. */
const BURST = REJECTIONS.count;

const rejections: Facts<TicketStore> = {
  "as many rejections as the budget has come at once, the next is told how long to wait": async (
    store,
  ) => {
    await exchange(store, {});
    const answers = [];
    for (let count = 0; count <= BURST; count++) answers.push(await again(store, "rejection", NOW));
    assert.deepEqual(kinds(answers), [...Array(BURST).fill("lease"), "limited"]);
    assert.deepEqual(answers.at(-1), { kind: "limited", ms: MINUTE });
    const before = await again(store, "rejection", NOW + MINUTE - 1);
    assert.deepEqual(before, { kind: "limited", ms: 1 });
    assert.equal((await again(store, "rejection", NOW + MINUTE)).kind, "lease");
    assert.equal((await again(store, "rejection", NOW + MINUTE)).kind, "limited");
  },

  "a budget that was used up is whole again after its period": async (store) => {
    await exchange(store, {});
    for (let count = 0; count < BURST; count++) await again(store, "rejection", NOW);
    const later = [];
    for (let count = 0; count <= BURST; count++) {
      later.push(await again(store, "rejection", NOW + REJECTIONS.periodMs));
    }
    assert.deepEqual(kinds(later), [...Array(BURST).fill("lease"), "limited"]);
  },

  "who is limited leaves the ticket, and costs nobody a miss or a renewal": async (store) => {
    await exchange(store, {});
    for (let count = 0; count < BURST; count++) await again(store, "rejection", NOW);
    assert.equal((await again(store, "rejection", NOW)).kind, "limited");
    assert.deepEqual(await store.get(TENANT, NOW), ticket(BURST + 1));
    assert.deepEqual(await exchange(store, {}), { kind: "hit", ticket: ticket(BURST + 1) });
    assert.equal((await again(store, "miss", NOW)).kind, "lease");
    assert.equal((await again(store, "renewal", NOW + MINUTE)).kind, "lease");
  },

  "misses and renewals take nothing from the budget, nor do hits and waiting": async (store) => {
    await exchange(store, {});
    for (let count = 0; count < BURST; count++) await again(store, "miss", NOW);
    const old = { why: "rejection", replaces: generationOf(1) } as const;
    for (let count = 0; count < 10; count++) {
      assert.equal((await exchange(store, old)).kind, "hit");
    }
    const held = request({ owner: "holder", replaces: generationOf(BURST + 1) });
    assert.equal((await store.lease(TENANT, held)).kind, "lease");
    const newest = { why: "rejection", replaces: generationOf(BURST + 1) } as const;
    for (let count = 0; count < 10; count++) {
      assert.equal((await exchange(store, newest)).kind, "wait");
    }
    await store.publish(TENANT, "holder", ticket(BURST + 2));
    const answers = [];
    for (let count = 0; count < BURST; count++) answers.push(await again(store, "rejection", NOW));
    assert.deepEqual(kinds(answers), Array(BURST).fill("lease"));
  },

  "a rejection whose answer was lost pays once": async (store) => {
    await exchange(store, {});
    let generation = 1;
    for (let count = 0; count < BURST; count++) {
      const replaces = Generation.parse(generation);
      const rejection = request({ owner: `lost-${count}`, why: "rejection", replaces });
      for (let time = 0; time < 3; time++) {
        assert.equal((await store.lease(TENANT, rejection)).kind, "lease", `${count}`);
      }
      await store.publish(TENANT, `lost-${count}`, ticket(++generation));
    }
    assert.equal((await again(store, "rejection", NOW)).kind, "limited");
  },

  "each tenant has a budget of its own": async (store) => {
    for (const tenant of [TENANT, tenantOf(2)]) await exchange(store, {}, tenant);
    for (let count = 0; count < BURST; count++) await again(store, "rejection", NOW);
    assert.equal((await again(store, "rejection", NOW)).kind, "limited");
    assert.equal((await again(store, "rejection", NOW, tenantOf(2))).kind, "lease");
  },

  "an invalidation forgets the pace": async (store) => {
    await exchange(store, {});
    for (let count = 0; count < BURST; count++) await again(store, "rejection", NOW);
    await store.invalidate(TENANT, NOW);
    await exchange(store, {});
    assert.equal((await again(store, "rejection", NOW)).kind, "lease");
  },
};

export const ticketPaceFacts: Facts<TicketStore> = { ...renewals, ...rejections };
