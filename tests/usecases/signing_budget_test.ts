import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { createSigningBudget } from "../../src/usecases/signing_budget.ts";
import { createTestClock } from "../support/service.ts";

const [A, B, C] = ["Cust1", "Cust2", "Cust3"].map((text) => ContextId.parse(text)!) as [
  ContextId,
  ContextId,
  ContextId,
];

function budgetOf(limits: { perMinute?: number; perTenantHour?: number; maxTenants?: number }) {
  const clock = createTestClock();
  const defaults = { perMinute: 300, perTenantHour: 60, maxTenants: 100 };
  const budget = createSigningBudget({ clock, ...defaults, ...limits });
  return { clock, budget };
}

Deno.test("one tenant cannot use up the budget of another", () => {
  const { budget } = budgetOf({ perTenantHour: 2 });
  assert.deepEqual([A, A, A, B].map(budget.take), [0, 0, 1_800_000, 0]);
});

Deno.test("all tenants together have one budget, and the longer of two waits is told", () => {
  const { budget, clock } = budgetOf({ perMinute: 3, perTenantHour: 2 });
  assert.deepEqual([A, A, B, C, A].map(budget.take), [0, 0, 0, 20_000, 1_800_000]);
  clock.advance(20_000);
  assert.deepEqual([C, C].map(budget.take), [0, 20_000]);
});

Deno.test("an attempt that one budget refuses is counted in neither", () => {
  const { budget, clock } = budgetOf({ perMinute: 2, perTenantHour: 1 });
  assert.deepEqual([A, A, A, B].map(budget.take), [0, 3_600_000, 3_600_000, 0]);
  assert.equal(budget.take(C), 30_000);
  clock.advance(30_000);
  assert.equal(budget.take(C), 0, "to be refused for all cost the tenant nothing");
});

Deno.test("of too many tenants the one that was at it longest ago is forgotten", () => {
  const { budget } = budgetOf({ perTenantHour: 2, maxTenants: 2 });
  assert.deepEqual([A, B, A, C].map(budget.take), [0, 0, 0, 0]);
  assert.ok(budget.take(A) > 0, "used last before C, so remembered");
  assert.deepEqual([B, B].map(budget.take), [0, 0], "forgotten when C came");
});

Deno.test("a clock that is set back makes nobody wait until it has caught up", () => {
  const { budget, clock } = budgetOf({ perMinute: 1, perTenantHour: 2 });
  assert.equal(budget.take(A), 0);
  clock.advance(-1_200_000);
  assert.equal(budget.take(B), 60_000);
  clock.advance(60_000);
  assert.equal(budget.take(A), 0);
  clock.advance(-1_200_000);
  assert.equal(budget.take(A), 1_800_000);
  clock.advance(1_800_000);
  assert.equal(budget.take(A), 0);
});
