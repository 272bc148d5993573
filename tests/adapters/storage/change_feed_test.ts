/** Any history of tenants: whoever follows the changes, from whenever on, ends up knowing what is. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { ContextId } from "../../../src/domain/context_id.ts";
import type { TenantStanding } from "../../../src/domain/tenant.ts";
import type { TenantStore } from "../../../src/usecases/ports.ts";
import { BACKENDS } from "./backends.ts";
import { CONSENT, NOW, tenantOf, WITHDRAWN } from "./samples.ts";

/** One that knows tenants from their changes alone. */
interface Follower {
  after: number;
  readonly known: Map<ContextId, TenantStanding>;
}

interface Deed {
  readonly name: string;
  run(store: TenantStore, followers: Follower[]): Promise<unknown>;
}

/** @returns whether there was anything */
async function follow(store: TenantStore, follower: Follower, limit: number): Promise<boolean> {
  const { newest, changes } = await store.changes(follower.after, limit);
  assert.ok(changes.length <= limit, "more than was wanted");
  assert.equal(new Set(changes.map(({ tenant }) => tenant)).size, changes.length, "a tenant twice");
  for (const { tenant, number, standing } of changes) {
    assert.ok(number > follower.after && number <= newest, "numbers that do not grow");
    follower.after = number;
    if (standing === null) follower.known.delete(tenant);
    else follower.known.set(tenant, standing);
  }
  return changes.length > 0;
}

const tenant = fc.integer({ min: 1, max: 6 }).map(tenantOf);
const instant = fc.integer({ min: 0, max: 3 }).map((shift) => NOW + shift);

function deed<T extends unknown[]>(
  name: string,
  parts: { [Part in keyof T]: fc.Arbitrary<T[Part]> },
  run: (store: TenantStore, followers: Follower[], ...values: T) => Promise<unknown>,
): fc.Arbitrary<Deed> {
  return fc.tuple<T>(...parts).map((values) => ({
    name,
    run: (store, followers) => run(store, followers, ...values),
    [fc.toStringMethod]: () => `${name}(${values.join(", ")})`,
  }));
}

const deeds = fc.array(
  fc.oneof(
    deed(
      "put",
      [tenant, instant],
      (store, _, contextIdentifier, consentedAt) =>
        store.put({ ...CONSENT, contextIdentifier, consentedAt }, null),
    ),
    deed(
      "mark",
      [tenant, instant, instant],
      (store, _, tenant, consentedAt, ticketsFrom) =>
        store.mark(tenant, consentedAt, { ...WITHDRAWN, ticketsFrom }, null),
    ),
    deed("remove", [tenant], (store, _, tenant) => store.remove(tenant, null)),
    deed(
      "follow",
      [fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 4 })],
      (store, followers, index, limit) => follow(store, followers[index]!, limit),
    ),
  ),
  { minLength: 10, maxLength: 40 },
);

const RUNS: Readonly<Record<string, number>> = { "SQLite in memory": 150, "Upstash": 40 };

for (const { name, ignore, use } of BACKENDS.filter(({ name }) => name in RUNS)) {
  Deno.test({
    name: `whoever follows the changes of tenants knows in the end how they stand: ${name}`,
    ignore,
    fn: () =>
      use(async (open) => {
        await fc.assert(
          fc.asyncProperty(deeds, fc.integer({ min: 1, max: 3 }), async (deeds, limit) => {
            const stores = open();
            try {
              const { tenants } = stores;
              const followers = Array.from({ length: 3 }, () => ({ after: 0, known: new Map() }));
              // Some deeds at once: none of them may hide another from a follower.
              for (let at = 0; at < deeds.length; at += limit) {
                await inTurn(deeds.slice(at, at + limit), tenants, followers);
              }
              for (const follower of followers) while (await follow(tenants, follower, limit));
              const truth = (await tenants.list(0, 100)).map((card): [ContextId, unknown] => [
                card.contextIdentifier,
                standingOf(card),
              ]);
              const expected = new Map(truth);
              for (const { known } of followers) assert.deepEqual(known, expected);
            } finally {
              stores.close();
            }
          }),
          { seed: 20261128, numRuns: RUNS[name]! },
        );
      }),
  });
}

/** Changes at once; followers, whose own looks must not cross, after one another. */
async function inTurn(
  deeds: readonly Deed[],
  tenants: TenantStore,
  followers: Follower[],
): Promise<void> {
  const isFollowing = ({ name }: Deed) => name === "follow";
  const changing = Promise.all(
    deeds.filter((deed) => !isFollowing(deed)).map((deed) => deed.run(tenants, followers)),
  );
  for (const deed of deeds.filter(isFollowing)) await deed.run(tenants, followers);
  await changing;
}

function standingOf(
  { health, healthReason, healthSince, state, ticketsFrom }: TenantStanding,
): TenantStanding {
  return { health, healthReason, healthSince, state, ticketsFrom };
}
