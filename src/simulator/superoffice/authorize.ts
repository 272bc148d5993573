/**
 * The authorize endpoint, common and tenant-specific: sign-in, approval, and the answer as query,
 * fragment or form post. A redirect URL that is not registered gets a page here and never a redirect.
 */
import { randomBytes } from "node:crypto";
import type { Context, Hono } from "hono";
import type { App } from "./app.ts";
import { autoPostPage, errorPage } from "./pages.ts";
import { type Params, readParams } from "./params.ts";
import { alphanumerics } from "./random.ts";
import { isAcceptedRedirect } from "./redirect_urls.ts";
import { signIn } from "./sign_in.ts";
import { authorizeErrorText } from "./authorize_error.ts";
import type { Person, Tenant } from "./tenant.ts";
import { mintToken } from "./tokens.ts";
import type { AccessToken, World } from "./world.ts";

/** Mounts both authorize endpoints, for GET and POST. */
export function mountAuthorize(app: Hono, world: World): void {
  app.on(
    ["GET", "POST"],
    ["/login/common/oauth/authorize", "/login/:ctx{cust[0-9]+}/oauth/authorize"],
    async (c) => {
      c.header("cache-control", "no-store");
      const params = await readParams(c.req.raw);
      const request = readRequest(world, params, c.req.param("ctx"));
      if ("refusedPage" in request) return c.html(errorPage(request.refusedPage), 400);
      if ("error" in request) return respond(c, request.reply, fail(request.error));
      const step = signIn(world, params, request);
      if (step.kind === "page") return c.html(step.page);
      if (step.kind === "cancelled") {
        // Declining is documented nowhere: neither what an app's own error address is called with, nor
        // what happens without one. `access_denied` is what any OAuth server would answer.
        const { errorUrl } = request.app;
        return errorUrl ? c.redirect(errorUrl) : respond(c, request.reply, fail("access_denied"));
      }
      return respond(c, request.reply, grant(world, request, step));
    },
  );
}

/** Where and how the answer goes. */
interface Reply {
  readonly redirectUri: string;
  readonly mode: "query" | "fragment" | "form_post";
  readonly state: string | undefined;
}

interface AuthorizeRequest {
  readonly app: App;
  readonly reply: Reply;
  readonly wants: ReadonlySet<string>;
  readonly nonce: string | undefined;
  readonly challenge: { readonly value: string; readonly method: "S256" | "plain" } | undefined;
  readonly tenantHint: string | undefined;
  readonly loginHint: string | undefined;
  readonly repeat: readonly (readonly [string, string])[];
}

type Refusal =
  | { readonly refusedPage: string }
  | { readonly error: string; readonly reply: Reply };

const requestParameters = [
  "client_id",
  "response_type",
  "response_mode",
  "scope",
  "redirect_uri",
  "state",
  "nonce",
  "acr_values",
  "login_hint",
  "code_challenge",
  "code_challenge_method",
] as const;

const responseTypes = ["code", "id_token", "code id_token", "id_token token", "token"];

function readRequest(
  world: World,
  params: Params,
  ctx: string | undefined,
): AuthorizeRequest | Refusal {
  const app = world.state.apps.get(params.get("client_id") ?? "");
  if (!app) return { refusedPage: "The application is not known." };
  const redirectUri = params.get("redirect_uri") ?? "";
  if (!isAcceptedRedirect(app.redirectUrls, redirectUri)) {
    return { refusedPage: authorizeErrorText("InvalidRedirectUrl") };
  }
  const wants = new Set((params.get("response_type") ?? "").split(" ").filter(Boolean));
  const onlyCode = wants.size === 1 && wants.has("code");
  const nonce = params.get("nonce");
  const reply: Reply = { redirectUri, mode: modeOf(params, onlyCode), state: params.get("state") };
  const challenge = readChallenge(params);
  if (!responseTypes.includes([...wants].sort().join(" "))) {
    return { error: wants.size ? "unsupported_response_type" : "invalid_request", reply };
  }
  if (!(params.get("scope") ?? "").split(" ").includes("openid")) {
    return { error: "invalid_scope", reply };
  }
  if (challenge === "invalid") return { error: "invalid_request", reply };
  // OpenID Connect Core 3.2.2.1: an id_token from here without a nonce could be replayed.
  if (wants.has("id_token") && !nonce) return { error: "invalid_request", reply };
  const repeat = requestParameters.flatMap((name) => {
    const value = params.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const acrTenant = /(?:^| )tenant:(\S+)/i.exec(params.get("acr_values") ?? "")?.[1];
  const tenantHint = ctx ?? acrTenant;
  return {
    app,
    reply,
    wants,
    nonce,
    challenge,
    tenantHint,
    loginHint: params.get("login_hint"),
    repeat,
  };
}

/** An unknown mode (some vendor samples send `form_data`) means the default of the response type. */
function modeOf(params: Params, onlyCode: boolean): Reply["mode"] {
  const asked = params.get("response_mode")?.toLowerCase();
  if (asked === "form_post" || asked === "fragment") return asked;
  return onlyCode ? "query" : "fragment";
}

function readChallenge(params: Params): AuthorizeRequest["challenge"] | "invalid" {
  const value = params.get("code_challenge");
  const method = params.get("code_challenge_method") ?? "plain";
  if (value === undefined) return undefined;
  const isWellFormed = /^[A-Za-z0-9._~-]{43,128}$/.test(value);
  if (!isWellFormed || (method !== "S256" && method !== "plain")) return "invalid";
  return { value, method };
}

type Fields = readonly (readonly [string, string])[];

function grant(
  world: World,
  { app, wants, reply, nonce, challenge }: AuthorizeRequest,
  { person, tenant }: { person: Person; tenant: Tenant },
): Fields {
  const owner = {
    clientId: app.clientId,
    contextIdentifier: tenant.contextIdentifier,
    username: person.username,
  };
  const fields: [string, string][] = [];
  const code = wants.has("code") ? alphanumerics(64) : undefined;
  if (code !== undefined) {
    const until = world.now() + 600_000;
    const { redirectUri } = reply;
    world.codes.set(code, { ...owner, redirectUri, nonce, challenge, until });
    fields.push(["code", code]);
  }
  if (wants.has("token")) {
    const accessToken = issueAccessToken(world, owner);
    fields.push(["access_token", accessToken], ["token_type", "bearer"], ["expires_in", "3600"]);
  }
  if (wants.has("id_token")) {
    fields.push(["id_token", mintToken(world, "id_token", { app, tenant, person, nonce, code })]);
  }
  return fields;
}

/** `8A:`, the tenant, and base64 of what only SuperOffice can read. Lives an hour. */
export function issueAccessToken(world: World, owner: Omit<AccessToken, "until">): string {
  const token = `8A:${owner.contextIdentifier}.${randomBytes(600).toString("base64")}`;
  const until = world.now() + 3_600_000;
  world.accessTokens.set(token, { ...owner, until });
  return token;
}

function fail(error: string): Fields {
  return [["error", error]];
}

/** `state` comes first: some vendor clients depend on the order. */
function respond(c: Context, reply: Reply, fields: Fields): Response | Promise<Response> {
  const { redirectUri, mode, state } = reply;
  const all = state === undefined ? fields : [["state", state] as const, ...fields];
  if (mode === "form_post") return c.html(autoPostPage({ action: redirectUri, fields: all }));
  const encoded = new URLSearchParams(all.map(([name, value]) => [name, value])).toString();
  if (mode === "fragment") return c.redirect(`${redirectUri}#${encoded}`);
  return c.redirect(redirectUri + (redirectUri.includes("?") ? "&" : "?") + encoded);
}
