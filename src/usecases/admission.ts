/**
 * Lets a known caller's request in, or not: how many there were, then whether the caller may. Said
 * before anything is looked up, so that who may not learns nothing, whatever is in memory or store.
 * Why not goes to the log, by the rules of the caller's own entry.
 */

import { after } from "../domain/after.ts";
import { type Caller, may, mayDo, type Permission, rulingOn } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { Limits, Toll } from "./limits.ts";
import type { Log } from "./ports.ts";

export interface Admission {
  /** One request of the caller, whatever it is about. */
  count(caller: Caller, requestId: string): Admitted | Promise<Admitted>;
  /** What it is about. Only requests that may be made count for the tenant. */
  judge(
    caller: Caller,
    permission: Permission,
    tenant: ContextId | null,
    requestId: string,
  ): Admitted | Promise<Admitted>;
}

export interface Admitted {
  /** Null: come in. */
  readonly refusal: Refusal | null;
  /** Null where there is no limit. */
  readonly toll: Toll | null;
}

const FREE: Admitted = { refusal: null, toll: null };

/** @param limits null where nobody and nothing has one */
export function createAdmission(
  { limits, log }: { readonly limits: Limits | null; readonly log: Log },
): Admission {
  const paid = (toll: Toll | null, caller: Caller, requestId: string): Admitted => {
    if (toll === null) return FREE;
    if (toll.waitMs === 0) return { refusal: null, toll };
    const reason = `${toll.limit}_rate`;
    log.info("caller.rate_limited", {
      caller: caller.id,
      limit: toll.limit,
      request_id: requestId,
    });
    const retryAfterSeconds = Math.ceil(toll.waitMs / 1000);
    return { refusal: { code: "rate_limited", reason, retryAfterSeconds }, toll };
  };

  return {
    count: (caller, requestId) =>
      limits === null
        ? FREE
        : after(limits.ofCaller(caller), (toll) => paid(toll, caller, requestId)),

    judge(caller, permission, tenant, requestId) {
      if (!(tenant === null ? mayDo(caller, permission) : may(caller, permission, tenant))) {
        const { matched, unmatched } = rulingOn(caller, permission, tenant);
        log.info("caller.forbidden", {
          caller: caller.id,
          permission,
          context_identifier: tenant,
          matched,
          unmatched,
          request_id: requestId,
        });
        const reason = unmatched.join("_and_");
        return {
          refusal: { code: "caller_forbidden", reason, retryAfterSeconds: null },
          toll: null,
        };
      }
      if (tenant === null || limits === null) return FREE;
      return after(limits.ofTenant(tenant), (toll) => paid(toll, caller, requestId));
    },
  };
}
