/**
 * Proves that a version in Cloud KMS holds the private key that belongs to a public one: the public keys
 * are the same, and a signature of the version verifies with the one that is known. The text that is
 * signed is the same every time and is no token, so its digest in the cloud's log explains itself.
 */

import { Buffer } from "node:buffer";
import { createHash, type KeyObject, verify } from "node:crypto";
import { SignerFault } from "../../domain/signer_fault.ts";
import type { Signer } from "../../usecases/ports.ts";
import { createGoogleKmsSigner } from "./google_kms.ts";
import { callLimit, type CallLimits } from "./deadline.ts";
import { KeyImportFault } from "./key_import_fault.ts";
import { KmsAdminFault, type KmsDeed } from "./kms_admin_fault.ts";
import {
  checkPublicKeyAnswer,
  type KeyKind,
  type LeastProtection,
  RSA_PKCS1_SHA256,
} from "./kms_checks.ts";
import type { KmsHost } from "./kms_host.ts";

export interface ProofOptions extends CallLimits {
  /** Null for Google's. */
  readonly endpoint: URL | null;
  readonly userAgent: string;
  readonly host: KmsHost;
  /** The least protection accepted. */
  readonly protectionLevel: LeastProtection;
  readonly pause: (ms: number) => Promise<void>;
  /** What stands between the proof and the key: somebody who writes down what is signed. */
  readonly watch?: (signer: Signer) => Signer;
}

export interface KeyProof {
  readonly keyVersion: string;
  /** As `fingerprintOf`. */
  readonly fingerprint: string;
  /** Hex of the SHA-256 of what was signed: as in Cloud Audit Logs. */
  readonly digest: string;
}

/** @returns hex of the SHA-256 of the public key as SPKI in DER */
export function fingerprintOf(publicKey: KeyObject): string {
  return createHash("sha256").update(spki(publicKey)).digest("hex");
}

export function isSameKey(one: KeyObject, other: KeyObject): boolean {
  return spki(one).equals(spki(other));
}

/** What is signed to prove a version. */
function proofText(keyVersion: string, fingerprint: string): string {
  return `Box Office proves a key\n${keyVersion}\n${fingerprint}\n`;
}

/** @param kind what key is expected; the app's, if nothing is said @throws KmsAdminFault */
export function publicKeyOf(
  keyVersion: string,
  options: ProofOptions,
  kind: KeyKind = RSA_PKCS1_SHA256,
): Promise<KeyObject> {
  const { endpoint, userAgent, host, protectionLevel } = options;
  const place = { endpoint: endpoint?.href ?? null, projectId: keyVersion.split("/")[1]! };
  const expected = { keyVersion, protectionLevel };
  const what = `get the public key of ${keyVersion}`;
  return asking(
    { what, permission: "cloudkms.cryptoKeyVersions.viewPublicKey" },
    () =>
      again(options, async () => {
        const timeoutMs = callLimit(options);
        const calling = { timeoutMs, headers: { "user-agent": userAgent } };
        const answer = await host.getPublicKey(place, keyVersion, calling);
        return checkPublicKeyAnswer(answer, expected, kind);
      }),
  );
}

/** @throws KeyImportFault `other_key`; KmsAdminFault */
export async function proveVersion(
  keyVersion: string,
  publicKey: KeyObject,
  options: ProofOptions,
): Promise<KeyProof> {
  const fingerprint = fingerprintOf(publicKey);
  if (!isSameKey(await publicKeyOf(keyVersion, options), publicKey)) {
    throw new KeyImportFault("other_key", `${keyVersion} holds another key`);
  }
  const text = proofText(keyVersion, fingerprint);
  const { watch = (signer: Signer) => signer } = options;
  const sign = () => {
    const timeoutMs = callLimit(options);
    const signer = watch(createGoogleKmsSigner({ ...options, timeoutMs, keyVersion }));
    return signer.sign(text, { attempt: crypto.randomUUID() });
  };
  const what = `have ${keyVersion} sign`;
  const signature = await asking(
    { what, permission: "cloudkms.cryptoKeyVersions.useToSign" },
    () => again(options, async () => await sign()),
  ).then(({ signature }) => signature, (error: unknown) => {
    if (error instanceof KmsAdminFault && error.reason === "bad_signature") return null;
    throw error;
  });
  if (signature === null || !verify("sha256", Buffer.from(text), publicKey, signature)) {
    throw new KeyImportFault("other_key", `${keyVersion} signs with another key`);
  }
  return { keyVersion, fingerprint, digest: createHash("sha256").update(text).digest("hex") };
}

function spki(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}

/** What the key did not do says what was attempted; what somebody on the way did not is his to say. */
async function asking<T>(deed: KmsDeed, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SignerFault ? new KmsAdminFault(deed, error) : error;
  }
}

const ATTEMPTS = 4;
const PAUSE_MS = 1000;

async function again<T>({ pause }: ProofOptions, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SignerFault && error.retryable) || attempt === ATTEMPTS) throw error;
      await pause(PAUSE_MS);
    }
  }
}
