/**
 * The login of before OpenID Connect: `/login/?app_id=`, answered by a form that posts one field with a
 * JWT to the app. No state, no nonce. An app whose redirect URL is not registered is never called: the
 * person lands in their own tenant.
 */
import type { Hono } from "hono";
import { autoPostPage, errorPage, messagePage } from "./pages.ts";
import { authorizeErrorText } from "./authorize_error.ts";
import { readParams } from "./params.ts";
import { isAcceptedRedirect } from "./redirect_urls.ts";
import { signIn } from "./sign_in.ts";
import { mintToken } from "./tokens.ts";
import { endpointOf, type World } from "./world.ts";

/** Mounts the legacy login. */
export function mountLegacyLogin(app: Hono, world: World): void {
  app.on(["GET", "POST"], "/login", async (c) => {
    c.header("cache-control", "no-store");
    const params = await readParams(c.req.raw);
    const appId = params.get("app_id");
    if (appId === undefined) return c.html(messagePage("SuperOffice", "Begin at your app."));
    const app = world.state.apps.get(appId);
    if (!app) return c.html(errorPage("The application is not known."), 400);
    const repeat = ["app_id", "redirect_url", "redirect_uri", "ctx"].flatMap((name) => {
      const value = params.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const step = signIn(world, params, {
      app,
      repeat,
      tenantHint: params.get("ctx"),
      loginHint: undefined,
    });
    if (step.kind === "page") return c.html(step.page);
    if (step.kind === "cancelled") {
      if (app.errorUrl) return c.redirect(app.errorUrl);
      return c.html(errorPage(authorizeErrorText("Denied")), 400);
    }
    // The documents say redirect_url, the vendor's sample code redirect_uri.
    const asked = params.get("redirect_url") ?? params.get("redirect_uri") ??
      app.redirectUrls.find((url) => !url.startsWith("^"));
    if (asked === undefined || !isAcceptedRedirect(app.redirectUrls, asked)) {
      return c.redirect(endpointOf(world, step.tenant));
    }
    const token = mintToken(world, "legacy", { app, ...step });
    return c.html(
      autoPostPage({ action: asked, fields: [[world.behaviour.jwtFieldCase, token]] }),
    );
  });
}
