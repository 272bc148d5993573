/**
 * The ledger's own key: Ed25519 from a 32-byte seed. Signs checkpoints and what canaries are derived
 * from; has nothing to do with the app's key.
 */

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Secret } from "../../domain/secret.ts";
import type { CheckpointSigner } from "../../usecases/ports.ts";

/** DER of an Ed25519 PKCS#8 private key before its 32 seed bytes (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Makes a checkpoint signer.
 *
 * @param seed base64 of 32 bytes
 * @throws TypeError if the seed is not of its form
 */
export function createLedgerKey(seed: Secret): CheckpointSigner {
  const bytes = Buffer.from(seed.reveal(), "base64");
  if (bytes.length !== 32) throw new TypeError("Cannot read the ledger key: not a 32-byte seed");
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes]),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = rawPublicKey(createPublicKey(privateKey));
  return {
    publicKey: () => Promise.resolve(publicKey),
    sign: (body) => Promise.resolve(new Uint8Array(sign(null, body, privateKey))),
  };
}

/** @returns the 32 bytes of an Ed25519 public key, which end its DER */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: "der", type: "spki" }).subarray(-32));
}

/** @returns a new seed: base64 of 32 random bytes */
export function generateLedgerSeed(): string {
  return randomBytes(32).toString("base64");
}
