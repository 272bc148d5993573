/**
 * The door for tenant administrators. Turns what a browser brings into a callback of known form, and
 * outcomes into pages. A parameter given twice, a token in an address, or a body of another kind is
 * not understood: nothing is guessed.
 */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { ContextId } from "../domain/context_id.ts";
import { Secret } from "../domain/secret.ts";
import { type Callback, CONSENT_MS, type Consents } from "../usecases/consent.ts";
import type { ConsentRefusal } from "../usecases/consent_refusal.ts";
import type { Env } from "./context.ts";
import { connectedPage, landingPage, nothingPage, refusalPage } from "./pages.ts";

export interface ConsentDoor {
  readonly consents: Consents;
  /** Origin that browsers use: decides the cookie's name. */
  readonly publicUrl: URL;
}

const HTML = { "text/html": { schema: z.string() } };

const pageRoute = (path: string, summary: string) =>
  createRoute({
    method: "get",
    path,
    summary,
    responses: { 200: { description: summary, content: HTML } } as RouteConfig["responses"],
  });

const beginRoute = createRoute({
  method: "get",
  path: "/consent",
  summary: "Begin a consent: sends the browser to SuperOffice",
  request: { query: z.object({ tenant: z.string().optional() }) },
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
export function consentRoutes(app: OpenAPIHono<Env>, { consents, publicUrl }: ConsentDoor): void {
  const secure = publicUrl.protocol === "https:";
  const cookieName = secure ? "__Host-box-office" : "box-office";

  const refuse = (c: Context<Env>, why: ConsentRefusal): Response | Promise<Response> => {
    const { status, page } = refusalPage(why, c.get("requestId"));
    if (status === 503) c.header("retry-after", "10");
    return c.html(page, status as 400);
  };

  const browserOf = (c: Context<Env>): string | null => {
    const value = getCookie(c, cookieName);
    return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null;
  };

  // Lax would be dropped from SuperOffice's cross-site form post, so None; Chromium takes Secure
  // cookies from loopback over http too.
  const bind = (c: Context<Env>, browser: string): void =>
    setCookie(c, cookieName, browser, {
      path: "/",
      httpOnly: true,
      secure: true,
      sameSite: "None",
      maxAge: CONSENT_MS / 1000,
    });

  const complete = async (c: Context<Env>, callback: Callback | null): Promise<Response> => {
    if (callback === null) return await refuse(c, "not_understood");
    const outcome = await consents.complete(callback, browserOf(c), c.get("requestId"));
    if (outcome.kind === "refused") return await refuse(c, outcome.why);
    bind(c, outcome.browser);
    return c.redirect("/consent/done", 303);
  };

  app.openapi(pageRoute("/", "What the app asks for"), (c) => c.html(landingPage()));

  app.openapi(beginRoute, async (c) => {
    const asked = c.req.queries("tenant") ?? [];
    const tenant = asked.length === 1 ? ContextId.parse(asked[0]) : null;
    if (asked.length > 0 && tenant === null) return await refuse(c, "not_understood");
    const begun = await consents.begin(tenant, browserOf(c));
    if (begun === "try_again") return await refuse(c, begun);
    bind(c, begun.browser);
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

  app.openapi(pageRoute("/consent/done", "Which tenant is connected"), async (c) => {
    const browser = browserOf(c);
    const finished = browser === null ? null : await consents.finished(browser);
    return c.html(finished === null ? nothingPage() : connectedPage(finished));
  });
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
