/**
 * Tenant states as SuperOffice last gave them, kept until it says that asking again is useful. A tenant
 * that does not run is asked about again within a minute: whoever waits for it wants to know. Holds
 * addresses and words, no secret; what cannot be read is not kept.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Clock } from "./ports.ts";
import type { TenantState, TenantStates } from "./superoffice_ports.ts";

/** A state, and how long it is good for. */
export interface KnownState extends TenantState {
  readonly validUntil: number;
}

export interface KnownStates {
  /** What is known, or what SuperOffice says now. Null if it gives no usable answer. */
  read(tenant: ContextId): Promise<KnownState | null>;
  /** What SuperOffice says now, whatever is known. */
  reread(tenant: ContextId): Promise<KnownState | null>;
  forget(tenant: ContextId): void;
}

/** Where SuperOffice gives no `ValidUntil`. */
const UNSAID_MS = 10 * 60_000;

/** A validity is believed within these: their clock may be another than ours. */
const LEAST_MS = 1000;
const MOST_MS = 24 * 60 * 60_000;
const MOST_STOPPED_MS = 60_000;

/** @param maxTenants whose states are kept */
export function createKnownStates(
  { states, clock, maxTenants }: {
    readonly states: TenantStates;
    readonly clock: Pick<Clock, "now">;
    readonly maxTenants: number;
  },
): KnownStates {
  const known = new Map<ContextId, KnownState>();
  let forgotten = 0;

  const reread = async (tenant: ContextId): Promise<KnownState | null> => {
    known.delete(tenant);
    const before = forgotten;
    const state = await states.read(tenant);
    // `Unknown` is also SuperOffice's word for an incident of its own, so it decides nothing.
    if (state === null || state.state === "Unknown") return null;
    const kept = { ...state, validUntil: validity(state, clock.now()) };
    // What was asked for before somebody said "forget" may be just what was to be forgotten.
    if (forgotten !== before) return kept;
    known.set(tenant, kept);
    if (known.size > maxTenants) known.delete(known.keys().next().value!);
    return kept;
  };

  return {
    reread,
    async read(tenant) {
      const state = known.get(tenant);
      return state !== undefined && clock.now() < state.validUntil ? state : await reread(tenant);
    },
    forget(tenant) {
      forgotten++;
      known.delete(tenant);
    },
  };
}

function validity({ validUntil, isRunning }: TenantState, now: number): number {
  const most = isRunning ? MOST_MS : MOST_STOPPED_MS;
  return now + Math.min(most, Math.max(LEAST_MS, (validUntil ?? now + UNSAID_MS) - now));
}
