/**
 * The checks that Google asks a careful caller to make ("Data integrity guidelines", and the comments
 * of `google/cloud/kms/v1/service.proto`): nothing that Cloud KMS answers is used before its
 * checksum, its name and its protection level are right. A missing checksum is a mismatch.
 */

import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject } from "node:crypto";
import { SignerFault } from "../../domain/signer_fault.ts";
import { crc32c } from "./crc32c.ts";

/** The least protection that a key may have. */
export type LeastProtection = "HSM" | "SOFTWARE";

/** What an answer is held against. */
export interface Expected {
  readonly keyVersion: string;
  readonly protectionLevel: LeastProtection;
}

/** Members of `AsymmetricSignResponse` as Google's client decodes them. */
export interface SignAnswer {
  readonly name?: string | null;
  readonly signature?: Uint8Array | string | null;
  readonly signatureCrc32c?: Int64Value | null;
  readonly verifiedDigestCrc32c?: boolean | null;
  readonly verifiedDataCrc32c?: boolean | null;
  readonly protectionLevel?: string | number | null;
}

/** Members of `PublicKey` as Google's client decodes them. */
export interface PublicKeyAnswer {
  readonly name?: string | null;
  readonly pem?: string | null;
  readonly pemCrc32c?: Int64Value | null;
  readonly algorithm?: string | number | null;
  readonly protectionLevel?: string | number | null;
}

/** `google.protobuf.Int64Value`: a string of digits, a number, or the library's own Long. */
export interface Int64Value {
  readonly value?: unknown;
}

/** The kind of key that may sign: by the algorithm that it states, and by what it turns out to be. */
export interface KeyKind {
  readonly algorithm: RegExp;
  readonly fits: (key: KeyObject, algorithm: string) => boolean;
}

/** SuperOffice takes this and nothing else. */
export const RSA_PKCS1_SHA256: KeyKind = {
  algorithm: /^RSA_SIGN_PKCS1_(2048|3072|4096)_SHA256$/,
  fits: ({ asymmetricKeyDetails }, algorithm) =>
    algorithm.includes(`_${asymmetricKeyDetails?.modulusLength}_`),
};

/** What notes are signed with. */
export const ED25519: KeyKind = {
  algorithm: /^EC_SIGN_ED25519$/,
  fits: ({ asymmetricKeyType }) => asymmetricKeyType === "ed25519",
};

/**
 * @param sent what the request held, and the answer must say it arrived whole
 * @returns the signature
 * @throws SignerFault for whichever check fails first
 */
export function checkSignAnswer(
  answer: SignAnswer,
  expected: Expected,
  sent: "Digest" | "Data",
): Uint8Array {
  if (answer[`verified${sent}Crc32c`] !== true) throw mismatch("checksum");
  if (answer.name !== expected.keyVersion) throw mismatch("wrong_key");
  if (!isProtected(answer.protectionLevel, expected)) throw new SignerFault("wrong_protection");
  const signature = bytesOf(answer.signature);
  if (signature.length === 0 || !matches(signature, answer.signatureCrc32c)) {
    throw mismatch("checksum");
  }
  return signature;
}

/** @returns the public key @throws SignerFault for whichever check fails first */
export function checkPublicKeyAnswer(
  answer: PublicKeyAnswer,
  expected: Expected,
  kind: KeyKind,
): KeyObject {
  const pem = answer.pem ?? "";
  if (pem === "" || !matches(Buffer.from(pem, "utf8"), answer.pemCrc32c)) {
    throw mismatch("checksum");
  }
  if (answer.name !== expected.keyVersion) throw mismatch("wrong_key");
  const algorithm = String(answer.algorithm);
  if (!kind.algorithm.test(algorithm)) throw new SignerFault("invalid");
  if (!isProtected(answer.protectionLevel, expected)) throw new SignerFault("wrong_protection");
  const key = readPem(pem);
  if (key === null || !kind.fits(key, algorithm)) throw mismatch("wrong_key");
  return key;
}

/** A single-tenant HSM is an HSM. Keys held elsewhere (EXTERNAL…) are neither. */
const PROTECTION: Readonly<Record<string, number>> = { SOFTWARE: 1, HSM: 2, HSM_SINGLE_TENANT: 2 };

function isProtected(level: unknown, { protectionLevel }: Expected): boolean {
  return (PROTECTION[String(level)] ?? 0) >= (PROTECTION[protectionLevel] ?? Infinity);
}

function matches(bytes: Uint8Array, checksum: Int64Value | null | undefined): boolean {
  const value = checksum?.value;
  if (value === undefined || value === null) return false;
  return String(value) === String(crc32c(bytes));
}

function bytesOf(value: Uint8Array | string | null | undefined): Uint8Array {
  return typeof value === "string" ? Buffer.from(value, "base64") : value ?? new Uint8Array();
}

function readPem(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}

function mismatch(reason: SignerFault["reason"]): SignerFault {
  return new SignerFault(reason, { retryable: true });
}
