/**
 * Key material: made here, or read from what an import brought. An imported key must be what its
 * algorithm says: the format, the kind and, for RSA, the size.
 */
import { Buffer } from "node:buffer";
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { Algorithm } from "./enums.ts";

export type KeyMaterial = AsymmetricMaterial | SymmetricMaterial;

export interface AsymmetricMaterial {
  readonly privateKey: KeyObject;
  /** SPKI in PEM. */
  readonly publicKeyPem: string;
}

/** A key of AES-256. */
export interface SymmetricMaterial {
  readonly secretKey: KeyObject;
}

/** Why key material could not be taken; the message is what `importFailureReason` says. */
export class ImportFailure extends Error {
  override readonly name = "ImportFailure";
}

/** Makes a key for an algorithm: a tenth of a second for RSA of 2048 bits, seconds for 4096. */
export function makeMaterial(
  algorithm: Algorithm,
  make: MakeRsa = makeRsa,
): Promise<KeyMaterial> {
  if (algorithm === "GOOGLE_SYMMETRIC_ENCRYPTION") {
    return Promise.resolve({ secretKey: createSecretKey(randomBytes(32)) });
  }
  if (algorithm === "EC_SIGN_ED25519") {
    return makePair((done) => generateKeyPair("ed25519", {}, done));
  }
  return make(modulusBits(algorithm));
}

/** Makes an RSA key of so many bits. */
export type MakeRsa = (modulusLength: number) => Promise<AsymmetricMaterial>;

/** Makes a new RSA key. */
export function makeRsa(modulusLength: number): Promise<AsymmetricMaterial> {
  return makePair((done) => generateKeyPair("rsa", { modulusLength }, done));
}

/**
 * Reads key material as it lies in an unwrapped import: 32 bytes, or PKCS#8 in DER.
 * @throws ImportFailure if it is not a key for the algorithm
 */
export function readMaterial(algorithm: Algorithm, bytes: Uint8Array): KeyMaterial {
  if (algorithm === "GOOGLE_SYMMETRIC_ENCRYPTION") {
    if (bytes.length === 32) return { secretKey: createSecretKey(Buffer.from(bytes)) };
    throw new ImportFailure(`The key is ${bytes.length} bytes long: ${algorithm} needs 32.`);
  }
  const privateKey = readPkcs8(bytes);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = privateKey;
  const wanted = algorithm === "EC_SIGN_ED25519" ? "ed25519" : "rsa";
  if (type !== wanted) {
    throw new ImportFailure(`The key is of type ${type}: ${algorithm} needs ${wanted}.`);
  }
  if (wanted === "rsa" && details?.modulusLength !== modulusBits(algorithm)) {
    throw new ImportFailure(
      `The key has ${details?.modulusLength} bits: ${algorithm} needs ${modulusBits(algorithm)}.`,
    );
  }
  return { privateKey, publicKeyPem: pemOf(createPublicKey(privateKey)) };
}

/** Whether both are the same key. */
export function isSameMaterial(one: KeyMaterial, other: KeyMaterial): boolean {
  if ("secretKey" in one) return "secretKey" in other && one.secretKey.equals(other.secretKey);
  return "publicKeyPem" in other && one.publicKeyPem === other.publicKeyPem;
}

function readPkcs8(bytes: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(bytes), format: "der", type: "pkcs8" });
  } catch {
    throw new ImportFailure(
      "The key material in the import request couldn't be unwrapped or wasn't formatted correctly",
    );
  }
}

function modulusBits(algorithm: Algorithm): number {
  return Number(/_(\d{4})_/.exec(algorithm)?.[1]);
}

type Done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => void;

function makePair(generate: (done: Done) => void): Promise<AsymmetricMaterial> {
  return new Promise((resolve, reject) => {
    generate((error, publicKey, privateKey) => {
      if (error) return reject(error);
      resolve({ privateKey, publicKeyPem: pemOf(publicKey) });
    });
  });
}

function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}
