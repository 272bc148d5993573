/** How every ticket store remembers that an exchange was refused, and forgets. */

import assert from "node:assert/strict";
import type { TicketStore } from "../../../src/usecases/ticket_ports.ts";
import type { Facts } from "./contract.ts";
import { generationOf, NOW, REFUSAL, refused, request, TENANT, ticket } from "./samples.ts";

const LEASE_1 = { kind: "lease", generation: generationOf(1) } as const;
const LEASE_2 = { kind: "lease", generation: generationOf(2) } as const;

export const ticketRefusalFacts: Facts<TicketStore> = {
  "a refusal answers every request for its time, then no more": async (store) => {
    await store.lease(TENANT, request());
    await store.refuse(TENANT, refused());
    for (const owner of ["owner-1", "owner-2"]) {
      const answer = await store.lease(TENANT, request({ owner, now: NOW + 4_999 }));
      assert.deepEqual(answer, { kind: "refused", refusal: REFUSAL });
    }
    const after = request({ owner: "owner-2", now: NOW + 5_000 });
    assert.deepEqual(await store.lease(TENANT, after), LEASE_2);
  },

  "a refusal counts for the credentials that were refused, and no others": async (store) => {
    await store.lease(TENANT, request());
    await store.refuse(TENANT, refused());
    const other = request({ owner: "o2", credentials: "other" });
    assert.deepEqual(await store.lease(TENANT, other), LEASE_2);
    await store.refuse(TENANT, refused({ owner: "o2", credentials: "other" }));
    assert.equal((await store.lease(TENANT, other)).kind, "refused");
  },

  "a refusal that ends the ticket leaves none to hand out, and lets none be published after it":
    async (
      store,
    ) => {
      await store.publish(TENANT, "owner-0", ticket(1));
      const late = request({ replaces: generationOf(1), leaseMs: 1 });
      assert.deepEqual(await store.lease(TENANT, late), LEASE_2);
      const now = NOW + 1;
      const replaces = generationOf(2);
      const third = await store.lease(TENANT, request({ owner: "o3", replaces, now }));
      assert.deepEqual(third, { kind: "lease", generation: 3 });
      await store.refuse(TENANT, refused({ owner: "o3", endsTicket: true, now }));
      assert.equal(await store.get(TENANT, now), null);
      assert.equal((await store.lease(TENANT, request({ now }))).kind, "refused");
      assert.equal(await store.publish(TENANT, "owner-1", ticket(2)), "fenced");
      const after = await store.lease(TENANT, request({ owner: "o4", now: NOW + 5_001 }));
      assert.deepEqual(after, { kind: "lease", generation: 4 });
      assert.equal(await store.publish(TENANT, "o4", ticket(4)), "published");
    },

  "a refusal that ends a ticket newer than its own lease takes no generation back": async (
    store,
  ) => {
    await store.lease(TENANT, request());
    await store.publish(TENANT, "owner-0", ticket(3));
    await store.refuse(TENANT, refused({ endsTicket: true }));
    assert.equal(await store.get(TENANT, NOW), null);
    assert.equal(await store.publish(TENANT, "owner-0", ticket(3)), "fenced");
    const after = await store.lease(TENANT, request({ now: NOW + 5_001 }));
    assert.deepEqual(after, { kind: "lease", generation: generationOf(4) });
  },

  "a refusal of one whose lease is gone ends no ticket": async (store) => {
    await store.publish(TENANT, "owner-0", ticket(1));
    await store.refuse(TENANT, refused({ endsTicket: true }));
    assert.deepEqual(await store.get(TENANT, NOW), ticket(1));
  },

  "a refusal's seconds come back": async (store) => {
    await store.lease(TENANT, request());
    const refusal = { code: "rate_limited", reason: "quota", retryAfterSeconds: 0 } as const;
    await store.refuse(TENANT, refused({ refusal }));
    const answer = await store.lease(TENANT, request());
    assert.deepEqual(answer, { kind: "refused", refusal });
  },

  "a refusal keeps nobody from a ticket that is still good": async (store) => {
    await store.publish(TENANT, "owner-0", ticket(1));
    const replaces = generationOf(1);
    await store.lease(TENANT, request({ replaces }));
    await store.refuse(TENANT, refused());
    assert.equal((await store.lease(TENANT, request({ owner: "o2" }))).kind, "hit");
    const renewing = request({ owner: "o2", replaces });
    assert.equal((await store.lease(TENANT, renewing)).kind, "refused");
  },

  "a refusal without a lease does nothing": async (store) => {
    await store.refuse(TENANT, refused());
    assert.deepEqual(await store.lease(TENANT, request()), LEASE_1);
    await store.refuse(TENANT, refused({ owner: "owner-2" }));
    assert.deepEqual(await store.lease(TENANT, request()), LEASE_1);
  },

  "a refusal after the lease's end does nothing": async (store) => {
    await store.lease(TENANT, request());
    await store.refuse(TENANT, refused({ now: NOW + 10_000 }));
    const next = request({ owner: "owner-2", now: NOW + 10_000 });
    assert.deepEqual(await store.lease(TENANT, next), LEASE_2);
  },

  "a refusal after an invalidation does nothing": async (store) => {
    await store.lease(TENANT, request());
    await store.invalidate(TENANT, NOW);
    await store.refuse(TENANT, refused());
    assert.equal((await store.lease(TENANT, request({ owner: "owner-2" }))).kind, "lease");
  },

  "an invalidation forgets ticket, lease and refusal": async (store) => {
    await store.publish(TENANT, "owner-0", ticket(1));
    await store.lease(TENANT, request({ replaces: generationOf(1) }));
    await store.refuse(TENANT, refused());
    await store.invalidate(TENANT, NOW);
    assert.equal(await store.get(TENANT, NOW), null);
    assert.equal((await store.lease(TENANT, request({ owner: "o2" }))).kind, "lease");
    await store.invalidate(TENANT, NOW);
    assert.equal((await store.lease(TENANT, request({ owner: "o3" }))).kind, "lease");
  },
};
