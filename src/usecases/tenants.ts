/** Lists, shows and removes tenants for callers who may. Never shows a system user token. */

import { type Caller, may, mayDo } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { isUnreadable, PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import type { Announce } from "../domain/notice.ts";
import type { TenantCard } from "../domain/tenant.ts";
import type { KnownStates } from "./known_states.ts";
import { type Ledger, LedgerFault, refuseUnrecorded } from "./ledger.ts";
import type { Clock, Log, TenantStore } from "./ports.ts";
import type { TicketStore } from "./ticket_ports.ts";
import type { Tickets } from "./tickets.ts";

/** A page of tenants in the order of consent. `next` continues it; null at the end. */
export interface TenantPage {
  readonly tenants: readonly TenantCard[];
  readonly next: number | null;
}

export interface Tenants {
  list(caller: Caller, after: number, limit: number): Promise<Outcome<TenantPage>>;
  get(caller: Caller, tenant: ContextId): Promise<Outcome<TenantCard>>;
  /** Removes everything of a tenant but its ledger entries. */
  remove(caller: Caller, tenant: ContextId, requestId: string): Promise<Outcome<null>>;
}

export interface TenantsParts {
  readonly store: TenantStore;
  readonly ticketStore: TicketStore;
  readonly tickets: Pick<Tickets, "forget">;
  readonly states: Pick<KnownStates, "forget">;
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly clock: Clock;
  readonly log: Log;
}

export function createTenants(parts: TenantsParts): Tenants {
  const { store, log } = parts;
  const guarded = createGuarding(log);
  const remove = createRemoving(parts);

  return {
    async list(caller, after, limit) {
      if (!mayDo(caller, "tenants")) return refuse("caller_forbidden", "tenants");
      return await guarded(async () => {
        const page = await store.list(after, limit);
        const last = page.at(-1);
        return accept({
          tenants: page.filter((tenant) => may(caller, "tenants", tenant.contextIdentifier)),
          // A short page is the end for now: whoever polls goes on from the last sequence seen.
          next: last !== undefined && page.length === limit ? last.sequence : null,
        });
      });
    },

    async get(caller, tenant) {
      if (!may(caller, "tenants", tenant)) return refuse("caller_forbidden", "tenants");
      return await guarded(async () => {
        const found = await store.get(tenant);
        return found === null ? refuse("tenant_unknown", "no_consent") : accept(found);
      });
    },

    async remove(caller, tenant, requestId) {
      if (!may(caller, "tenants", tenant)) return refuse("caller_forbidden", "tenants");
      return await guarded(() => remove(caller, tenant, requestId));
    },
  };
}

function createRemoving(
  { store, ticketStore, tickets, states, ledger, announce, clock }: TenantsParts,
) {
  return async (
    caller: Caller,
    tenant: ContextId,
    requestId: string,
  ): Promise<Outcome<null>> => {
    const isKnown = await isThere(store, tenant);
    const forget = async () => {
      tickets.forget(tenant);
      states.forget(tenant);
      await ticketStore.invalidate(tenant, clock.now());
    };
    if (isKnown) {
      // COMMIT POINT: a crash after this leaves a removal on record that did not finish;
      // asking again finishes it.
      await ledger.record(
        { requestId, caller: caller.id, contextIdentifier: tenant },
        { kind: "tenant_removed", reason: "requested" },
      );
      await forget();
      await store.remove(tenant, announce("tenant.removed", tenant, { removed_by: caller.id }));
    }
    // Again, after the token: without it no exchange can bring back what is forgotten here. Also
    // for a tenant that is gone already, because a removal may have ended just before this.
    await forget();
    if (!isKnown) return refuse("tenant_unknown", "no_consent");
    return accept(null);
  };
}

/** @returns what runs a deed, and refuses where the ledger or the store does not do its work */
function createGuarding(log: Log) {
  return async <T>(deed: () => Promise<Outcome<T>>): Promise<Outcome<T>> => {
    try {
      return await deed();
    } catch (error) {
      if (error instanceof LedgerFault) return refuseUnrecorded(error);
      if (!(error instanceof PartFault)) throw error;
      log.warn("tenants.store_fault", { reason: error.reason });
      return refuse("store_unavailable", error.reason, retryAfterSeconds(error, 2));
    }
  };
}

/** A tenant whose token nobody can open any more is there, and can be removed. */
async function isThere(store: TenantStore, tenant: ContextId): Promise<boolean> {
  try {
    return await store.get(tenant) !== null;
  } catch (error) {
    if (isUnreadable(error)) return true;
    throw error;
  }
}
