/**
 * The ledger's own key in Cloud KMS: Ed25519, signs checkpoints and messages of the same kind. Sends the
 * checkpoint's text, because Ed25519 signs data and no digest, and a checkpoint is public. Lets no
 * signature out that this process has not verified. A checkpoint may be signed twice without harm,
 * so one failure that may pass is tried over once.
 */

import { verify } from "node:crypto";
import { SignerFault } from "../../domain/signer_fault.ts";
import type { CheckpointSigner } from "../../usecases/ports.ts";
import { crc32c } from "./crc32c.ts";
import { checkPublicKeyAnswer, checkSignAnswer, ED25519, type Expected } from "./kms_checks.ts";
import { toSignerFault } from "./kms_fault.ts";
import { type KmsKeyVersionOptions, openKmsKeyVersion } from "./kms_key_version.ts";
import { rawPublicKey } from "./ledger_key.ts";

/**
 * A checkpoint signer over one `EC_SIGN_ED25519` version. Nothing is loaded, resolved or connected
 * before the first call; the public key is fetched once and kept. Its methods throw `SignerFault`.
 * @throws Error if the key version's name or the endpoint is not usable
 */
export function createKmsLedgerKey(options: KmsKeyVersionOptions): CheckpointSigner {
  // Google's own keys, in software or in an HSM: the level that is configured is the app key's.
  const expected: Expected = { keyVersion: options.keyVersion, protectionLevel: "SOFTWARE" };
  const key = openKmsKeyVersion(
    options,
    (answer) => checkPublicKeyAnswer(answer, expected, ED25519),
  );

  async function attemptOnce(body: Uint8Array): Promise<Uint8Array> {
    const publicKey = await key.publicKey();
    const request = { data: body, dataCrc32c: { value: crc32c(body) } };
    const answer = await key.sign(request, { reason: "ledger" });
    const signature = checkSignAnswer(answer, expected, "Data");
    if (!verify(null, body, publicKey, signature)) {
      // A wrong public key would refuse every signature for ever: fetch it anew.
      key.forgetPublicKey();
      throw new SignerFault("bad_signature", { retryable: true });
    }
    return signature;
  }

  return {
    publicKey: () => atMostTwice(async () => rawPublicKey(await key.publicKey())),
    sign: (body) => atMostTwice(() => attemptOnce(body)),
  };
}

/** Does not wait: a fault that asks for a pause is the caller's to sit out. */
async function atMostTwice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const fault = toSignerFault(error);
    if (!fault.retryable || fault.retryAfterMs > 0) throw fault;
  }
  try {
    return await attempt();
  } catch (error) {
    throw toSignerFault(error);
  }
}
