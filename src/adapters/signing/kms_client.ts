/**
 * Google's Cloud KMS client as this service uses it: REST (its gRPC transport can kill a Deno process
 * when the server closes an idle connection), one try a call. Credentials are those that it is given; without
 * any, what Google's libraries find, and none at all for a plain-http endpoint on this machine.
 */

import type { GoogleAccess } from "../../domain/google_identity.ts";
import { isPlainLoopback } from "../../domain/secure_url.ts";
import { SignerFault } from "../../domain/signer_fault.ts";

/** The package, loaded when the first signature is needed: a tenth of a second and 40 MB. */
export type KmsSdk = Pick<typeof import("@google-cloud/kms"), "KeyManagementServiceClient">;

export type KmsClient = InstanceType<KmsSdk["KeyManagementServiceClient"]>;

/** `await import("@google-cloud/kms")` */
export function loadKmsSdk(): Promise<KmsSdk> {
  return import("@google-cloud/kms");
}

/** Answers are a few KiB; a statement of the HSM with its certificates has the most. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

interface Answer {
  readonly status: number;
  data: unknown;
}

/**
 * Google's transport reads a body to its end, be there one or not. The limit is its own; what it takes
 * for the words of a refusal it collects apart, without that limit.
 */
const TRANSPORTER = {
  size: MAX_BODY_BYTES,
  async adapter<O, A extends Answer>(options: O, otherwise: (options: O) => Promise<A>) {
    const answer = await otherwise(options);
    if (isStream(answer.data)) answer.data = limited(answer.data);
    return answer;
  },
};

function isStream(data: unknown): data is AsyncIterable<Uint8Array> {
  return typeof data === "object" && data !== null && Symbol.asyncIterator in data;
}

async function* limited(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  // Leaving the loop early ends the stream.
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new TypeError("Cannot read the answer: too large");
    yield chunk;
  }
}

/**
 * Makes a client and finds its credentials.
 * @param endpoint null for Google's
 * @param projectId the key's project: without it workload identities have Google's library ask the
 * Resource Manager, which they may not
 * @param access who we are; null: Google's library is to find out
 * @throws SignerFault `unauthenticated` if there are no credentials
 */
export async function openKmsClient(
  sdk: KmsSdk,
  endpoint: URL | null,
  projectId: string,
  access: GoogleAccess | null = null,
): Promise<KmsClient> {
  const client = new sdk.KeyManagementServiceClient({
    fallback: true,
    projectId,
    clientOptions: { transporterOptions: TRANSPORTER },
    // Without it the library asks for all of Google Cloud, and sends that to whatever the endpoint is.
    scopes: [KMS_SCOPE],
    ...endpointOf(endpoint, access === null),
    ...(access !== null && await authOf(access)),
  });
  try {
    // Its methods start this themselves, but leave a failure as an unhandled rejection, which would
    // end the process. Once it has succeeded they only join it.
    await client.initialize();
  } catch {
    throw new SignerFault("unauthenticated");
  }
  return client;
}

/** @throws Error for an endpoint that would carry credentials in the clear */
export function requireSafeEndpoint(endpoint: URL): void {
  if (endpoint.protocol === "https:" || isPlainLoopback(endpoint)) return;
  throw new Error("Cannot use the Cloud KMS endpoint: neither https nor http on this machine");
}

/** Options of one call: one try, its own deadline, our headers. */
export function callOptions(timeoutMs: number, headers: Readonly<Record<string, string>>): {
  timeout: number;
  retry: null;
  otherArgs: { headers: Record<string, string> };
} {
  return { timeout: timeoutMs, retry: null, otherArgs: { headers: { ...headers } } };
}

interface EndpointOptions {
  readonly apiEndpoint?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly apiKey?: string;
}

/** Keys and what is done with them, and nothing else at Google. */
export const KMS_SCOPE = "https://www.googleapis.com/auth/cloudkms";

/** Loaded with the client: what finds credentials elsewhere does without. */
async function authOf(access: GoogleAccess): Promise<Pick<ClientOptions, "authClient">> {
  const { openAccess } = await import("./google_access.ts");
  const authClient = await openAccess(access, KMS_SCOPE);
  Object.assign(authClient.transporter.defaults, TRANSPORTER);
  return { authClient };
}

type ClientOptions = NonNullable<
  ConstructorParameters<KmsSdk["KeyManagementServiceClient"]>[0]
>;

function endpointOf(endpoint: URL | null, isAnonymous: boolean): EndpointOptions {
  if (endpoint === null) return {};
  const plain = endpoint.protocol === "http:";
  const port = Number(endpoint.port) || (plain ? 80 : 443);
  const protocol = plain ? "http" : "https";
  return {
    apiEndpoint: endpoint.hostname,
    port,
    protocol,
    ...(plain && isAnonymous && NO_CREDENTIALS),
  };
}

/**
 * An API key is the library's one credential that needs no look-up: with it, and a project given, no
 * file, environment or metadata server is asked. This one is a word, and opens nothing.
 */
const NO_CREDENTIALS = { apiKey: "none" } as const;
