/**
 * One key version in Cloud KMS as each of our keys there uses it: the checked public key, got once and
 * not before it is needed; one try a call, under a deadline.
 * What is signed, and what makes an answer good, is its user's.
 */

import type { KeyObject } from "node:crypto";
import { isKeyVersionName } from "../../domain/key_version.ts";
import { once } from "../../domain/once.ts";
import { SignerFault } from "../../domain/signer_fault.ts";
import { requireWanted, within } from "./deadline.ts";
import type { PublicKeyAnswer, SignAnswer } from "./kms_checks.ts";
import { requireSafeEndpoint } from "./kms_client.ts";
import type { KmsHost, KmsSignRequest } from "./kms_host.ts";

export interface KmsKeyVersionOptions {
  /** `projects/…/cryptoKeyVersions/N`, the project by its id: its number is refused. */
  readonly keyVersion: string;
  /** Null for Google's. Plain http only on this machine, and there without credentials that are only found. */
  readonly endpoint: URL | null;
  /**
   * For the signature, and again for what the first signature needs before it (credentials and the
   * public key). A signature that comes later than this may still have been made.
   */
  readonly timeoutMs: number;
  /** `name/revision`: what the audit log shows first. */
  readonly userAgent: string;
  /** Where Google's client runs. */
  readonly host: KmsHost;
}

/** Its methods throw SignerFault. */
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
  const { keyVersion: name, endpoint, timeoutMs, userAgent, host } = options;
  requireKeyVersionName(name);
  if (endpoint) requireSafeEndpoint(endpoint);

  const place = { endpoint: endpoint?.href ?? null, projectId: name.split("/")[1]! };
  const publicKey = once(async () => {
    const headers = { "user-agent": userAgent };
    return check(await host.getPublicKey(place, name, { timeoutMs, headers }));
  });

  return {
    async publicKey(signal) {
      requireWanted(signal);
      // Reading the package is this machine's own work: it has no deadline.
      await within(host.ready(), { signal });
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
      requireWanted(signal);
      const headers = { "user-agent": userAgent, "x-goog-request-reason": reason };
      const signing = host.asymmetricSign(place, name, request, { timeoutMs, headers });
      return await within(signing, { timeoutMs, signal });
    },
  };
}

function requireKeyVersionName(name: string): void {
  if (isKeyVersionName(name)) return;
  throw new Error(
    "Cannot sign with the key version: its name is not projects/…/cryptoKeyVersions/N",
  );
}
