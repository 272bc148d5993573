/**
 * `Encrypt` and `Decrypt` of a symmetric key: AES-256-GCM over a nonce of its own, with additional
 * authenticated data and every checksum of the request checked. The ciphertext says in its first four
 * bytes which version made it. Only Cloud KMS can read its own ciphertexts, so its format is ours.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { CryptoKey } from "./key_rings.ts";
import type { SymmetricMaterial } from "./key_material.ts";
import type { KeyVersion } from "./key_versions.ts";
import { checkCrc, invalid, readBytes, readObject } from "./request.ts";

export interface EncryptRequest {
  readonly plaintext: Uint8Array;
  readonly aad: Uint8Array;
  readonly verifiedPlaintext: boolean;
  readonly verifiedAad: boolean;
}

export interface Encrypted {
  readonly ciphertext: Uint8Array;
  readonly verifiedPlaintext: boolean;
  readonly verifiedAad: boolean;
}

export interface DecryptRequest {
  /** The number of the version that made the ciphertext. */
  readonly version: number;
  readonly ciphertext: Uint8Array;
  readonly aad: Uint8Array;
}

export interface Decrypted {
  readonly plaintext: Uint8Array;
  readonly version: KeyVersion;
  readonly usedPrimary: boolean;
}

/** @throws KmsError INVALID_ARGUMENT for whatever Google would not take */
export function readEncryptRequest({ protectionLevel }: KeyVersion, body: unknown): EncryptRequest {
  const request = readObject(body, [
    "name",
    "plaintext",
    "plaintextCrc32c",
    "additionalAuthenticatedData",
    "additionalAuthenticatedDataCrc32c",
  ]);
  const plaintext = readBytes(request.plaintext ?? "", "plaintext");
  const aad = readAad(request.additionalAuthenticatedData);
  // Source: comments of `EncryptRequest`.
  const tooLong = protectionLevel === "HSM"
    ? plaintext.length + aad.length > 8 * 1024
    : Math.max(plaintext.length, aad.length) > 64 * 1024;
  if (tooLong) throw invalid("The plaintext or its additional authenticated data is too long.");
  return {
    plaintext,
    aad,
    verifiedPlaintext: checkCrc(plaintext, request.plaintextCrc32c, "plaintext"),
    verifiedAad: checkCrc(aad, request.additionalAuthenticatedDataCrc32c, AAD),
  };
}

/** @throws KmsError INVALID_ARGUMENT for whatever Google would not take */
export function readDecryptRequest(body: unknown): DecryptRequest {
  const request = readObject(body, [
    "name",
    "ciphertext",
    "ciphertextCrc32c",
    "additionalAuthenticatedData",
    "additionalAuthenticatedDataCrc32c",
  ]);
  const ciphertext = readBytes(request.ciphertext, "ciphertext");
  const aad = readAad(request.additionalAuthenticatedData);
  checkCrc(ciphertext, request.ciphertextCrc32c, "ciphertext");
  checkCrc(aad, request.additionalAuthenticatedDataCrc32c, AAD);
  if (ciphertext.length < BODY + TAG) throw undecipherable();
  return { version: Buffer.from(ciphertext).readUInt32BE(0), ciphertext, aad };
}

/** Encrypts under a key version. */
export function encrypt(
  { secretKey }: SymmetricMaterial,
  { resource }: KeyVersion,
  { plaintext, aad, ...verified }: EncryptRequest,
): Encrypted {
  const number = Buffer.alloc(NUMBER);
  number.writeUInt32BE(Number(resource.version));
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", secretKey, nonce).setAAD(aad);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { ciphertext: Buffer.concat([number, nonce, body, cipher.getAuthTag()]), ...verified };
}

/** @throws KmsError INVALID_ARGUMENT if the version did not encrypt this with these data */
export function decrypt(
  { secretKey }: SymmetricMaterial,
  version: KeyVersion,
  { primary }: CryptoKey,
  { ciphertext, aad }: DecryptRequest,
): Decrypted {
  const nonce = ciphertext.subarray(NUMBER, BODY);
  const end = ciphertext.length - TAG;
  const decipher = createDecipheriv("aes-256-gcm", secretKey, nonce).setAAD(aad);
  decipher.setAuthTag(ciphertext.subarray(end));
  try {
    const plaintext = Buffer.concat([
      decipher.update(ciphertext.subarray(BODY, end)),
      decipher.final(),
    ]);
    return { plaintext, version, usedPrimary: primary === version.resource.name };
  } catch {
    throw undecipherable();
  }
}

/** The refusal that tells nothing of why. */
export function undecipherable() {
  return invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.");
}

const AAD = "additional_authenticated_data";
const NUMBER = 4;
const NONCE = 12;
const TAG = 16;
/** Where the encrypted text begins. */
const BODY = NUMBER + NONCE;

function readAad(value: unknown): Uint8Array {
  return readBytes(value ?? "", AAD);
}
