/** What every ticket store must do, as far as nothing was forgotten. */

import assert from "node:assert/strict";
import type { TicketStore } from "../../../src/usecases/ticket_ports.ts";
import type { Facts } from "./contract.ts";
import { generationOf, NOW, refused, request, TENANT, tenantOf, ticket } from "./samples.ts";

const LEASE_1 = { kind: "lease", generation: generationOf(1) } as const;
const LEASE_2 = { kind: "lease", generation: generationOf(2) } as const;

const getting: Facts<TicketStore> = {
  "there is no ticket before one is published": async (store) => {
    assert.equal(await store.get(TENANT, NOW), null);
    await store.lease(TENANT, request());
    assert.equal(await store.get(TENANT, NOW), null);
  },

  "a published ticket comes back whole, to its own tenant only": async (store) => {
    await store.lease(TENANT, request());
    assert.equal(await store.publish(TENANT, "owner-1", ticket(1)), "published");
    const found = await store.get(TENANT, NOW);
    assert.deepEqual(found, ticket(1));
    assert.equal(found?.ticket.reveal(), "7T:ticket-1");
    assert.equal(await store.get(tenantOf(2), NOW), null);
  },

  "a ticket is never given past its end": async (store) => {
    const expiresAt = NOW + 1_000;
    await store.publish(TENANT, "owner-1", ticket(1, { expiresAt }));
    assert.notEqual(await store.get(TENANT, expiresAt - 1), null);
    assert.equal(await store.get(TENANT, expiresAt), null);
    assert.equal((await store.lease(TENANT, request({ now: expiresAt }))).kind, "lease");
  },
};

const leasing: Facts<TicketStore> = {
  "invalidating what never was leaves no trace": async (store) => {
    await store.invalidate(TENANT, NOW);
    assert.deepEqual(await store.lease(TENANT, request()), LEASE_1);
  },

  "the first asker gets the lease, the next waits for its rest": async (store) => {
    assert.deepEqual(await store.lease(TENANT, request()), LEASE_1);
    const other = request({ owner: "owner-2", now: NOW + 4_000 });
    assert.deepEqual(await store.lease(TENANT, other), { kind: "wait", ms: 6_000 });
  },

  "of fifty concurrent askers one gets the lease": async (store) => {
    const answers = await Promise.all(
      Array.from(
        { length: 50 },
        (_, index) => store.lease(TENANT, request({ owner: `o${index}` })),
      ),
    );
    assert.equal(answers.filter(({ kind }) => kind === "lease").length, 1);
    assert.equal(answers.filter(({ kind }) => kind === "wait").length, 49);
  },

  "the same owner gets the same lease again": async (store) => {
    assert.deepEqual(await store.lease(TENANT, request()), LEASE_1);
    assert.deepEqual(await store.lease(TENANT, request({ now: NOW + 1 })), LEASE_1);
    const late = request({ owner: "owner-2", now: NOW + 9_999 });
    assert.deepEqual(await store.lease(TENANT, late), { kind: "wait", ms: 1 });
  },

  "leases of different tenants have nothing to do with each other": async (store) => {
    assert.deepEqual(await store.lease(TENANT, request()), LEASE_1);
    assert.deepEqual(await store.lease(tenantOf(2), request({ owner: "owner-2" })), LEASE_1);
  },

  "a lease ends by the clock that is passed in": async (store) => {
    await store.lease(TENANT, request());
    const last = request({ owner: "owner-2", now: NOW + 9_999 });
    assert.equal((await store.lease(TENANT, last)).kind, "wait");
    const next = request({ owner: "owner-2", now: NOW + 10_000 });
    assert.deepEqual(await store.lease(TENANT, next), LEASE_2);
  },

  "a stored ticket is a hit": async (store) => {
    await store.publish(TENANT, "owner-1", ticket(1));
    assert.deepEqual(await store.lease(TENANT, request()), { kind: "hit", ticket: ticket(1) });
  },

  "the generation to be replaced is no hit, a newer one is": async (store) => {
    await store.lease(TENANT, request());
    await store.publish(TENANT, "owner-1", ticket(1));
    const replaces = generationOf(1);
    assert.deepEqual(await store.lease(TENANT, request({ owner: "o2", replaces })), LEASE_2);
    assert.equal((await store.lease(TENANT, request({ owner: "o3", replaces }))).kind, "wait");
    assert.equal((await store.lease(TENANT, request({ owner: "o3" }))).kind, "hit");
    await store.publish(TENANT, "o2", ticket(2));
    const answer = await store.lease(TENANT, request({ owner: "o3", replaces }));
    assert.deepEqual(answer, { kind: "hit", ticket: ticket(2) });
  },

  "a ticket older than the one to be replaced is no hit": async (store) => {
    await store.publish(TENANT, "owner-1", ticket(1));
    const first = await store.lease(TENANT, request({ replaces: generationOf(1) }));
    assert.deepEqual(first, LEASE_2);
    const after = { owner: "o2", now: NOW + 10_000, replaces: generationOf(2) };
    const answer = await store.lease(TENANT, request(after));
    assert.deepEqual(answer, { kind: "lease", generation: generationOf(3) });
    const none = request({ owner: "o3", now: NOW + 10_000 });
    assert.deepEqual(await store.lease(TENANT, none), { kind: "hit", ticket: ticket(1) });
  },

  "a generation that was never given out replaces nothing": async (store) => {
    await store.publish(TENANT, "owner-1", ticket(2));
    for (const replaces of [3, 9, Number.MAX_SAFE_INTEGER].map(generationOf)) {
      const answer = await store.lease(TENANT, request({ replaces }));
      assert.deepEqual(answer, { kind: "hit", ticket: ticket(2) });
    }
    const given = await store.lease(TENANT, request({ replaces: generationOf(2) }));
    assert.deepEqual(given, { kind: "lease", generation: generationOf(3) });
    const now = request({ owner: "o2", replaces: generationOf(3) });
    assert.equal((await store.lease(TENANT, now)).kind, "wait");
  },
};

const publishing: Facts<TicketStore> = {
  "publishing ends the owner's lease": async (store) => {
    await store.lease(TENANT, request());
    await store.publish(TENANT, "owner-1", ticket(1));
    const replaces = generationOf(1);
    assert.deepEqual(await store.lease(TENANT, request({ owner: "o2", replaces })), LEASE_2);
  },

  "a late publish does not end another's lease": async (store) => {
    await store.lease(TENANT, request());
    const now = NOW + 10_000;
    assert.deepEqual(await store.lease(TENANT, request({ owner: "o2", now })), LEASE_2);
    assert.equal(await store.publish(TENANT, "owner-1", ticket(1)), "published");
    const third = request({ owner: "o3", now, replaces: generationOf(1) });
    assert.equal((await store.lease(TENANT, third)).kind, "wait");
    assert.equal(await store.publish(TENANT, "o2", ticket(2)), "published");
  },

  "a publish is fenced by a newer ticket and by one of its own generation": async (store) => {
    await store.publish(TENANT, "o2", ticket(2));
    assert.equal(await store.publish(TENANT, "owner-1", ticket(1)), "fenced");
    assert.equal(await store.publish(TENANT, "owner-1", ticket(2)), "fenced");
    assert.equal(await store.publish(TENANT, "o2", ticket(2)), "fenced");
    assert.deepEqual(await store.get(TENANT, NOW), ticket(2));
  },

  "a publish is fenced by an invalidation that came after its lease": async (store) => {
    await store.lease(TENANT, request());
    await store.invalidate(TENANT, NOW);
    assert.equal(await store.publish(TENANT, "owner-1", ticket(1)), "fenced");
    assert.equal(await store.get(TENANT, NOW), null);
  },

  "generations grow across tickets, leases that came to nothing, and invalidations": async (
    store,
  ) => {
    const seen: number[] = [];
    for (let round = 0; round < 4; round++) {
      const now = NOW + round * 10_000;
      const owner = `owner-${round}`;
      const answer = await store.lease(TENANT, request({ owner, now, replaces: null }));
      assert(answer.kind === "lease");
      seen.push(answer.generation);
      if (round === 1) await store.refuse(TENANT, refused({ owner, forMs: 1, now }));
      if (round === 2) {
        assert.equal(await store.publish(TENANT, owner, ticket(answer.generation)), "published");
        await store.invalidate(TENANT, now);
      }
    }
    assert.deepEqual(seen, [...new Set(seen)].sort((one, other) => one - other));
  },
};

export const ticketStoreFacts: Facts<TicketStore> = {
  ...getting,
  ...leasing,
  ...publishing,
};
