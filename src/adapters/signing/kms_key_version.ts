/**
 * One key version in Cloud KMS as each of our keys there uses it: Google's package, a client and the
 * checked public key, each got once and not before it is needed; one try a call, under a deadline.
 * What is signed, and what makes an answer good, is its user's.
 */

import type { KeyObject } from "node:crypto";
import { isKeyVersionName } from "../../domain/key_version.ts";
import { once } from "../../domain/once.ts";
import { SignerFault } from "../../domain/signer_fault.ts";
import { requireWanted, within } from "./deadline.ts";
import type { PublicKeyAnswer, SignAnswer } from "./kms_checks.ts";
import {
  callOptions,
  type KmsSdk,
  loadKmsSdk,
  openKmsClient,
  requireSafeEndpoint,
} from "./kms_client.ts";

export interface KmsKeyVersionOptions {
  /** `projects/…/cryptoKeyVersions/N`, the project by its id: its number is refused. */
  readonly keyVersion: string;
  /** Null for Google's. Plain http only on this machine, and then without credentials. */
  readonly endpoint: URL | null;
  /**
   * For the signature, and again for what the first signature needs before it (credentials and the
   * public key). A signature that comes later than this may still have been made.
   */
  readonly timeoutMs: number;
  /** `name/revision`: what the audit log shows first. */
  readonly userAgent: string;
  /** For tests: how the package is loaded. */
  readonly loadSdk?: () => Promise<KmsSdk>;
}

/** What is to be signed, and the checksum that lets Google see it arrive whole. */
export type KmsSignRequest =
  | { readonly digest: { sha256: Uint8Array }; readonly digestCrc32c: { value: number } }
  | { readonly data: Uint8Array; readonly dataCrc32c: { value: number } };

/** Its methods throw what Google's client throws. */
export interface KmsKeyVersion {
  /** Fetched once and kept; those who ask while it is fetched join. A failure is not kept. */
  publicKey(signal?: AbortSignal): Promise<KeyObject>;
  forgetPublicKey(): void;
  /** One attempt. @param reason what the audit log shows of it */
  sign(
    request: KmsSignRequest,
    options: { readonly reason: string; readonly signal?: AbortSignal | undefined },
  ): Promise<SignAnswer>;
}

/**
 * Nothing is loaded, resolved or connected before the first call.
 * @param check takes the key out of the answer, or throws
 * @throws Error if the key version's name or the endpoint is not usable
 */
export function openKmsKeyVersion(
  options: KmsKeyVersionOptions,
  check: (answer: PublicKeyAnswer) => KeyObject,
): KmsKeyVersion {
  const { keyVersion: name, endpoint, timeoutMs, userAgent, loadSdk = loadKmsSdk } = options;
  requireKeyVersionName(name);
  if (endpoint) requireSafeEndpoint(endpoint);

  const sdk = once(() => loadSdk());
  const client = once(async () => openKmsClient(await sdk.get(), endpoint, name.split("/")[1]!));
  const publicKey = once(async () => {
    const calling = callOptions(timeoutMs, { "user-agent": userAgent });
    const [answer] = await (await client.get()).getPublicKey({ name }, calling);
    return check(answer);
  });

  return {
    async publicKey(signal) {
      requireWanted(signal);
      // Reading the package is this machine's own work: it has no deadline.
      await within(sdk.get(), { signal });
      const fetching = publicKey.get();
      try {
        return await within(fetching, { timeoutMs, signal });
      } catch (error) {
        // It ends by itself in a moment: whoever asks until then must not join it.
        if (error instanceof SignerFault && error.reason === "timeout") publicKey.forget(fetching);
        throw error;
      }
    },
    forgetPublicKey: () => publicKey.forget(),
    async sign(request, { reason, signal }) {
      const kms = await client.get();
      requireWanted(signal);
      const headers = { "user-agent": userAgent, "x-goog-request-reason": reason };
      const signing = kms.asymmetricSign({ name, ...request }, callOptions(timeoutMs, headers));
      const [answer] = await within(signing, { timeoutMs, signal });
      return answer;
    },
  };
}

function requireKeyVersionName(name: string): void {
  if (isKeyVersionName(name)) return;
  throw new Error(
    "Cannot sign with the key version: its name is not projects/…/cryptoKeyVersions/N",
  );
}
