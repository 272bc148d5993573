/**
 * Google's own library as the client that says who we are, for an identity that we were given. A key
 * signs for itself; another's token is changed for one of Google's, which is kept while it is good.
 * What the library says of a failure repeats requests and answers: a word is left of it.
 */

import { createPrivateKey } from "node:crypto";
import type { AuthClient, IdentityPoolClientOptions } from "google-auth-library";
import type {
  GoogleAccess,
  ServiceAccountKey,
  WorkloadFederation,
} from "../../domain/google_identity.ts";
import { Secret } from "../../domain/secret.ts";
import { SignerFault } from "../../domain/signer_fault.ts";
import { within } from "./deadline.ts";
import { type AccessToken, createTokenKeeper, type TokenKeeper } from "./token_keeper.ts";

/** What of the library is used; it comes with Cloud KMS's client. */
type AuthSdk = typeof import("google-auth-library");

/** How long the way to a token may take, with up to three stations; and of that, the first. */
const LOOK_MS = 5000;
const SUPPLY_MS = 3000;

/** As the library dates what a key signs. */
const SELF_SIGNED_MS = 3_600_000;

/** Of one answer on that way: tokens are a few KiB. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Throws for what no configuration can see.
 *
 * @throws Error, constant, naming the variable
 */
export function requireUsable({ identity, identityToken }: GoogleAccess): void {
  if (identity.kind === "service_account") requireRsaKey(identity.privateKey);
  else if (identity.source.kind === "supplier" && identityToken === null) {
    throw new Error(
      "Cannot use GOOGLE_CREDENTIALS: it has no credential_source, and no identity token is supplied",
    );
  }
}

function requireRsaKey(pem: Secret): void {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem.reveal());
    if (asymmetricKeyType === "rsa" && asymmetricKeyDetails!.modulusLength! >= 2048) return;
  } catch {
    // Said below: the library's error is about the key.
  }
  throw new Error(
    "Cannot use GOOGLE_CREDENTIALS: its private_key is no RSA key of 2048 bits or more",
  );
}

/**
 * Loads the library. Nothing is connected before a call.
 *
 * @param scope `https://www.googleapis.com/auth/…`
 */
export async function openAccess(
  { identity, identityToken }: GoogleAccess,
  scope: string,
): Promise<AuthClient> {
  const sdk = await import("google-auth-library");
  const look = identity.kind === "service_account"
    ? () => selfSigned(sdk, identity, scope)
    : () => exchange(sdk, { identity, identityToken }, scope);
  return keeping(sdk, createTokenKeeper({ look, now: Date.now, deadlineMs: LOOK_MS }));
}

/**
 * A token that the key signs itself, with a scope: nobody is asked for it (AIP-4111). Made by a client of
 * its own, since one keeps its token for an hour even if Google refuses it: one of a clock that was wrong.
 */
async function selfSigned(
  { JWT }: AuthSdk,
  { email, keyId, privateKey }: ServiceAccountKey,
  scope: string,
): Promise<AccessToken> {
  const key = privateKey.reveal();
  const client = new JWT({ email, key, scopes: [scope], ...(keyId !== null && { keyId }) });
  client.useJWTAccessWithScope = true;
  const from = Date.now();
  const headers = await client.getRequestHeaders();
  const token = headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  return { token: new Secret(token), until: from + SELF_SIGNED_MS };
}

/** A client of the library's that takes its tokens from the keeper. */
function keeping({ AuthClient }: AuthSdk, keeper: TokenKeeper): AuthClient {
  class KeptTokenClient extends AuthClient {
    override async getAccessToken(): Promise<{ token: string }> {
      return { token: (await keeper.get()).reveal() };
    }

    override async getRequestHeaders(): Promise<Headers> {
      return headersOf(await keeper.get());
    }

    override async request<T>(options: Parameters<AuthClient["request"]>[0]) {
      const token = await keeper.get();
      const headers = new Headers(options.headers as HeadersInit | undefined);
      this.addUserProjectAndAuthHeaders(headers, headersOf(token));
      try {
        // Deno 2.5 and the library each have a type of this name.
        const own = headers as unknown as NonNullable<typeof options.headers>;
        return await this.transporter.request<T>({ ...options, headers: own });
      } catch (error) {
        if (statusOf(error) !== 401) throw error;
        throw new SignerFault("unauthenticated", { retryable: keeper.forget(token) });
      }
    }
  }
  return new KeptTokenClient();
}

function headersOf(token: Secret): Headers {
  return new Headers({ authorization: `Bearer ${token.reveal()}` });
}

/** One way to a token: a client of its own, so that one that hangs is not joined. @throws SignerFault */
async function exchange(
  sdk: AuthSdk,
  access: GoogleAccess & { readonly identity: WorkloadFederation },
  scope: string,
): Promise<AccessToken> {
  const { audience, subjectTokenType, tokenUrl, impersonation } = access.identity;
  const ending = new AbortController();
  const client = bounded(sdk, ending.signal, {
    type: "external_account",
    audience,
    subject_token_type: subjectTokenType,
    token_url: tokenUrl,
    scopes: [scope],
    ...(impersonation !== null && {
      service_account_impersonation_url: impersonation.url,
      service_account_impersonation: { token_lifetime_seconds: impersonation.lifetimeSeconds },
    }),
    ...sourceOf(access),
  });
  // Whoever waited has been told by then; what still hangs, or still sends, is not to go on behind.
  const timer = setTimeout(() => ending.abort(), LOOK_MS);
  try {
    const { token } = await client.getAccessToken();
    const { expiry_date: until } = client.credentials;
    if (typeof token !== "string" || !Number.isFinite(until)) throw new Error("no token");
    return { token: new Secret(token), until: until! };
  } catch (error) {
    if (ending.signal.aborted) throw new SignerFault("timeout", { retryable: true });
    throw error instanceof SignerFault ? error : faultOf(error, sdk.gaxios.GaxiosError);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The library's client, held to what every call of ours is held to: it would follow a redirect with our
 * token to wherever it leads, read without end, and ask four times of whoever is down.
 */
function bounded(
  { IdentityPoolClient, gaxios: { Gaxios } }: AuthSdk,
  signal: AbortSignal,
  options: IdentityPoolClientOptions,
): InstanceType<AuthSdk["IdentityPoolClient"]> {
  class BoundedClient extends IdentityPoolClient {
    constructor(transporter: InstanceType<typeof Gaxios>) {
      super({ ...options, transporter });
      // For the token service it makes another transporter, and has no option for that.
      Object.assign(this.stsCredential, { transporter });
    }
  }
  const limits = { redirect: "error", size: MAX_BODY_BYTES, retryConfig: { retry: 0 } } as const;
  return new BoundedClient(new Gaxios({ ...limits, signal }));
}

type Sourced = Pick<IdentityPoolClientOptions, "credential_source" | "subject_token_supplier">;

function sourceOf({ identity, identityToken }: Parameters<typeof exchange>[1]): Sourced {
  const { source, audience } = identity;
  if (source.kind === "supplier") {
    return { subject_token_supplier: { getSubjectToken: () => supply(identityToken, audience) } };
  }
  const format = source.field === null
    ? { type: "text" as const }
    : { type: "json" as const, subject_token_field_name: source.field };
  if (source.kind === "file") return { credential_source: { file: source.path, format } };
  const headers = JSON.parse(source.headers.reveal());
  return { credential_source: { url: source.url.reveal(), headers, format } };
}

async function supply(identityToken: IdentityTokenOrNone, audience: string): Promise<string> {
  try {
    // Some suppliers throw before they promise anything.
    const asking = (async () => await identityToken!(`https:${audience}`))();
    const token = await within(asking, { timeoutMs: SUPPLY_MS });
    if (typeof token === "string" && token !== "") return token;
  } catch (error) {
    if (error instanceof SignerFault && error.reason === "timeout") throw error;
  }
  throw new SignerFault("unauthenticated");
}

type IdentityTokenOrNone = GoogleAccess["identityToken"];

/** Whoever is down may be asked again; a refusal stays one, and so does a token that is not there. */
function faultOf(error: unknown, OutboundError: AuthSdk["gaxios"]["GaxiosError"]): SignerFault {
  const status = statusOf(error);
  const isSilent = status === null && error instanceof OutboundError;
  const isDown = status !== null && (status >= 500 || status === 429);
  return isSilent || isDown
    ? new SignerFault("unavailable", { retryable: true })
    : new SignerFault("unauthenticated");
}

function statusOf(error: unknown): number | null {
  const { status, response } = Object(error);
  const found = status ?? Object(response).status;
  return typeof found === "number" ? found : null;
}
