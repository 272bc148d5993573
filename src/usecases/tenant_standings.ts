/**
 * Notes how tenants are doing: evidence of a changed state first, then the store, and with it a notice
 * for whoever wants to be told. Writes only what is different from what is known. A note that cannot be
 * stored is lost: the next thing that happens to the tenant brings it again.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Announce } from "../domain/notice.ts";
import type { Tenant, TenantHealth, TenantStanding } from "../domain/tenant.ts";
import type { Ledger, LedgerContext } from "./ledger.ts";
import type { Clock, Log, TenantStore } from "./ports.ts";

/** What was seen of a tenant. */
export interface Seen {
  readonly health: TenantHealth;
  /** One constant word. */
  readonly reason: string;
  /** SuperOffice's word; as it was if not given. */
  readonly state?: string;
}

export interface Standings {
  /** @throws LedgerFault if a changed state cannot be put on record: then nothing is noted */
  note(tenant: Tenant, seen: Seen, context: LedgerContext): Promise<void>;
  /** The tenant's own web services had trouble. Never waited for, never throws. */
  trouble(tenant: ContextId, seen: Seen & { readonly health: "moved" | "unreachable" }): void;
  /** They answered: costs nothing unless they had trouble before. */
  answered(tenant: ContextId): void;
  /** Somebody else saw the trouble: an answer ends it. */
  watch(tenant: ContextId): void;
  /** Resolves when nothing is being noted any more. */
  drain(): Promise<void>;
}

export interface StandingsParts {
  readonly tenants: TenantStore;
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  /** Whose trouble is remembered. */
  readonly maxTenants: number;
}

export function createStandings(parts: StandingsParts): Standings {
  const { tenants, ledger, log } = parts;
  const troubled = new Set<ContextId>();
  const underWay = new Set<Promise<void>>();

  const note: Standings["note"] = async (tenant, seen, context) => {
    const standing = standingOf(tenant, seen, parts.clock.now());
    if (standing === null) return;
    const { contextIdentifier, consentedAt } = tenant;
    const isOtherState = standing.state !== tenant.state;
    if (isOtherState) {
      const change = { from: tenant.state, to: standing.state };
      await ledger.record(context, { kind: "tenant_state", ...change });
    }
    const notice = noticeOf(parts.announce, tenant, standing);
    try {
      await tenants.mark(contextIdentifier, consentedAt, standing, notice);
    } catch (error) {
      log.warn("tenant.not_noted", { context_identifier: contextIdentifier, error });
      return;
    }
    log.info("tenant.standing", {
      context_identifier: contextIdentifier,
      health: standing.health,
      reason: standing.healthReason,
      state: standing.state,
    });
  };

  const behind = (tenant: ContextId, decide: (tenant: Tenant) => Seen | null): void => {
    const work = (async () => {
      const found = await tenants.get(tenant);
      const seen = found === null ? null : decide(found);
      const context = { requestId: null, caller: null, contextIdentifier: tenant };
      if (found !== null && seen !== null) await note(found, seen, context);
    })().catch((error) => log.warn("tenant.not_noted", { context_identifier: tenant, error }))
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };

  const watch = (tenant: ContextId): void => {
    troubled.add(tenant);
    if (troubled.size > parts.maxTenants) troubled.delete(troubled.keys().next().value!);
  };

  return {
    note,
    watch,
    trouble(tenant, seen) {
      if (troubled.has(tenant)) return;
      watch(tenant);
      // What is worse, and what needs somebody to act, is not covered up.
      behind(tenant, ({ health }) => health === "connected" ? seen : null);
    },
    answered(tenant) {
      if (troubled.size === 0 || !troubled.delete(tenant)) return;
      behind(
        tenant,
        ({ health }) => health === "moved" || health === "unreachable" ? ANSWERED : null,
      );
    },
    async drain() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const ANSWERED: Seen = { health: "connected", reason: "answered" };

/** @returns null if nothing is new */
function standingOf(tenant: Tenant, seen: Seen, now: number): TenantStanding | null {
  const { health, reason, state = tenant.state } = seen;
  if (tenant.health === health && tenant.state === state) return null;
  const isOther = health !== tenant.health || health === "suspended";
  return {
    health,
    healthReason: isOther ? reason : tenant.healthReason,
    healthSince: isOther ? now : tenant.healthSince,
    state,
    ticketsFrom: tenant.ticketsFrom,
  };
}

function noticeOf(announce: Announce, before: Tenant, standing: TenantStanding) {
  const { contextIdentifier } = before;
  const { health, healthReason: reason, state } = standing;
  if (health === "consent_withdrawn" && before.health !== health) {
    return announce("tenant.withdrawn", contextIdentifier, { reason });
  }
  if (state === before.state) return null;
  const change = { previous_state: before.state, state, health };
  return announce("tenant.state_changed", contextIdentifier, change);
}
