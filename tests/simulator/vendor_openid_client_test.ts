/**
 * `openid-client` 6.8 against the simulator. Unmodified: as npm has it. It is relaxed in two ways: plain
 * http, which is the price of loopback, and the one that the real SuperOffice needs too, because its
 * issuer has no `/login` path: the address of the discovery document is given, not the issuer.
 */
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import {
  claim,
  open,
  redirectUri,
  type Stage,
  submit,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

/** The library judges times by the machine's clock. */
const now = { clock: Date.now };

function discover(
  { url, clientId, clientSecret }: Stage,
  address = `${url}/login/.well-known/openid-configuration`,
  authentication = oidc.ClientSecretPost(clientSecret),
): Promise<oidc.Configuration> {
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
  return oidc.discovery(new URL(address), clientId, clientSecret, authentication, { execute });
}

interface Login {
  /** Where the browser came back to. */
  readonly callback: URL;
  readonly checks: oidc.AuthorizationCodeGrantChecks;
}

/** The browser's part, with everything that the library can check. */
async function signIn(config: oidc.Configuration): Promise<Login> {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier,
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  };
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid",
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  });
  const page = await submit(address.href, await open(address.href), {
    username: "admin@example.test",
  });
  // The second time nobody is asked to approve.
  const { location } = page.location === null
    ? await submit(address.href, page, { decision: "approve" })
    : page;
  return { callback: new URL(location ?? ""), checks };
}

/** The library leaves the empty answer of a revocation unread, which would hold its connection. */
async function fetchWhole(url: string, options: oidc.CustomFetchOptions): Promise<Response> {
  const response = await fetch(url, options as RequestInit);
  return new Response(await response.arrayBuffer(), response);
}

for (const method of ["ClientSecretPost", "ClientSecretBasic"] as const) {
  Deno.test(`openid-client completes the code flow with PKCE and ${method}`, () =>
    withSuperOffice(async (stage) => {
      const config = await discover(stage, undefined, oidc[method](stage.clientSecret));
      const { callback, checks } = await signIn(config);
      const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
      const claims = tokens.claims();
      assert.equal(claims?.iss, stage.url);
      assert.equal(claims?.nonce, checks.expectedNonce);
      assert.equal(claims?.[`${claim}ctx`], tenant);
      const { system_user_token } = stage.control.approve(tenant);
      assert.equal(claims?.[`${claim}system_token`], system_user_token);
    }, now));
}

Deno.test("openid-client refreshes, revokes, and then cannot refresh", () =>
  withSuperOffice(async (stage) => {
    const config = await discover(stage);
    config[oidc.customFetch] = fetchWhole;
    const { callback, checks } = await signIn(config);
    const { refresh_token = "" } = await oidc.authorizationCodeGrant(config, callback, checks);
    const refreshed = await oidc.refreshTokenGrant(config, refresh_token);
    assert.equal(refreshed.claims()?.[`${claim}ctx`], tenant);
    assert.equal(refreshed.refresh_token, undefined);
    await oidc.tokenRevocation(config, refresh_token);
    await assert.rejects(oidc.refreshTokenGrant(config, refresh_token), { error: "invalid_grant" });
  }, now));

Deno.test("openid-client refuses another nonce, another verifier and a second use of a code", () =>
  withSuperOffice(async (stage) => {
    const config = await discover(stage);
    const other = await signIn(config);
    await assert.rejects(
      oidc.authorizationCodeGrant(config, other.callback, {
        ...other.checks,
        expectedNonce: "another",
      }),
      { code: "OAUTH_JWT_CLAIM_COMPARISON_FAILED" },
    );
    const { callback, checks } = await signIn(config);
    await assert.rejects(
      oidc.authorizationCodeGrant(config, callback, {
        ...checks,
        pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
      }),
      { error: "invalid_grant" },
    );
    await oidc.authorizationCodeGrant(config, callback, checks);
    await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks), {
      error: "invalid_grant",
    });
  }, now));

Deno.test("openid-client says that there is no userinfo", () =>
  withSuperOffice(async (stage) => {
    const config = await discover(stage);
    assert.equal(config.serverMetadata().userinfo_endpoint, undefined);
    await assert.rejects(oidc.fetchUserInfo(config, "8A:", oidc.skipSubjectCheck), /userinfo/);
  }, now));

Deno.test("without the two relaxations openid-client refuses the simulator", () =>
  withSuperOffice(async (stage) => {
    await assert.rejects(discover(stage, `${stage.url}/login`), {
      message: "discovered metadata issuer does not match the expected issuer",
    });
    const address = new URL(`${stage.url}/login/.well-known/openid-configuration`);
    await assert.rejects(oidc.discovery(address, stage.clientId, stage.clientSecret), {
      code: "OAUTH_HTTP_REQUEST_FORBIDDEN",
    });
  }, now));
