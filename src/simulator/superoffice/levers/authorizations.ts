/** The levers of a tenant's administrator and of the vendor's operations: who has authorised the app. */
import type { Verbs } from "../../control/verbs.ts";
import { approve, endAuthorization } from "../authorization.ts";
import { administratorOf, type World } from "../world.ts";
import { ofTenant } from "./of_tenant.ts";

export interface AuthorizationLevers {
  /** Authorises the app as the administrator would, without a browser. */
  approve(ctx: string): { readonly system_user_token: string };
  revoke(ctx: string): void;
  expireAuthorization(ctx: string): void;
  /** As when the app came to need more than was approved. */
  requireReapproval(ctx: string): void;
}

export function authorizationLevers(world: World): AuthorizationLevers {
  return {
    approve(ctx) {
      const { systemUserToken } = approve(world, ctx, administratorOf(world).username);
      return { system_user_token: systemUserToken };
    },
    revoke: (ctx) => endAuthorization(world, ctx, "revoked"),
    expireAuthorization: (ctx) => endAuthorization(world, ctx, "expired"),
    requireReapproval: (ctx) => endAuthorization(world, ctx, "needs_reapproval"),
  };
}

export function authorizationVerbs(levers: AuthorizationLevers): Verbs {
  return {
    approve: ofTenant((tenant) => levers.approve(tenant)),
    revoke: ofTenant((tenant) => levers.revoke(tenant)),
    expire_authorization: ofTenant((tenant) => levers.expireAuthorization(tenant)),
    require_reapproval: ofTenant((tenant) => levers.requireReapproval(tenant)),
  };
}
