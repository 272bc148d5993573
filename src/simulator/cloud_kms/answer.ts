/**
 * Answers of the methods that use a key, as Cloud KMS writes them in JSON: bytes in base64, Int64 as a
 * string, what is empty or false left out, enumerations as the caller asked.
 */
import { Buffer } from "node:buffer";
import type { SignRequest } from "./asymmetric_sign.ts";
import { crc32c } from "./crc32c.ts";
import type { Decrypted, Encrypted } from "./encrypt.ts";
import { algorithms, type EnumWriter, protectionLevels, publicKeyFormats } from "./enums.ts";
import type { KeyVersion } from "./key_versions.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** `AsymmetricSignResponse`. */
export function signAnswer(
  version: KeyVersion,
  request: SignRequest,
  signature: Uint8Array,
  write: EnumWriter,
): Json {
  return {
    signature: Buffer.from(signature).toString("base64"),
    signatureCrc32c: String(crc32c(signature)),
    ...(request.verifiedDigestCrc32c && { verifiedDigestCrc32c: true }),
    ...(request.verifiedDataCrc32c && { verifiedDataCrc32c: true }),
    name: version.resource.name,
    protectionLevel: write(protectionLevels, version.protectionLevel),
  };
}

/** `PublicKey`. */
export function publicKeyAnswer(version: KeyVersion, text: string, write: EnumWriter): Json {
  const pem = Buffer.from(text, "utf8");
  const pemCrc32c = String(crc32c(pem));
  return {
    pem: text,
    algorithm: write(algorithms, version.algorithm),
    pemCrc32c,
    name: version.resource.name,
    protectionLevel: write(protectionLevels, version.protectionLevel),
    publicKeyFormat: write(publicKeyFormats, "PEM"),
    publicKey: { data: pem.toString("base64"), crc32cChecksum: pemCrc32c },
  };
}

/** `EncryptResponse`. */
export function encryptAnswer(
  version: KeyVersion,
  { ciphertext, verifiedPlaintext, verifiedAad }: Encrypted,
  write: EnumWriter,
): Json {
  return {
    name: version.resource.name,
    ciphertext: Buffer.from(ciphertext).toString("base64"),
    ciphertextCrc32c: String(crc32c(ciphertext)),
    ...(verifiedPlaintext && { verifiedPlaintextCrc32c: true }),
    ...(verifiedAad && { verifiedAdditionalAuthenticatedDataCrc32c: true }),
    protectionLevel: write(protectionLevels, version.protectionLevel),
  };
}

/** `DecryptResponse`. */
export function decryptAnswer(
  { plaintext, version, usedPrimary }: Decrypted,
  write: EnumWriter,
): Json {
  return {
    ...(plaintext.length > 0 && { plaintext: Buffer.from(plaintext).toString("base64") }),
    plaintextCrc32c: String(crc32c(plaintext)),
    ...(usedPrimary && { usedPrimary: true }),
    protectionLevel: write(protectionLevels, version.protectionLevel),
  };
}
