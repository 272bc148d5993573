/**
 * Google's Security Token Service, its IAM credentials and a source of identity tokens on loopback, and
 * a Cloud KMS that takes only tokens of theirs. Strict: what Google would refuse is refused, and every
 * field is looked at.
 */

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { type CloudKmsSimulator, startCloudKms } from "../../src/simulator/cloud_kms/server.ts";

export const AUDIENCE =
  "//iam.googleapis.com/projects/123456789/locations/global/workloadIdentityPools/pool/providers/box";
export const ACCOUNT = "box-office@acme.iam.gserviceaccount.com";
export const SUBJECT_TOKEN = "subject-token-that-nobody-prints";
export const REQUEST_TOKEN = "request-token-that-nobody-prints";
const KMS_SCOPE = "https://www.googleapis.com/auth/cloudkms";
const PLATFORM_SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** What a token was asked for, and how often. */
export interface Asked {
  source: number;
  sts: number;
  impersonation: number;
}

export interface FakeGoogle {
  readonly kms: CloudKmsSimulator;
  readonly asked: Asked;
  readonly tokenUrl: string;
  readonly impersonationUrl: string;
  /** As `ACTIONS_ID_TOKEN_REQUEST_URL` with an audience. */
  readonly sourceUrl: string;
  /** From now on the token service answers so. Null: as it should; `hang`: never. */
  down(how: number | "hang" | null): void;
  /** Tokens that were given out are refused from now on. */
  revoke(): void;
  /** Of tokens from now on, in seconds. */
  lifetime(seconds: number): void;
  /** Every secret that was given out or taken. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

/** @param keyPem the public or private key that self-signed tokens are checked with */
export async function startFakeGoogle(keyPem: string | null = null): Promise<FakeGoogle> {
  const asked: Asked = { source: 0, sts: 0, impersonation: 0 };
  const given: { readonly token: string; readonly kind: string; readonly until: number }[] = [];
  let revoked = 0;
  let seconds = 3600;
  let down: number | "hang" | null = null;
  const silence = Promise.withResolvers<Response>();
  const make = (kind: string): string => {
    const token = `ya29.${kind}-${crypto.randomUUID()}`;
    given.push({ token, kind, until: Date.now() + seconds * 1000 });
    return token;
  };
  const isGood = (token: string, kinds: readonly string[]): boolean =>
    given.slice(revoked).some((it) =>
      it.token === token && kinds.includes(it.kind) && it.until > Date.now()
    );
  const kms = await startCloudKms({
    requireBearer: true,
    acceptsBearer: (token) =>
      isGood(token, ["kms"]) || (keyPem !== null && isSelfSigned(token, keyPem)),
  });

  const sts = async (request: Request): Promise<Response> => {
    asked.sts++;
    if (down === "hang") return await silence.promise;
    if (down !== null) {
      return Response.json({ error: "down", secret: SUBJECT_TOKEN }, { status: down });
    }
    const form = new URLSearchParams(await request.text());
    const { scope, ...rest } = Object.fromEntries(form);
    if (rest["subject_token"] !== SUBJECT_TOKEN) {
      const error_description = `The token ${rest["subject_token"]} is expired.`;
      return Response.json({ error: "invalid_grant", error_description }, { status: 400 });
    }
    assert.deepEqual(rest, {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: AUDIENCE,
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token: SUBJECT_TOKEN,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    });
    assert.equal(request.headers.get("authorization"), null);
    const kind = scope === PLATFORM_SCOPE ? "federated" : scope === KMS_SCOPE ? "kms" : null;
    assert.ok(kind !== null, `another scope: ${scope}`);
    return Response.json({
      access_token: make(kind),
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: seconds,
    });
  };

  const impersonation = async (request: Request): Promise<Response> => {
    asked.impersonation++;
    const bearer = /^Bearer (.*)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    if (!isGood(bearer, ["federated"])) return Response.json({ error: {} }, { status: 401 });
    assert.deepEqual(await request.json(), { scope: [KMS_SCOPE], lifetime: "3600s" });
    const expireTime = new Date(Date.now() + seconds * 1000).toISOString();
    return Response.json({ accessToken: make("kms"), expireTime });
  };

  const source = (request: Request, url: URL): Response => {
    asked.source++;
    assert.equal(url.searchParams.get("audience"), `https:${AUDIENCE}`);
    assert.equal(request.headers.get("authorization"), `Bearer ${REQUEST_TOKEN}`);
    return Response.json({ count: 1, value: SUBJECT_TOKEN });
  };

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    // What is asserted above is told by the answer, and the test sees no signature then.
    onError: (error) => Response.json({ error: String(error) }, { status: 400 }),
  }, async (request) => {
    const url = new URL(request.url);
    const path = `${request.method} ${url.pathname}`;
    if (path === "POST /v1/token") return await sts(request);
    if (path === `POST /v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`) {
      return await impersonation(request);
    }
    if (path === "GET /token") return source(request, url);
    return new Response("no such path", { status: 404 });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const audience = encodeURIComponent(`https:${AUDIENCE}`);
  return {
    kms,
    asked,
    tokenUrl: `${origin}/v1/token`,
    impersonationUrl: `${origin}/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`,
    sourceUrl: `${origin}/token?api-version=2.0&audience=${audience}`,
    down: (how) => {
      down = how;
    },
    revoke: () => {
      revoked = given.length;
    },
    lifetime: (value) => {
      seconds = value;
    },
    secrets: () => [SUBJECT_TOKEN, REQUEST_TOKEN, ...given.map(({ token }) => token)],
    async close() {
      silence.resolve(new Response(null, { status: 503 }));
      await Promise.all([server.shutdown(), kms.close()]);
    },
  };
}

/** As Google checks a service account's own token (AIP-4111): signature, account, scope, an hour at most. */
function isSelfSigned(token: string, keyPem: string): boolean {
  const [header, payload, signature] = token.split(".");
  if (signature === undefined) return false;
  const data = new TextEncoder().encode(`${header}.${payload}`);
  const key = createPublicKey(keyPem);
  if (!verify("sha256", data, key, Uint8Array.fromBase64(signature, URL_SAFE))) return false;
  const { iat, exp, ...claims } = read(payload!);
  const now = Date.now() / 1000;
  assert.deepEqual(read(header!), { alg: "RS256", typ: "JWT", kid: "key-1" });
  assert.deepEqual(claims, { iss: ACCOUNT, sub: ACCOUNT, scope: KMS_SCOPE });
  return iat <= now + 1 && exp > now && exp - iat <= 3600;
}

const URL_SAFE = { alphabet: "base64url" } as const;

function read(part: string) {
  return JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(part, URL_SAFE)));
}
