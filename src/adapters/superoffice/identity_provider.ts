/**
 * SuperOffice's identity provider as the consent needs it: where to send a browser, how to redeem a
 * code, how to read an identity token. Issues nothing and stores nothing; takes no expected value
 * from a token.
 */

import * as oauth from "oauth4webapi";
import { PartFault } from "../../domain/part_fault.ts";
import { Secret } from "../../domain/secret.ts";
import type { IdentityProvider, IdentityRefusal } from "../../usecases/superoffice_ports.ts";
import { jsonObject, type Outbound, type OutboundAnswer } from "../outbound/http.ts";
import type { Endpoints } from "./endpoints.ts";
import { type CallOptions, createCalls, superOfficeFault } from "./http.ts";
import { judgeIdToken, judgeLegacyToken } from "./identity_token.ts";
import type { LoginKeys, LoginMetadata } from "./login_keys.ts";
import { readToken } from "./token_reading.ts";

export interface IdentityProviderOptions extends CallOptions {
  readonly endpoints: Endpoints;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Exactly as registered with SuperOffice. */
  readonly redirectUrl: string;
  readonly keys: LoginKeys;
}

export function createIdentityProvider(options: IdentityProviderOptions): IdentityProvider {
  const { endpoints, clientId, redirectUrl, keys } = options;
  const calls = createCalls(options);
  const { issuer, tenantHosts: hosts } = endpoints;
  return {
    async authorizeUrl(request) {
      const url = new URL((await keys.metadata()).authorizationEndpoint);
      const parameters = {
        client_id: clientId,
        redirect_uri: redirectUrl,
        response_type: "code",
        response_mode: "form_post",
        scope: "openid",
        state: request.state,
        nonce: request.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(request.codeVerifier.reveal()),
        code_challenge_method: "S256",
        ...(request.tenant === null ? {} : { acr_values: `tenant:${request.tenant}` }),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url;
    },
    redeem: createRedemption(options, calls),
    async readIdToken(token, nonce, now) {
      const read = await readToken(token.reveal(), keys.find, now);
      return read.kind === "refused"
        ? read
        : judgeIdToken(read, { issuer, clientId, nonce, hosts });
    },
    async readLegacyToken(token, now) {
      const read = await readToken(token.reveal(), keys.find, now);
      return read.kind === "refused" ? read : judgeLegacyToken(read, { clientId, hosts });
    },
  };
}

/** By the library's request and our own judgement of its answer. */
function createRedemption(
  { endpoints: { issuer }, clientId, clientSecret, redirectUrl, keys }: IdentityProviderOptions,
  calls: Outbound,
): IdentityProvider["redeem"] {
  return async (code, codeVerifier) => {
    if (!isCode(code)) return codeRefused;
    const server = authorizationServer(issuer, await keys.metadata());
    const client = { client_id: clientId };
    // Branded parameters are the library's proof that a response was judged; state was, before.
    const parameters = oauth.validateAuthResponse(
      server,
      client,
      new URLSearchParams({ code: code.reveal() }),
      oauth.expectNoState,
    );
    let answer: OutboundAnswer | null = null;
    await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(clientSecret.reveal()),
      parameters,
      redirectUrl,
      codeVerifier.reveal(),
      {
        // Every address was checked against the configured origin, http only for loopback.
        [oauth.allowInsecureRequests]: true,
        [oauth.customFetch]: async (url, init) => {
          answer = await post(calls, url, init);
          return new Response(null, { status: 204 });
        },
      },
    ).catch((error: unknown) => {
      throw error instanceof PartFault ? error : superOfficeFault("protocol");
    });
    if (answer === null) throw superOfficeFault("protocol");
    return judgeTokenResponse(answer);
  };
}

const codeRefused: IdentityRefusal = { kind: "refused", reason: "code_refused" };

/** Our client secret is not, or no longer, the one that is registered. */
const clientRefused: IdentityRefusal = { kind: "refused", reason: "client_refused" };

/**
 * Judges the answer of the token endpoint (RFC 6749, sections 5.1 and 5.2). The library's own
 * judgement is not used because it refuses an `iat` that is a string, which SuperOffice has sent.
 *
 * @throws PartFault when SuperOffice is not well: any status but 200 and OAuth errors, or garbage
 */
export function judgeTokenResponse(answer: OutboundAnswer): Secret | IdentityRefusal {
  const value = jsonObject(answer);
  if (answer.status === 200) {
    if (typeof value?.id_token !== "string") throw superOfficeFault("protocol");
    return new Secret(value.id_token);
  }
  const isError = answer.status >= 400 && answer.status < 500 && typeof value?.error === "string";
  if (isError && answer.status !== 429) {
    return value.error === "invalid_client" ? clientRefused : codeRefused;
  }
  throw superOfficeFault("status");
}

function authorizationServer(issuer: string, metadata: LoginMetadata): oauth.AuthorizationServer {
  return {
    issuer,
    authorization_endpoint: metadata.authorizationEndpoint.href,
    token_endpoint: metadata.tokenEndpoint.href,
  };
}

const FORM = "application/x-www-form-urlencoded";

/** A code is sent back as it came; what cannot be one is not sent at all. */
function isCode(code: Secret): boolean {
  return /^[\u0020-\u007e]{1,2048}$/.test(code.reveal());
}

function post(
  calls: Outbound,
  url: string,
  init: oauth.CustomFetchOptions<"POST", URLSearchParams>,
): Promise<OutboundAnswer> {
  const headers = { ...init.headers, "content-type": FORM, accept: "application/json" };
  return calls({ method: "POST", url: new URL(url), headers, body: init.body.toString() });
}
