/**
 * How many attempts at the key this process makes: a budget for all tenants and one for each. Counts
 * attempts, not signatures, because each costs the same whatever comes of it. Answers at once and
 * keeps nobody waiting; knows nothing of other processes.
 */

import type { ContextId } from "../domain/context_id.ts";
import { type Rate, UNUSED, type Usage, use } from "../domain/rate.ts";
import type { Clock } from "./ports.ts";

export interface SigningBudget {
  /**
   * Counts one attempt for the tenant, if both budgets have one left.
   *
   * @param tenant null for what is no tenant's: then only the budget for all counts
   * @returns 0, or how many milliseconds from now an attempt may be made; then none is counted
   */
  take(tenant: ContextId | null): number;
}

export interface SigningBudgetParts {
  readonly clock: Pick<Clock, "now">;
  readonly perMinute: number;
  readonly perTenantHour: number;
  /** Of so many tenants the attempts are remembered: those that were at it last. */
  readonly maxTenants: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export function createSigningBudget(
  { clock, perMinute, perTenantHour, maxTenants }: SigningBudgetParts,
): SigningBudget {
  const ofAll: Rate = { count: perMinute, periodMs: MINUTE_MS };
  const ofOne: Rate = { count: perTenantHour, periodMs: HOUR_MS };
  let all = UNUSED;
  /** The one that was at it longest ago comes first. */
  const tenants = new Map<ContextId, Usage>();

  const remember = (tenant: ContextId, usage: Usage): void => {
    tenants.delete(tenant);
    tenants.set(tenant, usage);
    if (tenants.size > maxTenants) tenants.delete(tenants.keys().next().value!);
  };

  return {
    take(tenant) {
      const now = clock.now();
      const one = tenant === null ? null : use(ofOne, tenants.get(tenant) ?? UNUSED, now);
      const whole = use(ofAll, all, now);
      const waitMs = Math.max(one?.waitMs ?? 0, whole.waitMs);
      // A refusal counts nothing, but notes the instant: the clock may have been set back.
      if (waitMs === 0 || whole.waitMs > 0) all = whole.usage;
      if (tenant !== null && one !== null && (waitMs === 0 || one.waitMs > 0)) {
        remember(tenant, one.usage);
      }
      return waitMs;
    },
  };
}
