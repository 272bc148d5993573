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
  return mayDo(caller, permission) && (caller.tenants.has("*") || caller.tenants.has(tenant));
}
