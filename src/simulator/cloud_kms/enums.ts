/**
 * The enumerations of Cloud KMS that this stand-in speaks, with their numbers in the protocol
 * buffers (`google/cloud/kms/v1/resources.proto`): on the wire they are names, or numbers when the
 * caller asks for `$alt=json;enum-encoding=int`, as Google's own client does.
 */

export const algorithms = {
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

export type Algorithm = keyof typeof algorithms;
export type ProtectionLevel = keyof typeof protectionLevels;
export type State = keyof typeof states;

/** Writes an enumeration value as this caller wants it: name or number. */
export type EnumWriter = (value: Algorithm | ProtectionLevel | State | "PEM") => string | number;

/** @param alt the query parameter `$alt` */
export function enumWriter(alt: string | undefined): EnumWriter {
  if (alt !== "json;enum-encoding=int") return (value) => value;
  return (value) => NUMBERS[value] ?? 0;
}

/** @throws if the text is not a member: a mistake of whoever drives the stand-in */
export function requireMember<T extends string>(
  members: Readonly<Record<T, number>>,
  text: string,
): T {
  if (Object.hasOwn(members, text)) return text as T;
  throw new Error(`Cannot use ${text}: not one of ${Object.keys(members).join(", ")}`);
}

/** `PEM` is a `PublicKey.PublicKeyFormat`. */
const NUMBERS: Readonly<Record<string, number>> = {
  ...algorithms,
  ...protectionLevels,
  ...states,
  PEM: 1,
};
