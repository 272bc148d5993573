/**
 * Whether a refusal of SuperOffice's, which says no reason, is the tenant's or the app's. Between the old
 * key and the new one the portal may have none, and then SuperOffice refuses everybody: no tenant is asked
 * to consent again for that, and no ticket that is still good is taken away. A refusal is the tenant's when
 * others were given tickets after it, and this one is refused again.
 */

import type { ContextId } from "../domain/context_id.ts";
import { isDoubtful, type Tenant } from "../domain/tenant.ts";
import { isWithin } from "../domain/within.ts";
import type { Credentials } from "./credentials.ts";
import type { Clock } from "./ports.ts";

/** For so long a tenant is given the benefit of a doubt; then it is the tenant that is refused. */
const PATIENCE_MS = 15 * 60_000;

/** Of whom it is remembered since when there is a doubt. */
const MAX_DOUBTED = 10_000;

/** Clocks of instances differ by less. */
const SKEW_MS = 10_000;

export function createDoubts(credentials: Credentials, clock: Pick<Clock, "now">) {
  const doubted = new Map<ContextId, number>();

  /**
   * What is on record goes for all instances, and is all that one knows which was just started. What is
   * remembered here counts where nothing could be noted, until something else is.
   */
  const sinceOf = (tenant: Tenant, now: number): number => {
    const { contextIdentifier, healthSince } = tenant;
    const own = Math.min(now, doubted.get(contextIdentifier) ?? now);
    // An instant that is still to come is of a clock that is ahead.
    if (healthSince > now) return own;
    if (isDoubtful(tenant)) return healthSince;
    return own >= healthSince ? own : now;
  };

  return {
    /**
     * True if a tenant that was just refused may be refused for the app's sake.
     *
     * @param isUntried true where something stands by that could not be tried
     */
    hold(tenant: Tenant, isUntried: boolean): boolean {
      const now = clock.now();
      const workedAt = credentials.workedAt();
      // Where nothing ever worked there is nothing to be kept.
      if (workedAt === null && !isUntried) return false;
      const since = sinceOf(tenant, now);
      const isTenants = !isUntried && workedAt! >= since + SKEW_MS;
      if (isTenants || !isWithin(since, PATIENCE_MS, now)) return false;
      doubted.delete(tenant.contextIdentifier);
      doubted.set(tenant.contextIdentifier, since);
      if (doubted.size > MAX_DOUBTED) doubted.delete(doubted.keys().next().value!);
      return true;
    },
    end: ({ contextIdentifier }: Tenant) => void doubted.delete(contextIdentifier),
  };
}
