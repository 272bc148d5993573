/**
 * Notes how tenants are doing: evidence of a changed state first, then the store, and with it a notice
 * for whoever wants to be told. Writes only what is different from what is known. A note that cannot be
 * stored is lost: the next thing that happens to the tenant brings it again.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Announce } from "../domain/notice.ts";
import {
  DOUBTFUL,
  isDoubtful,
  type Tenant,
  type TenantHealth,
  type TenantStanding,
} from "../domain/tenant.ts";
import { type Ledger, type LedgerContext, nobodyAsked } from "./ledger.ts";
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
  /** SuperOffice said where the tenant is: it has not moved to where nobody knows. Costs as little. */
  located(tenant: ContextId): void;
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
  const { tenants, log } = parts;
  const write = createWriting(parts);
  const troubled = new Set<ContextId>();
  /** By tenant, what was begun last. */
  const underWay = new Map<ContextId, Promise<void>>();

  const look = async (tenant: ContextId, decide: Decide): Promise<boolean> => {
    const found = await tenants.get(tenant);
    const seen = found === null ? null : decide(found);
    return found === null || seen === null || await write(found, seen, nobodyAsked(tenant));
  };

  /** One after the other, or an answer finds the trouble that it ends not noted yet. */
  const behind = (tenant: ContextId, decide: Decide, lost: () => void): void => {
    const work = (underWay.get(tenant) ?? Promise.resolve())
      .then(() => look(tenant, decide))
      .catch((error) => {
        log.warn("tenant.not_noted", { context_identifier: tenant, error });
        return false;
      })
      .then((isNoted) => {
        if (!isNoted) lost();
        if (underWay.get(tenant) === work) underWay.delete(tenant);
      });
    underWay.set(tenant, work);
  };

  const watch = (tenant: ContextId): void => {
    troubled.add(tenant);
    if (troubled.size > parts.maxTenants) troubled.delete(troubled.keys().next().value!);
  };

  return {
    note: async (tenant, seen, context) => void await write(tenant, seen, context),
    watch,
    trouble(tenant, seen) {
      if (troubled.has(tenant)) return;
      watch(tenant);
      // What is worse, and what needs somebody to act, is not covered up.
      const decide: Decide = ({ health }) => health === "connected" ? seen : null;
      behind(tenant, decide, () => troubled.delete(tenant));
    },
    answered(tenant) {
      if (troubled.size === 0 || !troubled.delete(tenant)) return;
      // Whether SuperOffice still gives it a ticket, they cannot know.
      const decide: Decide = (found) =>
        found.health === "moved" || (found.health === "unreachable" && !isDoubtful(found))
          ? ANSWERED
          : null;
      behind(tenant, decide, () => watch(tenant));
    },
    located(tenant) {
      if (troubled.size === 0 || !troubled.has(tenant)) return;
      behind(tenant, ({ health }) => health === "moved" ? LOCATED : null, () => {});
    },
    async drain() {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
  };
}

/** What is to be noted of a tenant as it stands now. Null: nothing. */
type Decide = (tenant: Tenant) => Seen | null;

/** @returns what answers false where the store took nothing of it. @throws LedgerFault as `note` does */
function createWriting({ tenants, ledger, announce, clock, log }: StandingsParts) {
  return async (tenant: Tenant, seen: Seen, context: LedgerContext): Promise<boolean> => {
    const standing = standingOf(tenant, seen, clock.now());
    if (standing === null) return true;
    const { contextIdentifier, consentedAt } = tenant;
    const { health, healthReason, state } = standing;
    if (state !== tenant.state) {
      await ledger.record(context, { kind: "tenant_state", from: tenant.state, to: state });
    }
    const notice = noticeOf(announce, tenant, standing);
    const what = { context_identifier: contextIdentifier, health, reason: healthReason, state };
    try {
      // Of a tenant that consented anew meanwhile this says nothing.
      const isMarked = await tenants.mark(contextIdentifier, consentedAt, standing, notice);
      if (isMarked) log.info("tenant.standing", what);
      return true;
    } catch (error) {
      log.warn("tenant.not_noted", { context_identifier: contextIdentifier, error });
      return false;
    }
  };
}

const LOCATED: Seen = { health: "connected", reason: "located" };
const ANSWERED: Seen = { health: "connected", reason: "answered" };

/** @returns null if nothing is new */
function standingOf(tenant: Tenant, seen: Seen, now: number): TenantStanding | null {
  const { health, reason, state = tenant.state } = seen;
  // Of those who are unreachable it is known since when; whether that is a doubt is another matter.
  const isSame = health === tenant.health && (reason !== DOUBTFUL || isDoubtful(tenant));
  if (isSame && tenant.state === state) return null;
  const isOther = !isSame || health === "suspended";
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
