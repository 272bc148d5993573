/** Any sequence of calls gets the same answers from the embedded and from the shared store. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { requires } from "../../support/requirement.ts";
import { openUpstash, OWNER, SEALING, withBridge } from "./backends.ts";
import {
  CONSENT,
  generationOf,
  NOW,
  PENDING,
  refused,
  request,
  TENANT,
  tenantOf,
  ticket,
} from "./samples.ts";

type Step = (stores: Stores) => Promise<unknown>;

/** Close together, so that leases, refusals and tickets run out in between. */
const within = (seconds: number) =>
  fc.integer({ min: 0, max: seconds }).map((seconds) => NOW + seconds * 1_000);
const instant = within(40);
/** Far enough apart for a pause before a renewal. */
const wide = within(80);
const owner = fc.constantFrom("a", "b", "c");
const why = fc.constantFrom("miss", "renewal", "rejection" as const);
const credentials = fc.constantFrom("app", "other");
const generation = fc.integer({ min: 1, max: 6 }).map(generationOf);
const tenant = fc.integer({ min: 1, max: 3 }).map(tenantOf);

function tuple<T extends unknown[]>(
  name: string,
  parts: { [Part in keyof T]: fc.Arbitrary<T[Part]> },
  step: (stores: Stores, ...values: T) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return fc.tuple<T>(...parts).map((values) =>
    Object.assign((stores: Stores) => step(stores, ...values), {
      [fc.toStringMethod]: () => `${name}(${values.join(", ")})`,
    })
  );
}

const ticketStep = fc.oneof(
  tuple("get", [wide], ({ tickets }, now) => tickets.get(TENANT, now)),
  tuple(
    "lease",
    [owner, why, fc.option(generation), credentials, wide],
    ({ tickets }, owner, why, replaces, credentials, now) =>
      tickets.lease(TENANT, request({ owner, why, replaces, credentials, now })),
  ),
  tuple(
    "publish",
    [owner, generation, wide],
    ({ tickets }, owner, generation, expiresAt) =>
      tickets.publish(TENANT, owner, ticket(generation, { expiresAt })),
  ),
  tuple(
    "refuse",
    [owner, credentials, fc.boolean(), wide],
    ({ tickets }, owner, credentials, endsTicket, now) =>
      tickets.refuse(TENANT, refused({ owner, credentials, endsTicket, now })),
  ),
  tuple("invalidate", [wide], ({ tickets }, now) => tickets.invalidate(TENANT, now)),
);

const tenantStep = fc.oneof(
  tuple(
    "put",
    [tenant, fc.constantFrom("1", "2"), instant],
    ({ tenants }, contextIdentifier, serial, consentedAt) =>
      tenants.put({ ...CONSENT, contextIdentifier, serial, consentedAt }),
  ),
  tuple(
    "mark",
    [tenant, instant],
    ({ tenants }, tenant, consentedAt) =>
      tenants.mark(tenant, consentedAt, { health: "consent_withdrawn", state: "Suspended" }),
  ),
  tuple("get", [tenant], ({ tenants }, tenant) => tenants.get(tenant)),
  tuple("remove", [tenant], ({ tenants }, tenant) => tenants.remove(tenant)),
  tuple(
    "list",
    [fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3 })],
    ({ tenants }, after, limit) => tenants.list(after, limit),
  ),
);

const consentStep = fc.oneof(
  tuple(
    "begin",
    [owner, instant],
    ({ consents }, state, until) => consents.begin(state, PENDING, until, NOW),
  ),
  tuple("take", [owner, instant], ({ consents }, state, now) => consents.take(state, now)),
  tuple(
    "claim",
    [owner, instant, instant],
    ({ consents }, digest, until, now) => consents.claim(digest, until, now),
  ),
);

for (const [port, step] of Object.entries({ ticketStep, tenantStep, consentStep })) {
  Deno.test({
    name: `the two stores answer alike: ${port}`,
    ...requires("redis-server"),
    fn: () =>
      withBridge(async (bridge) => {
        const steps = fc.array(step, { minLength: 5, maxLength: 25 });
        await fc.assert(
          fc.asyncProperty(steps, async (steps) => {
            const embedded = openSqlite({ path: ":memory:", sealing: SEALING, owner: OWNER });
            const shared = openUpstash(bridge);
            try {
              for (const step of steps) {
                assert.deepEqual(await step(shared), await step(embedded));
              }
            } finally {
              embedded.close();
            }
          }),
          { seed: 20261122, numRuns: 60 },
        );
      }),
  });
}
