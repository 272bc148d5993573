/**
 * Where a tenant lives and how it is: asked without credentials, and the only address that stays right
 * when a tenant moves. Note that `Api` has no trailing slash, unlike the `webapi_url` claim.
 */
import type { Hono } from "hono";
import { releaseOf } from "./release.ts";
import { isRunning } from "./tenant.ts";
import { endpointOf, findTenant, type World } from "./world.ts";

/** Mounts the state endpoint. */
export function mountTenantState(app: Hono, world: World): void {
  app.get("/api/state/:ctx", (c) => {
    const asked = new URL(c.req.url).pathname.split("/").filter(Boolean).at(-1) ?? "";
    const tenant = findTenant(world, c.req.param("ctx"));
    const ahead = world.behaviour.stateValidForSeconds * 1000;
    const validUntil = new Date(world.now() + ahead).toISOString().replace("Z", "0000Z");
    if (!tenant) {
      if (world.behaviour.stateUnknownTenant === "not_found") return c.notFound();
      return c.json({
        ContextIdentifier: asked,
        Endpoint: null,
        State: "Unknown",
        IsRunning: false,
        ValidUntil: validUntil,
        Api: null,
        Version: null,
      });
    }
    const endpoint = endpointOf(world, tenant);
    return c.json({
      ContextIdentifier: tenant.contextIdentifier,
      Endpoint: endpoint,
      State: tenant.state,
      IsRunning: isRunning(tenant),
      ValidUntil: validUntil,
      Api: `${endpoint}/api`,
      Version: releaseOf(tenant).label,
    });
  });
}
