/** The levers of a tenant's administrator and of the vendor's operations: who has authorised which app. */
import type { Verbs } from "../../control/verbs.ts";
import { approve, endAuthorization, type EndedStatus } from "../authorization.ts";
import { administratorOf, requireApp, type World } from "../world.ts";
import { ofAuthorization } from "./of_app.ts";

/** The app is the first one unless it is named. */
export interface AuthorizationLevers {
  /** Authorises the app as the administrator would, without a browser. */
  approve(ctx: string, clientId?: string): { readonly system_user_token: string };
  revoke(ctx: string, clientId?: string): void;
  expireAuthorization(ctx: string, clientId?: string): void;
  /** As when the app came to need more than was approved. */
  requireReapproval(ctx: string, clientId?: string): void;
}

export function authorizationLevers(world: World): AuthorizationLevers {
  const end = (status: EndedStatus) => (ctx: string, clientId?: string) =>
    endAuthorization(world, requireApp(world, clientId), ctx, status);
  return {
    approve(ctx, clientId) {
      const { username } = administratorOf(world);
      const { systemUserToken } = approve(world, requireApp(world, clientId), ctx, username);
      return { system_user_token: systemUserToken };
    },
    revoke: end("revoked"),
    expireAuthorization: end("expired"),
    requireReapproval: end("needs_reapproval"),
  };
}

export function authorizationVerbs(levers: AuthorizationLevers): Verbs {
  return {
    approve: ofAuthorization(levers.approve),
    revoke: ofAuthorization(levers.revoke),
    expire_authorization: ofAuthorization(levers.expireAuthorization),
    require_reapproval: ofAuthorization(levers.requireReapproval),
  };
}
