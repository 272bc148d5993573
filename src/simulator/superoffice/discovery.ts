/**
 * The discovery document and the published keys. The issuer has no `/login` path, so it is not the
 * document's address without its suffix: strict clients must be told.
 */
import type { Hono } from "hono";
import { isAcceptedRedirect } from "./redirect_urls.ts";
import { messagePage } from "./pages.ts";
import { readParams } from "./params.ts";
import type { World } from "./world.ts";

/** Mounts discovery, JWKS and logout. */
export function mountDiscovery(app: Hono, world: World): void {
  app.get("/login/.well-known/openid-configuration", (c) => c.json(discovery(world.url)));
  app.get("/login/.well-known/jwks", (c) => {
    return c.json({ keys: world.state.loginKeys.map((key) => key.jwk) });
  });
  app.on(["GET", "POST"], "/login/logout", async (c) => {
    const params = await readParams(c.req.raw);
    const target = params.get("post_logout_redirect_uri");
    if (target === undefined || !isPostLogoutUrl(world, target)) {
      return c.html(messagePage("Signed out", "You have signed out of SuperOffice."));
    }
    const state = params.get("state");
    const url = new URL(target);
    if (state !== undefined) url.searchParams.append("state", state);
    return c.redirect(state === undefined ? target : url.href);
  });
}

/** Of any app: who signs out need not say of which. */
function isPostLogoutUrl({ state }: World, url: string): boolean {
  return [...state.apps.values()].some((app) => isAcceptedRedirect(app.postLogoutUrls, url));
}

function discovery(url: string): Readonly<Record<string, unknown>> {
  return {
    issuer: url,
    authorization_endpoint: `${url}/login/common/oauth/authorize`,
    token_endpoint: `${url}/login/common/oauth/tokens`,
    end_session_endpoint: `${url}/login/logout`,
    jwks_uri: `${url}/login/.well-known/jwks`,
    scopes_supported: ["openid"],
    response_modes_supported: ["form_post", "fragment", "query"],
    response_types_supported: ["code", "id_token", "code id_token", "token id_token", "token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    grant_types_supported: ["implicit", "authorization_code", "refresh_token"],
    revocation_endpoint: `${url}/login/common/oauth/revoke`,
  };
}
