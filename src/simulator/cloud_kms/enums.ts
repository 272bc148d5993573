/**
 * The enumerations of Cloud KMS that this stand-in speaks, with their numbers in the protocol
 * buffers (`google/cloud/kms/v1/resources.proto`): on the wire they are names, or numbers when the
 * caller asks for `$alt=json;enum-encoding=int`, as Google's own client does.
 */

export const purposes = { ENCRYPT_DECRYPT: 1, ASYMMETRIC_SIGN: 5 } as const;

export const algorithms = {
  GOOGLE_SYMMETRIC_ENCRYPTION: 1,
  RSA_SIGN_PSS_2048_SHA256: 2,
  RSA_SIGN_PSS_3072_SHA256: 3,
  RSA_SIGN_PSS_4096_SHA256: 4,
  RSA_SIGN_PKCS1_2048_SHA256: 5,
  RSA_SIGN_PKCS1_3072_SHA256: 6,
  RSA_SIGN_PKCS1_4096_SHA256: 7,
  RSA_SIGN_PSS_4096_SHA512: 15,
  RSA_SIGN_PKCS1_4096_SHA512: 16,
  EC_SIGN_ED25519: 40,
} as const;

export const protectionLevels = {
  SOFTWARE: 1,
  HSM: 2,
  EXTERNAL: 3,
  EXTERNAL_VPC: 4,
  HSM_SINGLE_TENANT: 5,
} as const;

/** `CryptoKeyVersionState`. */
export const states = {
  ENABLED: 1,
  DISABLED: 2,
  DESTROYED: 3,
  DESTROY_SCHEDULED: 4,
  PENDING_GENERATION: 5,
  PENDING_IMPORT: 6,
  IMPORT_FAILED: 7,
  GENERATION_FAILED: 8,
  PENDING_EXTERNAL_DESTRUCTION: 9,
  EXTERNAL_DESTRUCTION_FAILED: 10,
} as const;

/** Those that wrap with an AES key of their own: the only ones that can carry an RSA key. */
export const importMethods = {
  RSA_OAEP_3072_SHA256_AES_256: 3,
  RSA_OAEP_4096_SHA256_AES_256: 4,
} as const;

export const importJobStates = { PENDING_GENERATION: 1, ACTIVE: 2, EXPIRED: 3 } as const;

/** `PublicKey.PublicKeyFormat`. */
export const publicKeyFormats = { PEM: 1 } as const;

export type Purpose = keyof typeof purposes;
export type Algorithm = keyof typeof algorithms;
export type ProtectionLevel = keyof typeof protectionLevels;
export type State = keyof typeof states;
export type ImportMethod = keyof typeof importMethods;
export type ImportJobState = keyof typeof importJobStates;

/** Writes a member of an enumeration as this caller wants it: name or number. */
export type EnumWriter = <T extends string>(
  members: Readonly<Record<T, number>>,
  value: T,
) => string | number;

/** @param alt the query parameter `$alt` */
export function enumWriter(alt: string | null): EnumWriter {
  const asNumber = alt === "json;enum-encoding=int";
  return (members, value) => asNumber ? members[value] : value;
}

/** Whether Google has an algorithm or import method of this name, which this stand-in has not. */
export function isElsewhere(name: string): boolean {
  return /^(RSA_(SIGN|DECRYPT|OAEP)|EC_SIGN|HMAC|AES|PQ_SIGN|EXTERNAL)_[A-Z0-9_]+$/.test(name);
}

/** What keys of an algorithm are for. */
export function purposeOf(algorithm: Algorithm): Purpose {
  return algorithm === "GOOGLE_SYMMETRIC_ENCRYPTION" ? "ENCRYPT_DECRYPT" : "ASYMMETRIC_SIGN";
}

/** @throws if the text is not a member: a mistake of whoever drives the stand-in */
export function requireMember<T extends string>(
  members: Readonly<Record<T, number>>,
  text: string,
): T {
  if (Object.hasOwn(members, text)) return text as T;
  throw new Error(`Cannot use ${text}: not one of ${Object.keys(members).join(", ")}`);
}
