/** Stores of every kind with seven tenants in them, opened with these sealing keys and with those. */

import assert from "node:assert/strict";
import { createSealing, type Sealing } from "../../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { lookThrough, reseal } from "../../../src/usecases/resealing.ts";
import { requires } from "../../support/requirement.ts";
import { createTestClock } from "../../support/service.ts";
import { openUpstash, OWNER, withBridge, withFolder } from "./backends.ts";
import { CONSENT, notice, NOW, tenantOf, ticket } from "./samples.ts";

export const OLD = { id: "old", key: new Uint8Array(32).fill(1) };
export const NEW = { id: "new-2", key: new Uint8Array(32).fill(2) };
export const LOST = { id: "lost", key: new Uint8Array(32).fill(3) };

export const UNDER_OLD = createSealing([OLD]);
export const BOTH = createSealing([NEW, OLD]);
export const UNDER_NEW = createSealing([NEW]);
export const UNDER_LOST = createSealing([LOST]);

/** The same store, opened with other keys. */
export type Open = (sealing: Sealing) => Stores;

export interface Backend {
  readonly name: string;
  readonly ignore: boolean;
  use(work: (open: Open) => Promise<void>): Promise<void>;
}

export const BACKENDS: readonly Backend[] = [
  {
    name: "SQLite",
    ignore: false,
    use: (work) =>
      withFolder((folder) =>
        work((sealing) => openSqlite({ path: `${folder}/data.sqlite`, sealing, owner: OWNER }))
      ),
  },
  {
    name: "Upstash",
    ...requires("redis-server"),
    use: (work) =>
      withBridge((bridge) => work((sealing) => openUpstash(bridge, { sealing, prefix: "reseal" }))),
  },
];

export const COUNT = 7;

export function consentOf(digits: number) {
  const contextIdentifier = tenantOf(digits);
  return { ...CONSENT, contextIdentifier, systemUserToken: new Secret(`token-${digits}`) };
}

export function ticketOf(digits: number, generation = 1) {
  return ticket(generation, {
    contextIdentifier: tenantOf(digits),
    ticket: new Secret(`7T:${digits}`),
  });
}

/** Seven tenants, each with a ticket and a notice; one notice is buried, one tenant has no ticket. */
export async function fill({ tenants, tickets, notices }: Stores): Promise<void> {
  for (let digits = 1; digits <= COUNT; digits++) {
    await tenants.put(consentOf(digits), notice(`msg_${digits}`));
    if (digits < COUNT) await tickets.publish(tenantOf(digits), "owner", ticketOf(digits));
  }
  await notices.bury("msg_1", NOW, "status_500");
  await tickets.invalidate(tenantOf(1), NOW);
}

/** Everything reads as it was put. */
export async function assertReads({ tenants, tickets, notices }: Stores): Promise<void> {
  for (let digits = 1; digits <= COUNT; digits++) {
    assert.equal(
      (await tenants.get(tenantOf(digits)))?.systemUserToken.reveal(),
      `token-${digits}`,
    );
    const expected = digits > 1 && digits < COUNT ? ticketOf(digits) : null;
    assert.deepEqual(await tickets.get(tenantOf(digits), NOW), expected);
  }
  const ids = (await notices.take(NOW, 100, NOW)).map(({ id }) => id).sort();
  assert.deepEqual(ids, ["msg_2", "msg_3", "msg_4", "msg_5", "msg_6", "msg_7"]);
  assert.deepEqual((await notices.buried(10)).map(({ id }) => id), ["msg_1"]);
}

export const look = (stores: Stores) =>
  lookThrough({ store: stores.resealing, clock: createTestClock(), perSecond: 8 });

export const run = (stores: Stores) =>
  reseal({ store: stores.resealing, clock: createTestClock(), perSecond: 8 });

export async function counts({ resealing }: Stores): Promise<Record<string, number>> {
  const found = await resealing.count();
  return Object.fromEntries(found.map((it) => [`${it.kind} ${it.keyId}`, it.count]));
}
