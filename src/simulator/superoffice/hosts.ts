/**
 * The hosts of the simulated SuperOffice: what every host does alike, and the web services of tenants.
 * A host that is not a tenant's own still knows the paths, to say that it is the wrong one.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { isRebound } from "../control/own_request.ts";
import { locate } from "./tenant_access.ts";
import { mountTenantApi } from "./tenant_api.ts";
import { mountTenantSoap } from "./tenant_soap.ts";
import type { World } from "./world.ts";

/** Far more than any call here needs; what is saved is written to disk with every change. */
const MOST_BYTES = 1 << 20;

/** A host without any path. Reads paths as ASP.NET does, in any case and with trailing slashes. */
export function createHost(world: World): Hono {
  const app = new Hono({ getPath: plainPath });
  app.use((c, next) =>
    isRebound(c.req.raw) ? Promise.resolve(c.text("Not a name of this machine", 403)) : next()
  );
  app.use(bodyLimit({ maxSize: MOST_BYTES, onError: (c) => c.text("Too large", 413) }));
  app.use(async (c, next) => {
    await next();
    // Clients measure their own clock against this header.
    c.header("date", new Date(world.now()).toUTCString());
  });
  app.notFound((c) => c.text("Not found", 404));
  app.onError((_error, c) => c.text("The simulator failed", 500));
  return app;
}

/** Mounts `/{ctx}/…`: the web services where the tenant lives, and 421 where it does not. */
export function mountWebServices(app: Hono, world: World): void {
  mountTenantApi(app, world);
  mountTenantSoap(app, world);
  app.all("/:ctx{cust[0-9]+}/:service{api|remote}/*", async (c) => {
    // A body left unread would hold the connection.
    await c.req.arrayBuffer();
    const tenant = locate(world, c.req.raw, c.req.param("ctx"));
    return "kind" in tenant ? c.text(tenant.text, tenant.status) : c.notFound();
  });
}

/** The path in lower case, without doubled or trailing slashes. */
function plainPath(request: Request): string {
  const path = new URL(request.url).pathname.toLowerCase().replace(/\/+/g, "/");
  return path.length > 1 ? path.replace(/\/$/, "") : path;
}
