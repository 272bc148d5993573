/**
 * An issuer of workload tokens that we did not write: `oidc-provider` on loopback, whose clients get
 * JWTs for a resource. It signs whatever claims a test asks for, changes its keys, keeps everybody
 * waiting, goes away and comes back at the same port.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { decodeJwt } from "jose";
import UntypedProvider from "oidc-provider";
import { assemble, encode, hmac, type Members, nothing, rsa } from "./forge.ts";
import { createTestKeys } from "./test_keys.ts";

export const AUDIENCE = "https://tickets.example.com";

const CLIENT = { client_id: "workload", client_secret: "secret-of-the-workload-for-tests" };
const GRANT = { grant_type: "client_credentials", resource: AUDIENCE };

/** What we use of the library, which comes without types. */
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}
interface Context {
  get(header: string): string;
}
interface StructuredToken {
  readonly payload: Members;
}
const Provider: new (issuer: string, settings: unknown) => Provider = UntypedProvider;

/** A signing key under its `kid`, without `alg`: an RSA key signs RS256 and PS256. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const nextRsaKey = createTestKeys();

export function createSigningKey(type: "rsa" | "ec" | "ed25519", kid: string): SigningKey {
  const privateKey = type === "rsa"
    ? nextRsaKey()
    : type === "ec"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
    : generateKeyPairSync("ed25519").privateKey;
  return { kid, privateKey, publicKey: createPublicKey(privateKey) };
}

/** How a token differs from a good one. */
export interface Bend {
  readonly claims?: Members;
  /** RS256 if absent. */
  readonly alg?: string;
}

/**
 * Starts one.
 *
 * @param claims of a good token, but `iss`
 * @param keys at least one of them RSA
 */
export async function startWorkloadIssuer(claims: () => Members, keys: readonly SigningKey[]) {
  const asked: string[] = [];
  const bends = new Map<string, Bend>();
  let answer: ReturnType<Provider["callback"]>;
  let gate: { readonly open: Promise<void>; readonly reached: () => void } | null = null;

  const listen = async (port: number) => {
    const server = createServer(async (request, response) => {
      if (request.url !== "/token") {
        asked.push(request.url ?? "");
        gate?.reached();
        await gate?.open;
      }
      await answer(request, response);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
    return server;
  };

  let server = await listen(0);
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  const url = `http://127.0.0.1:${port}`;

  const publish = (published: readonly SigningKey[]) => {
    const bendOf = (context: Context) => bends.get(context.get("x-bend"))!;
    answer = createProvider(url, published, {
      algOf: (context) => bendOf(context).alg ?? "RS256",
      customize(context, token) {
        Object.assign(token.payload, claims(), bendOf(context).claims);
      },
    }).callback();
  };
  publish(keys);

  const goAway = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };

  const issue = async (bend: Bend = {}): Promise<string> => {
    const id = String(bends.size);
    bends.set(id, bend);
    const response = await fetch(`${url}/token`, {
      method: "POST",
      headers: { "x-bend": id },
      body: new URLSearchParams({ ...CLIENT, ...GRANT }),
    });
    const body = await response.json();
    assert.equal(response.status, 200, JSON.stringify(body));
    return body.access_token;
  };

  return {
    url,
    /** Paths of everything it was asked for but tokens, in turn. */
    asked: asked as readonly string[],
    /** The issuer starts again with these keys. */
    publish,
    /** Its port refuses connections. */
    goAway,
    /** Its client gets a token, signed by the first key that fits. */
    issue,
    /** A token with each of these values for the claim, named by them. */
    async issueEach(claim: string, values: readonly unknown[]) {
      const issued = values.map(async (value) => {
        const token = await issue({ claims: { [claim]: value } });
        return [`${claim} ${JSON.stringify(value)}`, token] as const;
      });
      return Object.fromEntries(await Promise.all(issued));
    },
    /** Discovery and keys are not answered until `release`. */
    hold() {
      const open = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      gate = { open: open.promise, reached: reached.resolve };
      return {
        reached: reached.promise,
        release() {
          gate = null;
          open.resolve();
        },
      };
    },
    async comeBack() {
      server = await listen(port);
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await goAway();
    },
  };
}

interface Signing {
  algOf(context: Context): string;
  customize(context: Context, token: StructuredToken): void;
}

function createProvider(url: string, keys: readonly SigningKey[], signing: Signing): Provider {
  const jwks = keys.map(({ kid, privateKey }) => ({
    ...privateKey.export({ format: "jwk" }),
    kid,
    use: "sig",
  }));
  return new Provider(url, {
    jwks: { keys: jwks },
    clients: [{
      ...CLIENT,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: "client_secret_post",
    }],
    cookies: { keys: ["cookie-key-of-the-test"] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context: Context) => ({
          scope: "",
          audience: AUDIENCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: signing.algOf(context) } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt: (context: Context, _token: unknown, token: StructuredToken) =>
          signing.customize(context, token),
      },
    },
    ttl: { ClientCredentials: 60 },
  });
}

/** Every text that a verifier could take for the shared secret of an HMAC if it trusts `alg`. */
function secretsOf({ publicKey }: SigningKey): Readonly<Record<string, string | Buffer>> {
  const jwk = publicKey.export({ format: "jwk" });
  const pem = (type: "spki" | "pkcs1") => publicKey.export({ type, format: "pem" }).toString();
  const der = (type: "spki" | "pkcs1") => publicKey.export({ type, format: "der" });
  return {
    "the public key in PEM": pem("spki"),
    "that PEM, trimmed": pem("spki").trim(),
    "that PEM with CR LF": pem("spki").replaceAll("\n", "\r\n"),
    "the public key in PKCS #1 PEM": pem("pkcs1"),
    "that PKCS #1 PEM, trimmed": pem("pkcs1").trim(),
    "the public key in DER": der("spki"),
    "that DER in base64": der("spki").toString("base64"),
    "the public key in PKCS #1 DER": der("pkcs1"),
    "the modulus as text": jwk.n!,
    "the modulus as bytes": Buffer.from(jwk.n!, "base64url"),
    "the public key as JWK": JSON.stringify(jwk),
    "nothing": "",
  };
}

/**
 * Tokens one step away from a good one by their header, signature or form, by name.
 *
 * @param keys of the issuer: RSA, then ECDSA
 * @param theirs an attacker's key, which is published at `url`
 */
export function forgeriesOf(
  good: string,
  [key, curve]: readonly SigningKey[],
  theirs: SigningKey,
  url: string,
): Readonly<Record<string, string>> {
  assert.ok(key !== undefined && curve !== undefined);
  const [head, body, signature] = good.split(".") as [string, string, string];
  const claims = decodeJwt(good);
  const header: Members = { alg: "RS256", kid: key.kid };
  const by = ({ privateKey }: SigningKey, changes: Members) =>
    assemble({ ...header, ...changes }, claims, rsa(privateKey));
  const es256 = (signer: (input: string) => Uint8Array) =>
    assemble({ alg: "ES256", kid: curve.kid }, claims, signer);
  const forged: Record<string, string> = {
    "ES256 by zeros": es256(() => new Uint8Array(64)),
    "ES256 in DER": es256((input) => sign("sha256", Buffer.from(input), curve.privateKey)),
    "no signature": `${head}.${body}.`,
    "a changed payload": `${head}.${encode({ ...claims, exp: 9_999_999_999 })}.${signature}`,
    "a changed header": `${encode({ ...header, typ: "JWT" })}.${body}.${signature}`,
    "a fourth part": `${good}.${signature}`,
    "padding": `${good}==`,
    "a critical header": by(key, { crit: ["exp"], exp: 1 }),
    "an unencoded payload": by(key, { crit: ["b64"], b64: false }),
  };
  for (const alg of ["none", "None", "NONE", "", " RS256", "rs256", null, ["RS256"], undefined]) {
    forged[`alg ${JSON.stringify(alg)}`] = assemble({ ...header, alg }, claims, nothing);
    forged[`alg ${JSON.stringify(alg)}, signed`] = by(key, { alg });
  }
  for (const alg of ["ES256", "EdDSA", "PS256", "HS256", "RS1"]) forged[alg] = by(key, { alg });
  for (const [name, secret] of Object.entries(secretsOf(key))) {
    forged[`HS256 by ${name}`] = assemble({ ...header, alg: "HS256" }, claims, hmac(secret));
    forged[`RS256 by ${name}`] = assemble(header, claims, hmac(secret));
  }
  const jwk = theirs.publicKey.export({ format: "jwk" });
  const sources: Members = { jku: `${url}/jwks`, x5u: `${url}/jwks`, jwk, "no source": true };
  for (const kid of [key.kid, "theirs", undefined]) {
    for (const [name, value] of Object.entries(sources)) {
      forged[`another key by ${name} as ${kid}`] = by(theirs, { kid, [name]: value });
    }
  }
  const kids = [
    "../../../../dev/null",
    "' OR 1=1 --",
    "__proto__",
    "",
    `${key.kid}\0`,
    sources.jku,
  ];
  for (const kid of [...kids, "x".repeat(8_000), 42, [key.kid], { kid: key.kid }, null]) {
    forged[`kid ${JSON.stringify(kid).slice(0, 40)}`] = by(key, { kid });
  }
  return forged;
}
