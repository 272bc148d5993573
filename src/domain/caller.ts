/**
 * Who asks, and what they may do. Permission is decided here, from the caller alone, before any
 * tenant or ticket is looked up.
 */

import type { ContextId } from "./context_id.ts";

/** What a caller may be allowed to do. */
export const PERMISSIONS = ["ticket", "relay", "tenants", "ledger"] as const;
export type Permission = typeof PERMISSIONS[number];

/** A known caller: an entry of `CALLERS`, without its credential. */
export interface Caller {
  readonly id: string;
  /** Context identifiers, or `*` for every tenant. */
  readonly tenants: ReadonlySet<string>;
  readonly permissions: ReadonlySet<Permission>;
}

/** True when this caller holds the permission at all. */
export function mayDo(caller: Caller, permission: Permission): boolean {
  return caller.permissions.has(permission);
}

/** True when this caller holds the permission for this tenant. */
export function may(caller: Caller, permission: Permission, tenant: ContextId): boolean {
  return mayDo(caller, permission) && covers(caller, tenant);
}

function covers({ tenants }: Caller, tenant: ContextId): boolean {
  return tenants.has("*") || tenants.has(tenant);
}

/** Members of a caller's entry that allow a deed, and those that do not: for people who ask why. */
export interface Ruling {
  readonly matched: readonly Rule[];
  /** Empty: the deed is allowed. */
  readonly unmatched: readonly Rule[];
}

export type Rule = "may" | "tenants";

/** @param tenant null for a deed that is about no tenant: then `tenants` has no say */
export function rulingOn(caller: Caller, permission: Permission, tenant: ContextId | null): Ruling {
  const matched: Rule[] = [];
  const unmatched: Rule[] = [];
  (mayDo(caller, permission) ? matched : unmatched).push("may");
  if (tenant !== null) (covers(caller, tenant) ? matched : unmatched).push("tenants");
  return { matched, unmatched };
}
