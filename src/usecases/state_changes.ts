/**
 * What SuperOffice pushes of its own accord: a tenant was suspended, resumed, deleted, moved, restored or
 * upgraded. A token is obeyed once for each of these; evidence comes before the deed. Asks SuperOffice nothing but its
 * login keys and exchanges nothing: what was forgotten is looked up when it is next needed, and then
 * the state endpoint has the last word, also where pushes came in the wrong order.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Announce } from "../domain/notice.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import type { Tenant, TenantHealth, TenantStanding } from "../domain/tenant.ts";
import { type Ledger, LedgerFault, refuseUnrecorded } from "./ledger.ts";
import type { ConsentStore } from "./consent_ports.ts";
import type { Clock, Log, TenantStore } from "./ports.ts";
import type { StateChange, StateChangeReader } from "./superoffice_ports.ts";
import type { Standings } from "./tenant_standings.ts";
import type { TicketStore } from "./ticket_ports.ts";
import type { Tickets } from "./tickets.ts";

export interface StateChanges {
  /** @param body the push's JSON as it came */
  receive(body: string, requestId: string): Promise<Outcome<null>>;
}

export interface StateChangesParts {
  readonly reader: StateChangeReader;
  readonly tenants: TenantStore;
  readonly ticketStore: TicketStore;
  readonly tickets: Pick<Tickets, "forget" | "doubt">;
  /** States as SuperOffice gave them before. */
  readonly states: { forget(tenant: ContextId): void };
  readonly claims: Pick<ConsentStore, "claim" | "unclaim">;
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly standings: Pick<Standings, "watch">;
  readonly clock: Clock;
  readonly log: Log;
}

/** A token is remembered a little beyond its end, or it might pass once more just before. */
const CLAIM_MARGIN_MS = 60_000;

/** Refusals of what is no push at all. */
const UNFORMED: ReadonlySet<string> = new Set(["malformed", "too_large"]);

export function createStateChanges(parts: StateChangesParts): StateChanges {
  const { reader, claims, clock, log } = parts;
  const obey = createObedience(parts);

  const refused = (reason: string, requestId: string) => {
    log.warn("state_change.refused", { reason, request_id: requestId });
    return refuse(UNFORMED.has(reason) ? "invalid_request" : "caller_unknown", reason);
  };

  /** SuperOffice may send the same token again, and then it must be obeyed. */
  const release = async (digest: string, requestId: string): Promise<void> => {
    try {
      await claims.unclaim(digest);
    } catch (error) {
      log.warn("state_change.not_released", { error, request_id: requestId });
    }
  };

  const receive = async (body: string, requestId: string): Promise<Outcome<null>> => {
    const now = clock.now();
    const change = await reader.read(body, now);
    if (change.kind === "refused") return refused(change.reason, requestId);
    const { usableUntil, contextIdentifier: context_identifier, type } = change;
    const said = { type, context_identifier, request_id: requestId };
    const found = await parts.tenants.get(context_identifier);
    if (found === null) {
      log.info("state_change.ignored", said);
      return accept(null);
    }
    const claimed = claimOf(change);
    // A crash after this leaves a push that its token cannot bring again; the next exchange hears of it.
    if (!await claims.claim(claimed, usableUntil + CLAIM_MARGIN_MS, now)) {
      return refused("replayed", requestId);
    }
    log.info("state_change.received", said);
    try {
      await obey(change, found, requestId);
      return accept(null);
    } catch (error) {
      await release(claimed, requestId);
      throw error;
    }
  };

  return {
    async receive(body, requestId) {
      try {
        return await receive(body, requestId);
      } catch (error) {
        if (!(error instanceof PartFault) && !(error instanceof LedgerFault)) throw error;
        log.warn("state_change.fault", { error, request_id: requestId });
        if (error instanceof LedgerFault) return refuseUnrecorded(error);
        const code = error.part === "store" ? "store_unavailable" : "upstream_unavailable";
        return refuse(code, error.reason, retryAfterSeconds(error, 2));
      }
    },
  };
}

/**
 * What works once. A token says which tenant and when, to the second, and nothing of what happened: two
 * changes of one tenant may well come with the same one. All that we have no word for counts as one, or
 * one token could be told as many as there are numbers.
 */
function claimOf({ type, tokenDigest }: StateChange): string {
  const kind = type === "Upgrade" || Object.hasOwn(EFFECTS, type) ? type : "other";
  return sha256Hex(`state_change\n${kind}\n${tokenDigest}`);
}

/** @returns what obeys a push */
function createObedience(parts: StateChangesParts) {
  const { tenants, ticketStore, tickets, ledger, clock } = parts;

  const mark = async (found: Tenant, { type }: StateChange, now: number): Promise<boolean> => {
    const { contextIdentifier, consentedAt, state: previous } = found;
    const standing = standingAfter(found, type, now);
    if (standing === null) return true;
    const { state, health } = standing;
    const told = { change: type, state, health, previous_state: previous };
    const notice = parts.announce("tenant.state_changed", contextIdentifier, told);
    return await tenants.mark(contextIdentifier, consentedAt, standing, notice);
  };

  const end = async (tenant: ContextId, now: number): Promise<void> => {
    tickets.forget(tenant);
    await ticketStore.invalidate(tenant, now);
  };

  /** The ticket is good, somewhere else: whoever reads it next asks where, in whatever process. */
  const doubt = async (tenant: ContextId, now: number): Promise<void> => {
    tickets.doubt(tenant, 0);
    const stored = await ticketStore.get(tenant, now);
    if (stored !== null) await ticketStore.relocate({ ...stored, addressesUntil: now });
  };

  return async (change: StateChange, found: Tenant, requestId: string): Promise<void> => {
    const { contextIdentifier, type } = change;
    const effect = EFFECTS[type];
    const now = clock.now();
    // COMMIT POINT: a crash after this leaves a change on record that was not obeyed. The next exchange
    // hears of it from the state endpoint.
    await ledger.record(
      { requestId, caller: null, contextIdentifier },
      { kind: "tenant_state", from: found.state, to: effect?.state ?? type },
    );
    // Before the mark, which has all processes read anew: they must not find what it ends.
    const isOver = effect !== undefined && effect.tickets !== "doubted";
    if (isOver) await end(contextIdentifier, now);
    if (!await mark(found, change, now)) {
      // Consented anew or removed since. What happened to the tenant happened to it all the same.
      const again = await tenants.get(contextIdentifier);
      if (again !== null) await mark(again, change, now);
    }
    parts.states.forget(contextIdentifier);
    if (effect?.tickets === "doubted") {
      await doubt(contextIdentifier, now);
      parts.standings.watch(contextIdentifier);
      // Again: a flight that began before the mark may bring back what was ended.
    } else if (isOver) tickets.forget(contextIdentifier);
  };
}

/** What a push makes of a tenant. */
interface Effect {
  /** SuperOffice's word for its state, if it has another one then. */
  readonly state?: string;
  readonly health?: {
    readonly of: readonly TenantHealth[];
    readonly to: TenantHealth;
    readonly reason: string;
  };
  /**
   * `dead`: those of before are no good, wherever they are. `forgotten`: here and in the store, and with
   * them a remembered refusal. `doubted`: they are good, somewhere else.
   */
  readonly tickets: "dead" | "forgotten" | "doubted";
}

/** A tenant that must consent again must do so whatever else happens to it: it is in no list. */
const EFFECTS: Readonly<Partial<Record<StateChange["type"], Effect>>> = {
  Suspend: {
    state: "Suspended",
    health: {
      of: ["connected", "suspended", "moved", "unreachable"],
      to: "suspended",
      reason: "state_change",
    },
    tickets: "dead",
  },
  Delete: {
    state: "Deleted",
    health: {
      of: ["connected", "suspended", "moved", "unreachable"],
      to: "suspended",
      reason: "deleted",
    },
    tickets: "dead",
  },
  Resume: {
    state: "Running",
    health: { of: ["suspended"], to: "connected", reason: "state_change" },
    tickets: "forgotten",
  },
  Move: {
    health: { of: ["connected", "moved", "unreachable"], to: "moved", reason: "state_change" },
    tickets: "doubted",
  },
  BackupRestored: { tickets: "dead" },
};

/** @returns null if the push says nothing of how the tenant stands */
function standingAfter(
  before: Tenant,
  type: StateChange["type"],
  now: number,
): TenantStanding | null {
  const effect = EFFECTS[type];
  if (effect === undefined) return null;
  const turned = effect.health?.of.includes(before.health) ? effect.health : null;
  const health = turned?.to ?? before.health;
  return {
    health,
    healthReason: turned?.reason ?? before.healthReason,
    healthSince: health === before.health ? before.healthSince : now,
    state: effect.state ?? before.state,
    ticketsFrom: effect.tickets === "dead" ? now : before.ticketsFrom,
  };
}
