/**
 * The private key of a ceremony: read from octets, shown as its public half, let out only wrapped for
 * an import job, then overwritten. No text and no key object is made of it: those stay in memory until
 * the process ends. Refuses what Cloud KMS cannot hold.
 */

import { aeskwp } from "@noble/ciphers/aes.js";
import { Buffer } from "node:buffer";
import { constants, createPublicKey, type KeyObject, publicEncrypt } from "node:crypto";
import { readRsaNumbers } from "./key_file.ts";
import { KeyImportFault } from "./key_import_fault.ts";
import type { RsaAlgorithm } from "./kms_admin.ts";
import { bitLength, makeOctets, wipe } from "./octets.ts";
import { type RsaNumbers, wipeNumbers, writePkcs8 } from "./rsa_numbers.ts";

export interface ImportMaterial {
  readonly publicKey: KeyObject;
  /** 2048, 3072 or 4096. */
  readonly bits: number;
  readonly algorithm: RsaAlgorithm;
  /**
   * RSA_OAEP_3072_SHA256_AES_256 of the key as PKCS #8.
   * @param wrappingKey the import job's public key
   */
  wrap(wrappingKey: KeyObject): Uint8Array;
  /** Overwrites it. Nothing can be wrapped afterwards. */
  forget(): void;
}

/**
 * @param file PEM or RSAXML; overwritten in any case
 * @throws KeyFileFault, KeyImportFault
 */
export function openImportMaterial(file: Uint8Array): ImportMaterial {
  const numbers = readAndWipe(file);
  const bits = bitLength(numbers.n);
  if (!isHeld(bits)) {
    wipeNumbers(numbers);
    throw new KeyImportFault(bits < 2048 ? "too_small" : "odd_size", `it has ${bits} bits`);
  }
  let isForgotten = false;
  return {
    publicKey: publicKeyOf(numbers),
    bits,
    algorithm: `RSA_SIGN_PKCS1_${bits}_SHA256`,
    wrap(wrappingKey) {
      if (isForgotten) throw new Error("Cannot wrap the key: it is overwritten");
      const pkcs8 = writePkcs8(numbers);
      try {
        return wrapOctets(pkcs8, wrappingKey);
      } finally {
        wipe(pkcs8);
      }
    },
    forget() {
      isForgotten = true;
      wipeNumbers(numbers);
    },
  };
}

function readAndWipe(file: Uint8Array): RsaNumbers {
  try {
    return readRsaNumbers(file);
  } finally {
    wipe(file);
  }
}

function isHeld(bits: number): bits is 2048 | 3072 | 4096 {
  return bits === 2048 || bits === 3072 || bits === 4096;
}

function publicKeyOf({ n, e }: RsaNumbers): KeyObject {
  const [modulus, exponent] = [n, e].map((it) => Buffer.from(it).toString("base64url"));
  return createPublicKey({ key: { kty: "RSA", n: modulus!, e: exponent! }, format: "jwk" });
}

/** An AES key for this once, under the wrapping key, and the octets under the AES key (RFC 5649). */
function wrapOctets(octets: Uint8Array, wrappingKey: KeyObject): Uint8Array {
  const aesKey = makeOctets(32);
  crypto.getRandomValues(aesKey);
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const wrappedKey = publicEncrypt({ key: wrappingKey, padding, oaepHash: "sha256" }, aesKey);
    return Buffer.concat([wrappedKey, aeskwp(aesKey).encrypt(octets)]);
  } finally {
    wipe(aesKey);
  }
}
