/**
 * The identity provider adapter against a provider that we did not write (`oidc-provider`): our
 * authorize request, code redemption with PKCE and id_token reading hold outside our own reading of
 * the specifications. It runs in real time, because that provider has no other.
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import UntypedProvider from "oidc-provider";
import { createEndpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { createIdentityProvider } from "../../../src/adapters/superoffice/identity_provider.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { CLIENT_ID, CLIENT_SECRET, createKey, PREFIX, SYSTEM_TOKEN } from "./fixtures.ts";

const REDIRECT = "http://localhost:8000/consent/callback";
const VERIFIER = new Secret("v".repeat(64));

/** What we use of the library, which comes without types. */
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: { readonly login: { readonly accountId: string } },
  ): Promise<void>;
}
interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}
interface Context {
  readonly oidc: {
    readonly session: { readonly accountId: string };
    readonly provider: { readonly Grant: new (of: Readonly<Record<string, string>>) => Grant };
  };
}
const Provider: new (issuer: string, settings: unknown) => Provider = UntypedProvider;

const claims = {
  [`${PREFIX}ctx`]: "Cust10001",
  [`${PREFIX}serial`]: "1234567890",
  [`${PREFIX}company_name`]: "Example Tenant",
  [`${PREFIX}upn`]: "admin@example.test",
  [`${PREFIX}system_token`]: SYSTEM_TOKEN,
};

async function startProvider() {
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => {};
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const origin = `http://127.0.0.1:${address.port}`;
  const provider = createOidcProvider(origin);
  const callback = provider.callback();
  handle = async (request, response) => {
    const url = request.url ?? "";
    if (url.startsWith("/interaction/")) {
      const login = { accountId: "admin@example.test" };
      return await provider.interactionFinished(request, response, { login });
    }
    // Discovery lies below /login at SuperOffice, although the issuer has no path.
    request.url = url.replace("/login/.well-known/openid", "/.well-known/openid");
    return await callback(request, response);
  };
  return {
    origin,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createOidcProvider(origin: string): Provider {
  const key = createKey("PROVIDER-KEY");
  const jwk = {
    ...key.privateKey.export({ format: "jwk" }),
    kid: key.kid,
    use: "sig",
    alg: "RS256",
  };
  return new Provider(origin, {
    clients: [{
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: "client_secret_post",
    }],
    jwks: { keys: [jwk] },
    cookies: { keys: ["cookie-key-of-the-test"] },
    claims: { openid: ["sub", ...Object.keys(claims)] },
    conformIdTokenClaims: false,
    findAccount: (_context: Context, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, ...claims }),
    }),
    features: { devInteractions: { enabled: false } },
    interactions: {
      url: (_context: Context, interaction: { readonly uid: string }) =>
        `/interaction/${interaction.uid}`,
    },
    async loadExistingGrant(context: Context) {
      const grant = new context.oidc.provider.Grant({
        clientId: CLIENT_ID,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    ttl: {
      AccessToken: 60,
      AuthorizationCode: 60,
      Grant: 60,
      IdToken: 60,
      Interaction: 60,
      Session: 60,
    },
    routes: {
      authorization: "/login/common/oauth/authorize",
      token: "/login/common/oauth/tokens",
      jwks: "/login/.well-known/jwks",
    },
  });
}

/** Follows redirects with cookies, as a browser does, up to a page. @returns its HTML */
async function browse(start: URL): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let hop = 0; hop < 8; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) cookies.set(name, value);
    }
    const text = await response.text();
    const location = response.headers.get("location");
    if (location === null) return text;
    url = new URL(location, url);
  }
  return assert.fail("it redirects without end");
}

function fieldOf(html: string, name: string): string | undefined {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
}

Deno.test("an independent provider takes our request, our code and our secret, and we its token", async () => {
  await using server = await startProvider();
  const endpoints = createEndpoints(new URL(server.origin));
  const provider = createIdentityProvider({
    endpoints,
    clientId: CLIENT_ID,
    clientSecret: new Secret(CLIENT_SECRET),
    redirectUrl: REDIRECT,
    keys: createLoginKeys({ endpoints, timeoutMs: 2_000, now: Date.now }),
    timeoutMs: 2_000,
  });
  const request = { state: "state-1", nonce: "nonce-1", codeVerifier: VERIFIER, tenant: null };
  const page = await browse(await provider.authorizeUrl(request));
  assert.ok(page.includes(`action="${REDIRECT}"`), "it answers by a form post to us");
  assert.equal(fieldOf(page, "state"), "state-1");
  const code = new Secret(fieldOf(page, "code") ?? "");

  const wrongVerifier = await provider.redeem(code, new Secret("w".repeat(64)));
  assert.deepEqual(wrongVerifier, { kind: "refused", reason: "code_refused" });
  const again = await browse(await provider.authorizeUrl(request));
  const token = await provider.redeem(new Secret(fieldOf(again, "code") ?? ""), VERIFIER);
  assert.ok(token instanceof Secret);

  const identity = await provider.readIdToken(token, "nonce-1", Date.now());
  assert.ok(identity.kind === "identity");
  assert.equal(identity.consent.contextIdentifier, "Cust10001");
  assert.equal(identity.consent.systemUserToken.reveal(), SYSTEM_TOKEN);
  assert.deepEqual(
    await provider.readIdToken(token, "nonce-2", Date.now()),
    { kind: "refused", reason: "nonce" },
  );
});
