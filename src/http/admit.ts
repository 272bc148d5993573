/** Lets callers in at every door but the front one. */

import type { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import type { Permission } from "../domain/caller.ts";
import { ContextId } from "../domain/context_id.ts";
import type { Admission } from "../usecases/admission.ts";
import { type FrontParts, RELAY_PATH, STATE_CHANGES_PATH, TICKET_PATH } from "./app_parts.ts";
import type { Env } from "./context.ts";
import { problem, problemOf } from "./problem.ts";
import { withTolls } from "./tolls.ts";

/**
 * Everything under `/v1/` needs a known caller, said before anything else is looked at, but SuperOffice's
 * pushes: their body says whose they are.
 */
export function callersOnly({ callers, admission }: FrontParts) {
  return createMiddleware<Env>(async (c, next) => {
    if (c.req.path === STATE_CHANGES_PATH) return await next();
    const requestId = c.get("requestId");
    const caller = await callers.identify(c.req.header("authorization") ?? null, requestId);
    if (caller === null) return problemOf("caller_unknown", requestId);
    const { refusal, toll } = await admission.count(caller, requestId);
    if (refusal !== null) return withTolls(problem(refusal, requestId), toll);
    c.set("caller", caller);
    await next();
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
    withTolls(c.res, toll, c.get("tenantToll") ?? null);
    return undefined;
  });
}

/** What each address is about. Everything at it needs the permission, also what there is not. */
const NEEDED: readonly (readonly [path: string, permission: Permission])[] = [
  [TICKET_PATH, "ticket"],
  [RELAY_PATH, "relay"],
  ["/v1/tenants", "tenants"],
  ["/v1/tenants/:ctx", "tenants"],
  ["/v1/tenants/:ctx/health", "tenants"],
  ["/v1/ledger/*", "ledger"],
];

/** Judges callers before anything else of their requests is read. */
export function judgeCallers(app: Hono<Env>, admission: Admission): void {
  for (const [path, permission] of NEEDED) app.use(path, needs(permission, admission));
}

function needs(permission: Permission, admission: Admission) {
  return createMiddleware<Env>(async (c, next) => {
    const context = c.req.param("ctx");
    const tenant = ContextId.parse(context);
    // What names no tenant is not judged by tenant: the handler says what is wrong with it.
    if (context !== undefined && tenant === null) return await next();
    const requestId = c.get("requestId");
    const { refusal, toll } = await admission.judge(c.get("caller"), permission, tenant, requestId);
    c.set("tenantToll", toll);
    return refusal === null ? await next() : problem(refusal, requestId);
  });
}
