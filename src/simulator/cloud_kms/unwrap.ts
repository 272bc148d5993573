/**
 * Unwraps what an import brings: an AES-256 key under RSAES-OAEP with SHA-256 for hash and mask and
 * with an empty label, then, under that key, the key material by AES key wrap with padding (RFC 5649).
 * PKCS#11 calls the pair CKM_RSA_AES_KEY_WRAP. The reasons it fails with are those that Google lists
 * in "Troubleshooting failed imports".
 */
import { aeskwp } from "@noble/ciphers/aes.js";
import { Buffer } from "node:buffer";
import { constants, type KeyObject, privateDecrypt } from "node:crypto";
import { ImportFailure } from "./key_material.ts";

/**
 * @param wrappingKey the import job's private key: its size says where the first part ends
 * @returns the key material
 * @throws ImportFailure if anything at all is wrong with it
 */
export function unwrap(wrappingKey: KeyObject, wrapped: Uint8Array): Uint8Array {
  const size = (wrappingKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const material = wrapped.subarray(size);
  if (wrapped.length < size + 16) throw new ImportFailure("Wrapped key is too short");
  if (material.length % 8 !== 0) {
    throw new ImportFailure("Wrapped key does not consist of 64-bit blocks");
  }
  const aesKey = attempt(() => unwrapAesKey(wrappingKey, wrapped.subarray(0, size)));
  if (aesKey.length !== 32) {
    throw new ImportFailure("An argument to the import operation was malformed");
  }
  return unwrapMaterial(aesKey, material);
}

/** AES key wrap with padding, undone. @throws ImportFailure if the key is another, or a bit has changed */
export function unwrapMaterial(aesKey: Uint8Array, wrapped: Uint8Array): Uint8Array {
  return attempt(() => aeskwp(aesKey).decrypt(wrapped));
}

function unwrapAesKey(key: KeyObject, wrapped: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return Uint8Array.from(
    privateDecrypt({ key, padding, oaepHash: "sha256" }, Buffer.from(wrapped)),
  );
}

/** One sentence for every cryptographic failure, so that it tells nobody how far it came. */
function attempt(step: () => Uint8Array): Uint8Array {
  try {
    return step();
  } catch {
    throw new ImportFailure(
      "The key material in the import request couldn't be unwrapped or wasn't formatted correctly",
    );
  }
}
