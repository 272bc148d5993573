/**
 * The application authorization record of each tenant: how it comes to be and how it ends. The system
 * user token is part of it and does not change, unless a switch says that re-approval makes a new one.
 */
import { alphanumerics } from "./random.ts";
import type { Authorization, AuthorizationStatus } from "./tenant.ts";
import { requireTenant, type World } from "./world.ts";

/** Authorises the app in a tenant on behalf of `approvedBy`; an active one stays as it is. */
export function approve(world: World, ctx: string, approvedBy: string): Authorization {
  const { contextIdentifier } = requireTenant(world, ctx);
  const { authorizations, appName } = world.state;
  const known = authorizations.get(contextIdentifier);
  if (known?.status === "active") return known;
  const keepsToken = known && !world.behaviour.newSystemTokenOnReapproval;
  const record: Authorization = {
    contextIdentifier,
    status: "active",
    systemUserToken: keepsToken ? known.systemUserToken : `${appName}-${alphanumerics(10)}`,
    approvedBy,
    approvedAt: world.now(),
  };
  authorizations.set(contextIdentifier, record);
  world.changed();
  return record;
}

/** Ends an authorization one way or another. Throws when the tenant never gave one. */
export function endAuthorization(
  world: World,
  ctx: string,
  status: Exclude<AuthorizationStatus, "active">,
): void {
  const { contextIdentifier } = requireTenant(world, ctx);
  const record = world.state.authorizations.get(contextIdentifier);
  if (!record) throw new Error(`Cannot end authorization of ${contextIdentifier}: none given`);
  record.status = status;
  world.changed();
}
