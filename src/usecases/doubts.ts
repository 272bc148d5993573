/**
 * Whether a refusal of SuperOffice's, which says no reason, is the tenant's or the app's. Between the old
 * key and the new one the portal may have none, and then SuperOffice refuses everybody: no tenant is asked
 * to consent again for that, and no ticket that is still good is taken away. A refusal is the tenant's when
 * others were given tickets after it, and this one is refused again.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Tenant } from "../domain/tenant.ts";
import { isWithin } from "../domain/within.ts";
import type { Credentials } from "./credentials.ts";
import type { Clock } from "./ports.ts";

/** Why a tenant is `unreachable` that may be refused for the app's sake. */
export const DOUBTFUL = "credentials_doubtful";

/** For so long a tenant is given the benefit of a doubt; then it is the tenant that is refused. */
const PATIENCE_MS = 15 * 60_000;

/** Of whom it is remembered since when there is a doubt. */
const MAX_DOUBTED = 10_000;

/** Clocks of instances differ by less. */
const SKEW_MS = 10_000;

export function createDoubts(credentials: Credentials, clock: Pick<Clock, "now">) {
  const doubted = new Map<ContextId, number>();

  /** Another instance, or this one before it was started anew, may have been in doubt for longer. */
  const sinceOf = ({ contextIdentifier, health, healthReason, healthSince }: Tenant): number => {
    const noted = health === "unreachable" && healthReason === DOUBTFUL ? healthSince : Infinity;
    const own = doubted.get(contextIdentifier) ?? Infinity;
    // It was given a ticket elsewhere meanwhile: that was another doubt.
    const isOver = health === "connected" && healthSince > own;
    return Math.min(clock.now(), noted, isOver ? Infinity : own);
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
      const since = sinceOf(tenant);
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
