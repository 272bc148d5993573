/**
 * The app's private key in Cloud KMS. Sends a digest, never the text; makes one attempt a call, never
 * a second; and lets no signature out that this process has not verified against the key version's
 * own public key. Refuses keys that are protected less than configured. Errors carry a constant word,
 * nothing of the request or the answer.
 */

import { Buffer } from "node:buffer";
import { createHash, type KeyObject, verify } from "node:crypto";
import { SignerFault } from "../../domain/signer_fault.ts";
import type { Signer } from "../../usecases/ports.ts";
import { crc32c } from "./crc32c.ts";
import {
  checkPublicKeyAnswer,
  checkSignAnswer,
  type LeastProtection,
  RSA_PKCS1_SHA256,
} from "./kms_checks.ts";
import { toSignerFault } from "./kms_fault.ts";
import type { KmsSignRequest } from "./kms_host.ts";
import { type KmsKeyVersionOptions, openKmsKeyVersion } from "./kms_key_version.ts";

export interface GoogleKmsOptions extends KmsKeyVersionOptions {
  /** The least protection accepted. */
  readonly protectionLevel: LeastProtection;
}

/**
 * A signer for one key version. Nothing is loaded, resolved or connected before the first `sign`.
 * The public key is fetched once, before the first signature, and kept.
 * @throws Error if the key version's name or the endpoint is not usable
 */
export function createGoogleKmsSigner(options: GoogleKmsOptions): Signer {
  const { keyVersion } = options;
  const key = openKmsKeyVersion(
    options,
    (answer) => checkPublicKeyAnswer(answer, options, RSA_PKCS1_SHA256),
  );

  async function attemptOnce(text: string, { attempt, signal }: SignOptions): Promise<Uint8Array> {
    const publicKey = await key.publicKey(signal);
    const answer = await key.sign(signRequest(text), { reason: attempt, signal });
    const signature = checkSignAnswer(answer, options, "Digest");
    if (!verifies(publicKey, text, signature)) {
      // A wrong public key would refuse every signature for ever: fetch it anew.
      key.forgetPublicKey();
      throw new SignerFault("bad_signature", { retryable: true });
    }
    return signature;
  }

  return {
    keyVersion,
    async sign(text, signOptions) {
      try {
        return { signature: await attemptOnce(text, signOptions), keyVersion };
      } catch (error) {
        throw toSignerFault(error);
      }
    },
  };
}

type SignOptions = Parameters<Signer["sign"]>[1];

/** The digest of the text's UTF-8 bytes, and the checksum that lets Google see it arrive whole. */
function signRequest(text: string): KmsSignRequest {
  const sha256 = createHash("sha256").update(text, "utf8").digest();
  return { digest: { sha256 }, digestCrc32c: { value: crc32c(sha256) } };
}

function verifies(key: KeyObject, text: string, signature: Uint8Array): boolean {
  return verify("sha256", Buffer.from(text, "utf8"), key, signature);
}
