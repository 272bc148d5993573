/** How every ticket store lets a ticket's addresses change, and nothing else of it. */

import assert from "node:assert/strict";
import { Secret } from "../../../src/domain/secret.ts";
import type { Ticket } from "../../../src/domain/ticket.ts";
import type { TicketStore } from "../../../src/usecases/ticket_ports.ts";
import type { Facts } from "./contract.ts";
import { generationOf, NOW, refused, request, TENANT, tenantOf, ticket } from "./samples.ts";

/** A ticket whose tenant has moved. */
function moved(generation: number, bend: Partial<Ticket> = {}): Ticket {
  return ticket(generation, {
    webapiUrl: "https://sod9.example.com/Cust12345/api/",
    netserverUrl: "https://sod9.example.com/Cust12345/remote/services90/",
    addressesUntil: NOW + 2 * 60 * 60 * 1000,
    ...bend,
  });
}

export const ticketPlaceFacts: Facts<TicketStore> = {
  "a ticket gets new addresses and stays as it is otherwise": async (store) => {
    await store.publish(TENANT, "owner-1", ticket(2));
    await store.relocate(moved(2));
    const found = await store.get(TENANT, NOW);
    assert.deepEqual(found, moved(2));
    assert.equal(found?.ticket.reveal(), "7T:ticket-2");
    assert.deepEqual(await store.lease(TENANT, request()), { kind: "hit", ticket: moved(2) });
    await store.relocate(ticket(2, { addressesUntil: NOW }));
    assert.deepEqual(await store.get(TENANT, NOW), ticket(2, { addressesUntil: NOW }));
  },

  "a ticket that got new addresses ends, is replaced and is renewed as before": async (store) => {
    const expiresAt = NOW + 1_000;
    await store.publish(TENANT, "owner-1", ticket(1, { expiresAt }));
    await store.relocate(moved(1, { expiresAt }));
    assert.notEqual(await store.get(TENANT, expiresAt - 1), null);
    assert.equal(await store.get(TENANT, expiresAt), null);
    const replaces = generationOf(1);
    const lease = await store.lease(TENANT, request({ replaces }));
    assert.deepEqual(lease, { kind: "lease", generation: 2 });
    assert.equal(await store.publish(TENANT, "owner-1", ticket(1)), "fenced");
    assert.equal(await store.publish(TENANT, "owner-1", ticket(2)), "published");
    assert.deepEqual(await store.get(TENANT, NOW), ticket(2));
  },

  "a ticket of another generation keeps its addresses, and nobody gets any where there is none":
    async (
      store,
    ) => {
      await store.relocate(moved(1));
      assert.deepEqual(await store.lease(TENANT, request()), { kind: "lease", generation: 1 });
      await store.publish(TENANT, "owner-1", ticket(2));
      for (const generation of [1, 3]) await store.relocate(moved(generation));
      await store.relocate(moved(2, { contextIdentifier: tenantOf(2) }));
      assert.deepEqual(await store.get(TENANT, NOW), ticket(2));
      assert.equal(await store.get(tenantOf(2), NOW), null);
    },

  "another ticket of the same generation and a ticket that was ended are left alone": async (
    store,
  ) => {
    await store.publish(TENANT, "owner-1", ticket(2));
    await store.relocate(moved(2, { issuedAt: NOW + 1 }));
    await store.relocate(moved(2, { expiresAt: NOW + 24 * 60 * 60 * 1000 }));
    assert.deepEqual(await store.get(TENANT, NOW), ticket(2));
    await store.lease(TENANT, request({ replaces: generationOf(2) }));
    await store.refuse(TENANT, refused({ endsTicket: true }));
    for (const generation of [2, 3]) await store.relocate(moved(generation));
    assert.equal(await store.get(TENANT, NOW), null);
    await store.publish(TENANT, "owner-2", ticket(4));
    await store.invalidate(TENANT, NOW);
    for (const generation of [4, 5]) await store.relocate(moved(generation));
    assert.equal(await store.get(TENANT, NOW), null);
  },

  "whichever comes first, a newer ticket is not lost to new addresses of an older one": async (
    store,
  ) => {
    for (let round = 1; round <= 10; round++) {
      await store.publish(TENANT, "owner", ticket(2 * round));
      const newer = ticket(2 * round + 1, { ticket: new Secret(`7T:newer-${round}`) });
      const deeds = [() => store.relocate(moved(2 * round)), async () => {
        await store.publish(TENANT, "owner", newer);
      }];
      await Promise.all((round % 2 === 0 ? deeds : deeds.toReversed()).map((deed) => deed()));
      const found = await store.get(TENANT, NOW);
      assert.deepEqual(found, newer);
      assert.equal(found?.ticket.reveal(), `7T:newer-${round}`);
    }
  },
};
