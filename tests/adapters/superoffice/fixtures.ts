/**
 * A loopback SuperOffice for these tests: discovery and keys that a test can bend, any other route as
 * a test wants it, and tokens put together by hand so that every part of them can be wrong.
 */

import { Buffer } from "node:buffer";
import { createHmac, createPublicKey, type KeyObject, sign } from "node:crypto";
import { createEndpoints, type Endpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { createStateChangeReader } from "../../../src/adapters/superoffice/state_change.ts";
import { createTestKeys } from "../../support/test_keys.ts";

/** The instant at which these tests take place. */
export const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
export const NOW_SECONDS = NOW / 1000;

export const CLIENT_ID = "0123456789abcdef0123456789abcdef";
export const CLIENT_SECRET = "client-secret-of-the-test";
export const SYSTEM_TOKEN = "Example App-AbCdEf1234";
export const SERIAL = "1234567890";
export const TICKET = "7T:TestTicket+/=";
export const NONCE = "nonce-of-the-test";
export const PREFIX = "http://schemes.superoffice.net/identity/";

export interface TestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

const nextKey = createTestKeys();

export function createKey(kid: string): TestKey {
  const privateKey = nextKey();
  const publicKey = createPublicKey(privateKey);
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
  return { kid, privateKey, publicKey, jwk };
}

export type Json = Readonly<Record<string, unknown>>;

/** A claim of `undefined` is left out. */
export function idTokenClaims(issuer: string, changes: Json = {}): Json {
  return {
    sub: "admin@example.test",
    iat: NOW_SECONDS,
    [`${PREFIX}associateid`]: "7",
    [`${PREFIX}upn`]: "admin@example.test",
    [`${PREFIX}is_administrator`]: "True",
    [`${PREFIX}ctx`]: "Cust10001",
    [`${PREFIX}company_name`]: "Example Tenant",
    [`${PREFIX}serial`]: SERIAL,
    [`${PREFIX}netserver_url`]: "https://sod2.superoffice.com/Cust10001/Remote/Services88/",
    [`${PREFIX}webapi_url`]: "https://sod2.superoffice.com/Cust10001/api/",
    [`${PREFIX}system_token`]: SYSTEM_TOKEN,
    nonce: NONCE,
    nbf: NOW_SECONDS - 60,
    exp: NOW_SECONDS + 300,
    iss: issuer,
    aud: CLIENT_ID,
    ...changes,
  };
}

export function exchangeClaims(changes: Json = {}): Json {
  return {
    sub: "Cust10001",
    iat: NOW_SECONDS,
    [`${PREFIX}ctx`]: "Cust10001",
    [`${PREFIX}serial`]: SERIAL,
    [`${PREFIX}ticket`]: TICKET,
    [`${PREFIX}netserver_url`]: "https://sod2.superoffice.com/Cust10001/Remote/Services88/",
    [`${PREFIX}webapi_url`]: "https://sod2.superoffice.com/Cust10001/api/",
    nbf: NOW_SECONDS - 60,
    exp: NOW_SECONDS + 300,
    iss: "SuperOffice AS",
    aud: `spn:${SERIAL}`,
    ...changes,
  };
}

/** Of a push, which is about the tenant itself: an id_token without what makes it one. */
export function pushClaims(issuer: string, changes: Json = {}): Json {
  return {
    ...idTokenClaims(issuer),
    sub: "Cust10001",
    nonce: undefined,
    [`${PREFIX}system_token`]: undefined,
    ...changes,
  };
}

/** The JSON of a push, as .NET writes it. */
export function pushOf(token: unknown, changes: Json = {}): Json {
  return {
    ChangeType: 2,
    ContextIdentifier: "Cust10001",
    VersionName: "Release_11.10",
    FileVersion: "11.10.1.2",
    Token: token,
    PublicEndpoint: null,
    ...changes,
  };
}

export function base64url(data: string | Uint8Array): string {
  return Buffer.from(data).toString("base64url");
}

/** Signs any header and any payload text with RS256. */
export function signRaw(header: string, payload: string, key: TestKey): string {
  const text = `${base64url(header)}.${base64url(payload)}`;
  return `${text}.${base64url(sign("sha256", Buffer.from(text), key.privateKey))}`;
}

export function signToken(key: TestKey, claims: Json, header: Json = {}): string {
  const full = { alg: "RS256", kid: key.kid, x5t: "x5t", typ: "JWT", ...header };
  return signRaw(JSON.stringify(full), JSON.stringify(claims), key);
}

export function hmacToken(secret: string | Uint8Array, claims: Json, header: Json): string {
  const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  return `${text}.${base64url(createHmac("sha256", secret).update(text).digest())}`;
}

export interface FakeLogin extends AsyncDisposable {
  readonly origin: string;
  readonly endpoints: Endpoints;
  /** How often each path was asked for. */
  readonly counts: Map<string, number>;
  keys: readonly Json[];
  /** Members that replace or add to the discovery document. */
  discovery: Json;
  /** Answers before anything else when it gives a response. */
  answer: (request: Request) => Response | null | Promise<Response | null>;
}

const DISCOVERY = "/login/.well-known/openid-configuration";
export const JWKS = "/login/.well-known/jwks";

/** Starts it on a free port. */
export function startLogin(keys: readonly TestKey[]): FakeLogin {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      login.counts.set(pathname, (login.counts.get(pathname) ?? 0) + 1);
      const given = await login.answer(request);
      if (given !== null) {
        // A copy: a redirect's own headers cannot be changed.
        const answer = new Response(given.body, given);
        // Without one the server would give the real instant.
        if (!answer.headers.has("date")) answer.headers.set("date", new Date(NOW).toUTCString());
        return answer;
      }
      if (pathname === DISCOVERY) return Response.json(discoveryOf(login));
      if (pathname === JWKS) return Response.json({ keys: login.keys });
      return new Response("Not found", { status: 404 });
    },
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const login: FakeLogin = {
    origin,
    endpoints: createEndpoints(new URL(origin)),
    counts: new Map(),
    keys: keys.map((key) => key.jwk),
    discovery: {},
    answer: () => null,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return login;
}

function discoveryOf(login: FakeLogin): Json {
  return {
    issuer: login.origin,
    authorization_endpoint: `${login.origin}/login/common/oauth/authorize`,
    token_endpoint: `${login.origin}/login/common/oauth/tokens`,
    jwks_uri: `${login.origin}${JWKS}`,
    ...login.discovery,
  };
}

/** Reads a push as this application would. */
export function readPush(login: FakeLogin, body: string, now = NOW) {
  const { endpoints } = login;
  const keys = createLoginKeys({ endpoints, timeoutMs: 2_000, now: () => NOW });
  return createStateChangeReader({ endpoints, clientId: CLIENT_ID, keys }).read(body, now);
}

/** An address where nothing listens. */
export function closedOrigin(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}
