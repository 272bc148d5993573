/**
 * Where Google's Cloud KMS client runs: in this thread, or in a worker of its own. What a key version
 * needs of it is the same either way; answers hold only what is checked, and faults only a word.
 */

import type { GoogleAccess } from "../../domain/google_identity.ts";
import { once } from "../../domain/once.ts";
import type { Int64Value, PublicKeyAnswer, SignAnswer } from "./kms_checks.ts";
import { callOptions, type KmsSdk, loadKmsSdk, openKmsClient } from "./kms_client.ts";
import { toSignerFault } from "./kms_fault.ts";

/** What is to be signed, and the checksum that lets Google see it arrive whole. */
export type KmsSignRequest =
  | { readonly digest: { sha256: Uint8Array }; readonly digestCrc32c: { value: number } }
  | { readonly data: Uint8Array; readonly dataCrc32c: { value: number } };

/** One call: one try, its own deadline, its own headers. */
export interface KmsCallOptions {
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Which service, and in whose name: one client of Google's for each. */
export interface KmsPlace {
  /** Null for Google's. */
  readonly endpoint: string | null;
  readonly projectId: string;
}

/** Everything that is asked of Google's client. Rejects with SignerFault. */
export interface KmsHost {
  /**
   * Starts what the client is to run in, and nothing of Google's: the first call need not wait for it,
   * nor need those who are answered meanwhile.
   */
  start(): void;
  /** Resolves when Google's package is loaded: this machine's own work, without a deadline. */
  ready(): Promise<void>;
  getPublicKey(place: KmsPlace, name: string, options: KmsCallOptions): Promise<PublicKeyAnswer>;
  asymmetricSign(
    place: KmsPlace,
    name: string,
    request: KmsSignRequest,
    options: KmsCallOptions,
  ): Promise<SignAnswer>;
  /** Ends what it runs in; calls under way fail. */
  close(): void;
}

/**
 * Google's client in this thread, which stands still for a quarter of a second while it is loaded.
 * @param access who we are at Google; null: its library is to find out
 * @param loadSdk for tests: how the package is loaded
 */
export function createThreadHost(
  access: GoogleAccess | null = null,
  loadSdk: () => Promise<KmsSdk> = loadKmsSdk,
): KmsHost {
  const sdk = once(() => loadSdk());
  const clients = new Map<string, ReturnType<typeof openClient>>();
  const openClient = ({ endpoint, projectId }: KmsPlace) =>
    once(async () =>
      openKmsClient(
        await sdk.get(),
        endpoint === null ? null : new URL(endpoint),
        projectId,
        access,
      )
    );
  const clientOf = (place: KmsPlace) => {
    const key = JSON.stringify([place.endpoint, place.projectId]);
    const known = clients.get(key) ?? openClient(place);
    clients.set(key, known);
    return known.get();
  };

  return {
    ready: () => orFault(async () => void await sdk.get()),
    getPublicKey: (place, name, { timeoutMs, headers }) =>
      orFault(async () => {
        const client = await clientOf(place);
        const [answer] = await client.getPublicKey({ name }, callOptions(timeoutMs, headers));
        const { pem, pemCrc32c, algorithm, protectionLevel } = answer;
        return {
          name: answer.name ?? null,
          pem: pem ?? null,
          pemCrc32c: plain(pemCrc32c),
          algorithm: algorithm ?? null,
          protectionLevel: protectionLevel ?? null,
        };
      }),
    asymmetricSign: (place, name, request, { timeoutMs, headers }) =>
      orFault(async () => {
        const client = await clientOf(place);
        const calling = callOptions(timeoutMs, headers);
        const [answer] = await client.asymmetricSign({ name, ...request }, calling);
        return {
          name: answer.name ?? null,
          signature: answer.signature ?? null,
          signatureCrc32c: plain(answer.signatureCrc32c),
          verifiedDigestCrc32c: answer.verifiedDigestCrc32c ?? null,
          verifiedDataCrc32c: answer.verifiedDataCrc32c ?? null,
          protectionLevel: answer.protectionLevel ?? null,
        };
      }),
    start: () => {},
    close: () => {},
  };
}

async function orFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toSignerFault(error);
  }
}

/** The library's own Long is no plain value. */
function plain(value: Int64Value | null | undefined): Int64Value | null {
  const inner = value?.value;
  return inner === undefined || inner === null ? null : { value: String(inner) };
}
