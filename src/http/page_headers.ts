/** What every page is sent with, and the files that pages load from us. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import type { AppProfile } from "../domain/app_profile.ts";
import type { Env } from "./context.ts";
import { STYLE } from "./style.ts";

/** What differs between our pages. */
export interface PageRules {
  /** Origin that browsers use. */
  readonly publicUrl: URL;
  /** Where forms may lead, besides our own origin. */
  readonly formTargets: readonly string[];
  /** True if a picture of ours may be shown. */
  readonly hasPictures: boolean;
}

/**
 * What the pages may load and where their form may lead. Chromium applies `form-action` to every
 * redirect that follows a form, and a SuperOffice with federated sign-in redirects on to the
 * identity provider of the administrator's company: any https address, known to nobody here. The
 * origin is named because a simulated SuperOffice has plain http.
 */
export function pageHeaders({ publicUrl, formTargets, hasPictures }: PageRules) {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    ...(hasPictures ? ["img-src 'self'"] : []),
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ["form-action 'self'", ...formTargets].join(" "),
  ].join("; ");
  return createMiddleware<Env>(async (c, next) => {
    await next();
    c.header("content-security-policy", policy);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
    if (publicUrl.protocol === "https:") {
      c.header("strict-transport-security", "max-age=31536000");
    }
  });
}

/** The stylesheet, and the logo if there is one. */
export function pageFiles(app: OpenAPIHono<Env>, { logo }: AppProfile): void {
  const shared = { "cache-control": "public, max-age=3600", "x-content-type-options": "nosniff" };
  app.get(
    "/style.css",
    (c) => c.body(STYLE, 200, { ...shared, "content-type": "text/css; charset=utf-8" }),
  );
  if (logo === null) return;
  app.get("/logo", (c) =>
    c.body(logo.bytes, 200, {
      ...shared,
      "content-type": logo.type,
      // Opened by itself, an SVG is a document: it may draw, and do nothing else.
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }));
}
