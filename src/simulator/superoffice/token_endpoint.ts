/**
 * The token and revocation endpoints. Parameters may come in the body or in the query, the client's
 * secret in a Basic header or among them. A code works once, for ten minutes, with the very redirect
 * URL and verifier it was asked for with. Errors are those of RFC 6749, since the vendor publishes none.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Hono } from "hono";
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
    const refusal = refuseClient(world, params, c.req.header("authorization"));
    if (refusal) {
      if (refusal.basic) c.header("www-authenticate", 'Basic realm="SuperOffice"');
      return c.json({ error: "invalid_client" }, 401);
    }
    const answer = redeem(world, params);
    return c.json(answer, "error" in answer ? 400 : 200);
  });
  app.post("/login/common/oauth/revoke", async (c) => {
    const params = await readParams(c.req.raw);
    if (refuseClient(world, params, c.req.header("authorization"))) {
      return c.json({ error: "invalid_client" }, 401);
    }
    const token = params.get("token");
    if (!token) return c.json({ error: "invalid_request" }, 400);
    world.accessTokens.delete(token);
    if (world.state.refreshTokens.delete(token)) world.changed();
    return c.body(null, 200);
  });
}

function refuseClient(
  world: World,
  params: Params,
  authorization: string | undefined,
): { basic: boolean } | undefined {
  const { clientId, clientSecret } = world.state;
  const [scheme, credentials] = authorization?.split(/ +/, 2) ?? [];
  if (scheme?.toLowerCase() === "basic") {
    const pair = Buffer.from(credentials ?? "", "base64").toString("utf8").split(":");
    const [id, secret] = pair.map(decodeForm);
    return id === clientId && secret === clientSecret ? undefined : { basic: true };
  }
  const isRight = params.get("client_id") === clientId &&
    params.get("client_secret") === clientSecret;
  return isRight ? undefined : { basic: false };
}

/** RFC 6749 2.3.1: both halves of the pair are form-encoded before base64. */
function decodeForm(text: string): string {
  return new URLSearchParams(`v=${text}`).get("v") ?? "";
}

type TokenAnswer = Readonly<Record<string, string | number>>;

function redeem(world: World, params: Params): TokenAnswer {
  switch (params.get("grant_type")) {
    case "authorization_code":
      return redeemCode(world, params);
    case "refresh_token":
      return refresh(world, params);
    case undefined:
    case "":
      return { error: "invalid_request" };
    default:
      return { error: "unsupported_grant_type" };
  }
}

function redeemCode(world: World, params: Params): TokenAnswer {
  const code = params.get("code");
  if (!code) return { error: "invalid_request" };
  const record = world.codes.get(code);
  if (!record || world.now() >= record.until) return { error: "invalid_grant" };
  if (params.get("redirect_uri") !== record.redirectUri) return { error: "invalid_grant" };
  if (!isVerified(record.challenge, params.get("code_verifier"))) {
    return { error: "invalid_grant" };
  }
  world.codes.delete(code);
  const { contextIdentifier, username, nonce } = record;
  if (!isAuthorized(world, contextIdentifier)) return { error: "invalid_grant" };
  const refreshToken = alphanumerics(64);
  world.state.refreshTokens.set(refreshToken, { contextIdentifier, username });
  world.changed();
  return answerFor(world, { contextIdentifier, username, nonce, refreshToken });
}

function refresh(world: World, params: Params): TokenAnswer {
  const token = params.get("refresh_token");
  if (!token) return { error: "invalid_request" };
  const record = world.state.refreshTokens.get(token);
  if (!record || !isAuthorized(world, record.contextIdentifier)) return { error: "invalid_grant" };
  return answerFor(world, record);
}

function answerFor(
  world: World,
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
    access_token: issueAccessToken(world, contextIdentifier, username),
    expires_in: 3600,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    id_token: mintToken(world, "id_token", { tenant, person, nonce }),
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
