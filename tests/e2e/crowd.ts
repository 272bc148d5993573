/**
 * One exchange per tenant and expiry, whatever the number of processes and callers: four processes,
 * fifty callers at each, all at once; then the same while Upstash loses replies. Exchanges and signatures are
 * counted where they arrive.
 */

import assert from "node:assert/strict";
import type { ContextId } from "../../src/domain/context_id.ts";
import { CALLERS, type Crowd, type Given, withCrowd } from "../support/crowd.ts";
import { AT_ONCE } from "../support/at_once.ts";
import { addTenant, putTicket, requireTicket } from "../support/stored_tenants.ts";
import type { Choice } from "../support/upstash_bridge.ts";

const PROCESSES = 4;
const ROUNDS = 20;

/** Long enough to reach every process's memory, short enough to wait for. */
const SHORT = { issued: 0, ends: 3500 };

/** Does all at once, and @returns the one ticket that all callers were given. */
async function round(
  { services, askAll, counts }: Crowd,
  tenant: ContextId,
  rejected?: number,
): Promise<Given> {
  const before = counts();
  const given = await askAll(services.map(({ url }) => url), tenant, rejected);
  const after = counts();
  assert.equal(given.length, PROCESSES * CALLERS);
  const [first] = given;
  for (const { ticket, generation } of given) {
    assert.deepEqual([ticket, generation], [first!.ticket, first!.generation]);
  }
  assert.deepEqual(
    [after.exchanges - before.exchanges, after.signatures - before.signatures],
    [1, 1],
    `exchanges and signatures of ${tenant}`,
  );
  return first!;
}

async function tenantsOf(crowd: Crowd): Promise<ContextId[]> {
  const tenants: ContextId[] = [];
  for (let number = 0; number < ROUNDS; number++) tenants.push(await addTenant(crowd));
  return tenants;
}

/** Tenants whose ticket every process holds in its memory. @returns them, and when that is over */
async function expiring(crowd: Crowd): Promise<{ tenants: ContextId[]; over: number }> {
  const tenants = await tenantsOf(crowd);
  for (const tenant of tenants) await putTicket(crowd, tenant, SHORT);
  const over = Date.now() + SHORT.ends;
  await Promise.all(crowd.services.map(async ({ url }) => {
    for (const tenant of tenants) await requireTicket(url, crowd.authorization, tenant, "store");
  }));
  return { tenants, over };
}

/** The rounds of one step: cold, rejected after their tickets were deleted, expired. */
async function rounds(t: Deno.TestContext, crowd: Crowd, how: string): Promise<void> {
  const expired = await expiring(crowd);
  const cold = await tenantsOf(crowd);
  const step = (name: string, fn: () => Promise<void>) =>
    t.step({ name: `${name}${how}`, fn, ...AT_ONCE });
  await step("a tenant without a ticket", async () => {
    for (const tenant of cold) assert.equal((await round(crowd, tenant)).generation, 1);
  });
  await step("tickets that were deleted at SuperOffice", async () => {
    for (const tenant of cold) {
      assert.equal(crowd.superoffice.control.deleteTickets(tenant), 1);
      assert.equal((await round(crowd, tenant, 1)).generation, 2);
    }
  });
  await step("an expired ticket", async () => {
    await new Promise((resolve) => setTimeout(resolve, expired.over - Date.now()));
    for (const tenant of expired.tenants) assert.equal((await round(crowd, tenant)).generation, 2);
  });
}

/** Every request is executed; its reply is lost the first time that it is sent. */
function losesFirstReplies(): { readonly choice: Choice; readonly lost: () => number } {
  const seen = new Set<string>();
  let lost = 0;
  return {
    choice(commands) {
      const request = JSON.stringify(commands);
      if (seen.has(request)) return null;
      seen.add(request);
      lost++;
      return { kind: "lost" };
    },
    lost: () => lost,
  };
}

/** Two hundred callers at four processes. */
export function serveCrowd(t: Deno.TestContext): Promise<void> {
  return withCrowd(PROCESSES, async (crowd) => {
    await rounds(t, crowd, "");
    const losing = losesFirstReplies();
    crowd.upstash.all(losing.choice);
    await rounds(t, crowd, ", while Upstash loses every first reply");
    assert.ok(losing.lost() > ROUNDS * 10, `${losing.lost()} replies were lost`);
  });
}
