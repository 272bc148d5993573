/**
 * The door for tenant administrators. Turns what a browser brings into a callback of known form, and
 * outcomes into pages. A parameter given twice, a token in an address, or a body of another kind is
 * not understood: nothing is guessed.
 */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { ContextId } from "../domain/context_id.ts";
import { Secret } from "../domain/secret.ts";
import type { Callback, Consents } from "../usecases/consent.ts";
import type { Env } from "./context.ts";
import type { Pages, PagesParts } from "./page_answer.ts";
import { DONE_PATH, donePage } from "./page_done.ts";
import { landingPage } from "./page_landing.ts";
import { referenceOf, refusalPage, REFUSED_PATH, refusedOf } from "./page_refusal.ts";

export interface ConsentDoor extends PagesParts {
  readonly consents: Consents;
  /** Where the pages' form leads first; on from there it may be any https address. */
  readonly superofficeOrigin: string;
}

const HTML = { "text/html": { schema: z.string() } };

const LANG = z.string().optional();
const TENANT = z.string().optional();

const pageRoute = (path: string, summary: string, query: z.ZodRawShape) =>
  createRoute({
    method: "get",
    path,
    summary,
    request: { query: z.object({ lang: LANG, ...query }) },
    responses: { 200: { description: summary, content: HTML } } as RouteConfig["responses"],
  });

const beginRoute = createRoute({
  method: "get",
  path: "/consent",
  summary: "Begin a consent: sends the browser to SuperOffice",
  request: { query: z.object({ lang: LANG, tenant: TENANT }) },
  responses: {
    302: { description: "To SuperOffice's authorization endpoint" },
    400: { description: "The tenant is not of its form", content: HTML },
    503: { description: "SuperOffice or the store is not available", content: HTML },
  } as RouteConfig["responses"],
});

const callbackRoute = (method: "get" | "post") =>
  createRoute({
    method,
    path: "/consent/callback",
    summary: "The browser comes back from SuperOffice",
    responses: {
      303: { description: "To `/consent/done`" },
      400: { description: "What to do, in one sentence", content: HTML },
      403: { description: "Another browser, no administrator, or declined", content: HTML },
      409: { description: "Used before, or another tenant or serial number", content: HTML },
      413: { description: "The body is too large", content: HTML },
      503: { description: "Not the browser's fault: try again", content: HTML },
    } as RouteConfig["responses"],
  });

/** Routes of the consent. */
export function consentRoutes(app: OpenAPIHono<Env>, door: ConsentDoor, pages: Pages): void {
  const { consents } = door;
  const { cookie } = pages;

  const complete = async (c: Context<Env>, callback: Callback | null): Promise<Response> => {
    if (callback === null) return await pages.refuse(c, "not_understood");
    const { browser, language } = cookie.read(c);
    const outcome = await consents.complete(callback, browser, c.get("requestId"));
    if (outcome.kind === "refused") {
      return await pages.refuse(c, outcome.why, { tenant: outcome.asked });
    }
    cookie.write(c, outcome.browser, language);
    return c.redirect(DONE_PATH, 303);
  };

  landingRoutes(app, door, pages);

  app.openapi(beginRoute, async (c) => {
    const tenant = askedTenant(c);
    if (tenant === undefined) return await pages.refuse(c, "link_incomplete");
    const begun = await consents.begin(tenant, cookie.read(c).browser);
    if (begun === "try_again") return await pages.refuse(c, begun, { tenant });
    cookie.write(c, begun.browser, pages.chosen(c));
    return c.redirect(begun.location.href, 302);
  });

  app.openapi(
    callbackRoute("get"),
    (c) => complete(c, readQuery(new URL(c.req.url).searchParams)),
  );

  app.openapi(callbackRoute("post"), async (c) => {
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/x-www-form-urlencoded") return await complete(c, null);
    return await complete(c, readForm(new URLSearchParams(await c.req.text())));
  });

  app.openapi(pageRoute(DONE_PATH, "Which tenant is connected", {}), async (c) => {
    const { browser } = cookie.read(c);
    const finished = browser === null ? null : await consents.finished(browser);
    return await pages.show(c, (view) => donePage(view, finished));
  });
}

/** The pages that only say something. */
function landingRoutes(app: OpenAPIHono<Env>, door: ConsentDoor, pages: Pages): void {
  const { host } = new URL(door.superofficeOrigin);

  app.openapi(pageRoute("/", "What the app asks for", { tenant: TENANT }), (c) => {
    const tenant = askedTenant(c);
    if (tenant === undefined) return pages.refuse(c, "link_incomplete");
    return pages.show(c, (view) => landingPage(view, host, tenant));
  });

  const fields = { why: z.string().optional(), reference: z.string().optional(), tenant: TENANT };
  app.openapi(pageRoute(REFUSED_PATH, "A refusal in another language", fields), (c) => {
    const why = refusedOf(c.req.query("why"));
    const tenant = askedTenant(c);
    if (why === null || tenant === undefined) return pages.refuse(c, "not_found");
    const reference = referenceOf(c.req.query("reference"));
    return pages.show(c, (view) => refusalPage(view, { why, reference, tenant }));
  });
}

/** @returns the tenant that should be connected, null if none was named, undefined if it is none */
function askedTenant(c: Context<Env>): ContextId | null | undefined {
  const asked = c.req.query("tenant");
  return asked === undefined ? null : ContextId.parse(asked) ?? undefined;
}

/** The parameters, or null if one stands there twice. */
function single(params: URLSearchParams): ReadonlyMap<string, string> | null {
  const names = [...params.keys()];
  return new Set(names).size === names.length ? new Map(params) : null;
}

function readQuery(params: URLSearchParams): Callback | null {
  const fields = single(params);
  if (fields === null || fields.has("id_token") || hasLegacyField(fields)) return null;
  return readCode(fields);
}

function readForm(params: URLSearchParams): Callback | null {
  const fields = single(params);
  if (fields === null) return null;
  const state = fields.get("state");
  const legacy = [...fields].filter(([name]) => name.toLowerCase() === "jwt");
  if (legacy.length > 0) {
    const token = legacy[0]![1];
    return legacy.length === 1 && state === undefined && token !== ""
      ? { kind: "legacy", token: new Secret(token) }
      : null;
  }
  const idToken = fields.get("id_token");
  if (idToken === undefined || fields.has("code") || fields.has("error")) return readCode(fields);
  return state && idToken ? { kind: "id_token", state, token: new Secret(idToken) } : null;
}

function hasLegacyField(fields: ReadonlyMap<string, string>): boolean {
  return [...fields.keys()].some((name) => name.toLowerCase() === "jwt");
}

function readCode(fields: ReadonlyMap<string, string>): Callback | null {
  const state = fields.get("state");
  if (!state) return null;
  if (fields.has("error")) return { kind: "error", state };
  const code = fields.get("code");
  return code ? { kind: "code", state, code: new Secret(code) } : null;
}
