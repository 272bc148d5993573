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
  notice,
  NOW,
  PENDING,
  refused,
  request,
  TENANT,
  tenantOf,
  ticket,
  WITHDRAWN,
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
const noticeId = fc.constantFrom("n1", "n2", "n3", "n4");
const noticed = fc.option(fc.tuple(noticeId, instant).map(([id, at]) => notice(id, at)));
const limit = fc.integer({ min: -1, max: 3 });

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
  tuple(
    "relocate",
    [generation, fc.constantFrom(1, 2), wide],
    ({ tickets }, generation, place, expiresAt) => {
      const webapiUrl = `https://sod${place}.example.com/`;
      return tickets.relocate(ticket(generation, { expiresAt, webapiUrl, addressesUntil: place }));
    },
  ),
);

const tenantStep = fc.oneof(
  tuple(
    "put",
    [tenant, fc.constantFrom("1", "2"), instant, noticed],
    ({ tenants }, contextIdentifier, serial, consentedAt, notice) =>
      tenants.put({ ...CONSENT, contextIdentifier, serial, consentedAt }, notice),
  ),
  tuple(
    "mark",
    [tenant, instant, instant, noticed],
    ({ tenants }, tenant, consentedAt, ticketsFrom, notice) =>
      tenants.mark(tenant, consentedAt, { ...WITHDRAWN, ticketsFrom }, notice),
  ),
  tuple("get", [tenant], ({ tenants }, tenant) => tenants.get(tenant)),
  tuple(
    "remove",
    [tenant, noticed],
    ({ tenants }, tenant, notice) => tenants.remove(tenant, notice),
  ),
  tuple(
    "list",
    [fc.integer({ min: 0, max: 5 }), limit],
    ({ tenants }, after, limit) => tenants.list(after, limit),
  ),
  tuple(
    "changes",
    [fc.integer({ min: 0, max: 9 }), limit],
    ({ tenants }, after, limit) => tenants.changes(after, limit),
  ),
);

const noticeStep = fc.oneof(
  tuple(
    "put",
    [noticeId, instant],
    ({ tenants }, id, at) => tenants.put(CONSENT, notice(id, at)),
  ),
  tuple(
    "take",
    [instant, limit, instant],
    ({ notices }, now, limit, until) => notices.take(now, limit, until),
  ),
  tuple("done", [noticeId], ({ notices }, id) => notices.done(id)),
  tuple(
    "retry",
    [noticeId, instant],
    ({ notices }, id, dueAt) => notices.retry(id, dueAt, "timeout"),
  ),
  tuple("bury", [noticeId, instant], ({ notices }, id, at) => notices.bury(id, at, "status_410")),
  tuple("buried", [limit], ({ notices }, limit) => notices.buried(limit)),
  tuple("revive", [noticeId, instant], ({ notices }, id, dueAt) => notices.revive(id, dueAt)),
  tuple("count", [], ({ notices }) => notices.count()),
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
  tuple("unclaim", [owner], ({ consents }, digest) => consents.unclaim(digest)),
);

for (const [port, step] of Object.entries({ ticketStep, tenantStep, noticeStep, consentStep })) {
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
