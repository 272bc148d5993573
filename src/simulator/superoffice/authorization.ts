/**
 * The application authorization record of each app and tenant: how it comes to be and how it ends. The
 * system user token is part of it and does not change, unless a switch says that re-approval makes a
 * new one.
 */
import type { App } from "./app.ts";
import { alphanumerics } from "./random.ts";
import { authorizationKey } from "./state.ts";
import type { Authorization, AuthorizationStatus } from "./tenant.ts";
import { authorizationOf, requireTenant, type World } from "./world.ts";

/** Authorises `app` in a tenant on behalf of `approvedBy`; an active one stays as it is. */
export function approve(world: World, app: App, ctx: string, approvedBy: string): Authorization {
  const { contextIdentifier, state } = requireTenant(world, ctx);
  if (state === "Deleted") throw new Error(`Cannot approve in ${contextIdentifier}: deleted`);
  const { clientId, name } = app;
  const known = authorizationOf(world, app, contextIdentifier);
  if (known?.status === "active") return known;
  const keepsToken = known && !world.behaviour.newSystemTokenOnReapproval;
  const record: Authorization = {
    clientId,
    contextIdentifier,
    status: "active",
    systemUserToken: keepsToken ? known.systemUserToken : `${name}-${alphanumerics(10)}`,
    approvedBy,
    approvedAt: world.now(),
  };
  world.state.authorizations.set(authorizationKey(clientId, contextIdentifier), record);
  world.changed();
  return record;
}

export type EndedStatus = Exclude<AuthorizationStatus, "active">;

/** Ends an authorization one way or another. Throws when the tenant never gave one. */
export function endAuthorization(
  world: World,
  app: App,
  ctx: string,
  status: EndedStatus,
): void {
  const { contextIdentifier } = requireTenant(world, ctx);
  const record = authorizationOf(world, app, contextIdentifier);
  if (!record) throw new Error(`Cannot end authorization of ${contextIdentifier}: none given`);
  record.status = status;
  world.changed();
}

/** A tenant that is gone has authorised nobody. */
export function forgetAuthorizations({ state }: World, contextIdentifier: string): void {
  for (const clientId of state.apps.keys()) {
    state.authorizations.delete(authorizationKey(clientId, contextIdentifier));
  }
}
