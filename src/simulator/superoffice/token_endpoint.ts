/**
 * The token and revocation endpoints. Parameters may come in the body or in the query, the client's
 * secret in a Basic header or among them. A code works once, for ten minutes, with the very redirect
 * URL and verifier it was asked for with. Errors are those of RFC 6749, since the vendor publishes none.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import type { App } from "./app.ts";
import { issueAccessToken } from "./authorize.ts";
import { type Params, readParams } from "./params.ts";
import { alphanumerics } from "./random.ts";
import { mintToken } from "./tokens.ts";
import { findPerson, findTenant, isAuthorized, type World } from "./world.ts";

/** Mounts `tokens` and `revoke`. */
export function mountTokenEndpoint(app: Hono, world: World): void {
  app.post("/login/common/oauth/tokens", async (c) => {
    c.header("cache-control", "no-store");
    c.header("pragma", "no-cache");
    const params = await readParams(c.req.raw);
    const client = readClient(world, params, c.req.header("authorization"));
    if ("refused" in client) return refuseClient(c, client);
    const answer = redeem(world, client.app, params);
    return c.json(answer, "error" in answer ? 400 : 200);
  });
  app.post("/login/common/oauth/revoke", async (c) => {
    const params = await readParams(c.req.raw);
    const client = readClient(world, params, c.req.header("authorization"));
    if ("refused" in client) return refuseClient(c, client);
    const token = params.get("token");
    if (!token) return c.json({ error: "invalid_request" }, 400);
    const { clientId } = client.app;
    // RFC 7009 2.1: only the client that a token was issued to may revoke it.
    if (world.accessTokens.get(token)?.clientId === clientId) world.accessTokens.delete(token);
    if (world.state.refreshTokens.get(token)?.clientId === clientId) {
      world.state.refreshTokens.delete(token);
      world.changed();
    }
    return c.body(null, 200);
  });
}

type Client = { readonly app: App } | { readonly refused: "basic" | "post" };

/** The app that asks. A native one has no secret to send; one that is sent must be right all the same. */
function readClient(world: World, params: Params, authorization: string | undefined): Client {
  const [scheme, credentials] = authorization?.split(/ +/, 2) ?? [];
  const isBasic = scheme?.toLowerCase() === "basic";
  const [clientId = "", secret] = isBasic
    ? Buffer.from(credentials ?? "", "base64").toString("utf8").split(":").map(decodeForm)
    : [params.get("client_id"), params.get("client_secret")];
  const app = world.state.apps.get(clientId);
  const isRight = app !== undefined &&
    (secret === app.clientSecret || (app.isNative && secret === undefined));
  return isRight ? { app } : { refused: isBasic ? "basic" : "post" };
}

function refuseClient(c: Context, { refused }: { refused: "basic" | "post" }): Response {
  if (refused === "basic") c.header("www-authenticate", 'Basic realm="SuperOffice"');
  return c.json({ error: "invalid_client" }, 401);
}

/** RFC 6749 2.3.1: both halves of the pair are form-encoded before base64. */
function decodeForm(text: string): string {
  return new URLSearchParams(`v=${text}`).get("v") ?? "";
}

type TokenAnswer = Readonly<Record<string, string | number>>;

function redeem(world: World, app: App, params: Params): TokenAnswer {
  switch (params.get("grant_type")) {
    case "authorization_code":
      return redeemCode(world, app, params);
    case "refresh_token":
      return refresh(world, app, params);
    case undefined:
    case "":
      return { error: "invalid_request" };
    default:
      return { error: "unsupported_grant_type" };
  }
}

function redeemCode(world: World, app: App, params: Params): TokenAnswer {
  const code = params.get("code");
  if (!code) return { error: "invalid_request" };
  const record = world.codes.get(code);
  if (record?.clientId !== app.clientId || world.now() >= record.until) {
    return { error: "invalid_grant" };
  }
  if (params.get("redirect_uri") !== record.redirectUri) return { error: "invalid_grant" };
  if (app.isNative && !record.challenge) return { error: "invalid_grant" };
  if (!isVerified(record.challenge, params.get("code_verifier"))) {
    return { error: "invalid_grant" };
  }
  world.codes.delete(code);
  const { contextIdentifier, username, nonce } = record;
  if (!isAuthorized(world, app, contextIdentifier)) return { error: "invalid_grant" };
  const refreshToken = alphanumerics(64);
  const { clientId } = app;
  world.state.refreshTokens.set(refreshToken, { clientId, contextIdentifier, username });
  world.changed();
  return answerFor(world, app, { contextIdentifier, username, nonce, refreshToken });
}

function refresh(world: World, app: App, params: Params): TokenAnswer {
  const token = params.get("refresh_token");
  if (!token) return { error: "invalid_request" };
  const record = world.state.refreshTokens.get(token);
  if (record?.clientId !== app.clientId || !isAuthorized(world, app, record.contextIdentifier)) {
    return { error: "invalid_grant" };
  }
  return answerFor(world, app, record);
}

function answerFor(
  world: World,
  app: App,
  grant: {
    contextIdentifier: string;
    username: string;
    nonce?: string | undefined;
    refreshToken?: string;
  },
): TokenAnswer {
  const { contextIdentifier, username, nonce, refreshToken } = grant;
  const tenant = findTenant(world, contextIdentifier);
  const person = findPerson(world, username);
  if (!tenant || !person) return { error: "invalid_grant" };
  return {
    token_type: "Bearer",
    access_token: issueAccessToken(world, { clientId: app.clientId, contextIdentifier, username }),
    expires_in: 3600,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    id_token: mintToken(world, "id_token", { app, tenant, person, nonce }),
  };
}

function isVerified(
  challenge: { readonly value: string; readonly method: "S256" | "plain" } | undefined,
  verifier: string | undefined,
): boolean {
  // A verifier for a code that was asked for without a challenge is a downgrade (RFC 9700 2.1.1).
  if (!challenge) return verifier === undefined;
  if (verifier === undefined || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false;
  const derived = challenge.method === "plain"
    ? verifier
    : createHash("sha256").update(verifier).digest("base64url");
  return derived === challenge.value;
}
