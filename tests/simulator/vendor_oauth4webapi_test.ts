/**
 * `oauth4webapi` 3.8 against the simulator. Unmodified: as npm has it. It is relaxed in two ways: plain
 * http, which is the price of loopback, and the one that the real SuperOffice needs too, because its
 * issuer has no `/login` path: the issuer expected is not the base of the discovery document.
 */
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import {
  claim,
  redirectUri,
  signInAndApprove,
  type Stage,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

/** The library judges times by the machine's clock. */
const now = { clock: Date.now };
const http = { [oauth.allowInsecureRequests]: true } as const;

async function discover(
  { url }: Stage,
  expectedIssuer = url,
): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(new URL(`${url}/login`), http);
  return oauth.processDiscoveryResponse(new URL(expectedIssuer), response);
}

interface Grant {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly authentication: oauth.ClientAuth;
  readonly tokens: oauth.TokenEndpointResponse;
}

/** The whole code flow; `nonce` is the one expected of the id_token, if not the one sent. */
async function completeCodeFlow(stage: Stage, nonce?: string): Promise<Grant> {
  const server = await discover(stage);
  const client = { client_id: stage.clientId };
  const authentication = oauth.ClientSecretBasic(stage.clientSecret);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const sentNonce = oauth.generateRandomNonce();
  const address = `${server.authorization_endpoint}?${new URLSearchParams({
    client_id: stage.clientId,
    response_type: "code",
    scope: "openid",
    redirect_uri: redirectUri,
    state,
    nonce: sentNonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  })}`;
  const { location } = await signInAndApprove(address);
  const params = oauth.validateAuthResponse(server, client, new URL(location ?? ""), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    params,
    redirectUri,
    verifier,
    http,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce ?? sentNonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response, http);
  return { server, client, authentication, tokens };
}

Deno.test("oauth4webapi completes the code flow with PKCE and verifies the id_token", () =>
  withSuperOffice(async (stage) => {
    const { tokens } = await completeCodeFlow(stage);
    assert.equal(tokens.token_type, "bearer");
    assert.equal(tokens.expires_in, 3600);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    assert.equal(claims?.iss, stage.url);
    assert.equal(claims?.[`${claim}ctx`], tenant);
  }, now));

Deno.test("oauth4webapi refuses an id_token with another nonce", () =>
  withSuperOffice(async (stage) => {
    await assert.rejects(completeCodeFlow(stage, "another"), {
      code: "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
    });
  }, now));

Deno.test("oauth4webapi refreshes, revokes, and then cannot refresh", () =>
  withSuperOffice(async (stage) => {
    const { server, client, authentication, tokens } = await completeCodeFlow(stage);
    const { refresh_token = "" } = tokens;
    const refresh = async () => {
      const response = await oauth.refreshTokenGrantRequest(
        server,
        client,
        authentication,
        refresh_token,
        http,
      );
      return oauth.processRefreshTokenResponse(server, client, response);
    };
    assert.equal(oauth.getValidatedIdTokenClaims(await refresh())?.[`${claim}ctx`], tenant);
    const revoked = await oauth.revocationRequest(
      server,
      client,
      authentication,
      refresh_token,
      http,
    );
    assert.equal(await oauth.processRevocationResponse(revoked), undefined);
    assert.equal(await revoked.text(), "");
    await assert.rejects(refresh(), { error: "invalid_grant" });
  }, now));

Deno.test("oauth4webapi finds no userinfo endpoint", () =>
  withSuperOffice(async (stage) => {
    const server = await discover(stage);
    await assert.rejects(
      oauth.userInfoRequest(server, { client_id: stage.clientId }, "8A:", http),
      { code: "OAUTH_MISSING_SERVER_METADATA" },
    );
  }, now));

Deno.test("without the two relaxations oauth4webapi refuses the simulator", () =>
  withSuperOffice(async (stage) => {
    await assert.rejects(discover(stage, `${stage.url}/login`), {
      code: "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
    });
    await assert.rejects(oauth.discoveryRequest(new URL(`${stage.url}/login`)), {
      code: "OAUTH_HTTP_REQUEST_FORBIDDEN",
    });
  }, now));
