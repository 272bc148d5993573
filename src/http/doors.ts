/**
 * Every door but the front one: request ids, limits, callers, routes, and what is said when nothing
 * fits. Loaded when it is first needed.
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { accepts } from "hono/accepts";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { once } from "../domain/once.ts";
import type { Log } from "../usecases/ports.ts";
import { callersOnly, judgeCallers } from "./admit.ts";
import { type AppParts, CONSOLE_PATH, LIVENESS_PATH, TICKET_PATH } from "./app_parts.ts";
import { consentRoutes } from "./consent.ts";
import type { ConsoleBindings } from "./console/routes.ts";
import { type Env, requestIdOf } from "./context.ts";
import { healthRoutes } from "./health.ts";
import { ledgerRoutes } from "./ledger.ts";
import { limitBodies } from "./body_limit.ts";
import { allowedMethods } from "./methods.ts";
import { createPages, type Pages } from "./page_answer.ts";
import { pageFiles, pageHeaders } from "./page_headers.ts";
import { faultProblem, problemOf } from "./problem.ts";
import { problemPages } from "./problem_pages.ts";
import { isRelayed, relayRoutes } from "./relay.ts";
import { stateChangeRoutes } from "./state_changes.ts";
import { tenantRoutes } from "./tenants.ts";
import type { TicketAnswer } from "./ticket_answer.ts";
import { ticketRoutes } from "./tickets.ts";

/** Served before these doors are even loaded. */
const FRONT_ROUTES = [
  { method: "GET", path: TICKET_PATH },
  { method: "GET", path: LIVENESS_PATH },
];

const MAX_BODY_BYTES = 1024 * 1024;

/** Builds the doors. */
export function createDoors(parts: AppParts, answer: TicketAnswer): OpenAPIHono<Env> {
  const pages = createPages(parts);
  const app = new OpenAPIHono<Env>({
    // The validator's own answer would repeat what came in.
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      return isForMachines(c) ? problemOf("invalid_request", c.get("requestId")) : pages.refuse(
        c,
        c.req.query("tenant") === undefined ? "not_understood" : "link_incomplete",
      );
    },
  });

  app.use(requestIds(parts.log));
  app.use(plainHosts());
  app.use("/v1/*", callersOnly(parts));
  judgeCallers(app, parts.admission);
  const consentHeaders = pageHeaders({
    publicUrl: parts.publicUrl,
    formTargets: ["https:", parts.superofficeOrigin],
    hasPictures: parts.app.logo !== null,
  });
  for (const path of ["/", "/consent", "/consent/*"]) app.use(path, consentHeaders);
  consoleDoor(app, parts);
  stateChangeRoutes(app, parts.stateChanges);
  app.use(limits(pages));
  ticketRoutes(app, parts.tickets, answer);
  tenantRoutes(app, parts.tenants);
  relayRoutes(app, parts.relay);
  ledgerRoutes(app, parts.audit);
  healthRoutes(app, parts.probes);
  consentRoutes(app, parts, pages);
  pageFiles(app, parts.app);
  openApi(app);
  problemPages(app);

  app.notFound((c) => nothingFits(app, c, pages, consentHeaders));
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status < 500) {
      return problemOf(
        error.status === 413 ? "payload_too_large" : "invalid_request",
        c.get("requestId"),
      );
    }
    parts.log.error("http.fault", { error, request_id: c.get("requestId") });
    if (!isForMachines(c)) return pages.refuse(c, "try_again");
    return faultProblem(c.get("requestId"));
  });
  return app;
}

/** Gives every request its id; logs what was not an ordinary answer. */
function requestIds(log: Log) {
  return createMiddleware<Env>(async (c, next) => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    c.set("requestId", requestId);
    await next();
    const { res } = c;
    if (!res.headers.has("x-request-id")) c.header("x-request-id", requestId);
    if (res.status >= 400) {
      log.info("http.refused", {
        method: c.req.method,
        // The route's own text: an address may hold anything, a secret too.
        route: routePath(c, -1),
        status: res.status,
        request_id: requestId,
      });
    }
  });
}

/** Deno puts `Host` in front of the path, so one with a slash would choose another door. */
function plainHosts() {
  return createMiddleware<Env>(async (c, next) =>
    /^[\w.:[\]-]*$/.test(c.req.header("host") ?? "") && URL.canParse(c.req.url)
      ? await next()
      : problemOf("invalid_request", c.get("requestId"))
  );
}

/** The relay has no limit, and streams. */
function limits(pages: Pages) {
  const limit = limitBodies(
    MAX_BODY_BYTES,
    (c) =>
      isForMachines(c)
        ? problemOf("payload_too_large", c.get("requestId"))
        : pages.refuse(c, "not_understood", { status: 413 }),
  );
  return createMiddleware<Env>((c, next) => isRelayed(c.req.path) ? next() : limit(c, next));
}

/** The console is loaded when somebody first asks for it, and answers everything below its address. */
function consoleDoor(app: OpenAPIHono<Env>, parts: AppParts): void {
  const opened = once(async () => {
    const [{ createConsoleRoutes }, opening] = await Promise.all([
      import("./console/routes.ts"),
      parts.openConsole(parts),
    ]);
    return createConsoleRoutes({ ...parts, ...opening });
  });
  const { publicUrl } = parts;
  const headers = pageHeaders({ publicUrl, formTargets: [], hasPictures: false });
  for (const path of [CONSOLE_PATH, `${CONSOLE_PATH}/*`]) {
    app.use(path, headers, async (c) => {
      const requestId = c.get("requestId");
      return (await opened.get()).fetch(c.req.raw, { requestId } satisfies ConsoleBindings);
    });
  }
}

function openApi(app: OpenAPIHono<Env>): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key of ours, or a JWT of a configured issuer",
  });
  let document: string | null = null;
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "Box Office",
        version: "0.1.0",
        description: "System user tickets for SuperOffice CRM Online",
      },
    }));
    return c.body(document, 200, { "content-type": "application/json" });
  });
}

/** Pages are for people; everything else gets problem documents. */
function isForMachines(c: Context<Env>): boolean {
  return !/^\/((consent|console)(\/.*)?)?$/.test(c.req.path);
}

/** Somebody's browser, at an address that is mistyped rather than a program's. */
function wantsPage(c: Context<Env>): boolean {
  if (/^\/(v1|healthz|readyz|problems|openapi\.json)(\/|$)/.test(c.req.path)) return false;
  const [json, html] = ["application/json", "text/html"] as const;
  return accepts(c, { header: "Accept", supports: [json, html], default: json }) === html;
}

/** @param headers what a page is sent with; those of the pages' own addresses have them already */
async function nothingFits(
  app: OpenAPIHono<Env>,
  c: Context<Env>,
  pages: Pages,
  headers: MiddlewareHandler<Env>,
): Promise<Response> {
  const methods = allowedMethods([...app.routes, ...FRONT_ROUTES], c.req.path);
  const requestId = c.get("requestId");
  if (methods.length > 0) {
    c.header("allow", methods.join(", "));
    if (!isForMachines(c)) return await pages.refuse(c, "not_understood", { status: 405 });
    const answer = problemOf("method_not_allowed", requestId);
    answer.headers.set("allow", methods.join(", "));
    return answer;
  }
  if (!isForMachines(c)) return await pages.refuse(c, "not_found");
  if (!wantsPage(c)) return problemOf("not_found", requestId);
  await headers(c, async () => {
    c.res = await pages.refuse(c, "not_found");
  });
  return c.res;
}
