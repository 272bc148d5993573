/**
 * How an answer goes wrong on its way: a member that is corrupt, missing, false or another's. Only what
 * a method's answer has can be spoilt in it.
 */
import { Buffer } from "node:buffer";
import type { Json } from "./answer.ts";
import { crc32c } from "./crc32c.ts";
import { algorithms, type EnumWriter, protectionLevels, requireMember } from "./enums.ts";
import type { KmsFault } from "./faults.ts";
import type { MethodName } from "./methods.ts";

type Way = "flip" | "miscount" | "drop" | "deny" | "replace";

/** `flip` turns one bit and has the right checksum of the wrong bytes: only a look at them finds it. */
const spoils = {
  corrupt_signature: ["signature", "flip"],
  corrupt_signature_crc32c: ["signatureCrc32c", "miscount"],
  missing_signature_crc32c: ["signatureCrc32c", "drop"],
  missing_verified_digest_crc32c: ["verifiedDigestCrc32c", "drop"],
  false_verified_digest_crc32c: ["verifiedDigestCrc32c", "deny"],
  missing_verified_data_crc32c: ["verifiedDataCrc32c", "drop"],
  false_verified_data_crc32c: ["verifiedDataCrc32c", "deny"],
  wrong_pem: ["pem", "replace"],
  corrupt_pem_crc32c: ["pemCrc32c", "miscount"],
  missing_pem_crc32c: ["pemCrc32c", "drop"],
  corrupt_ciphertext: ["ciphertext", "flip"],
  corrupt_ciphertext_crc32c: ["ciphertextCrc32c", "miscount"],
  missing_ciphertext_crc32c: ["ciphertextCrc32c", "drop"],
  missing_verified_plaintext_crc32c: ["verifiedPlaintextCrc32c", "drop"],
  missing_verified_aad_crc32c: ["verifiedAdditionalAuthenticatedDataCrc32c", "drop"],
  corrupt_plaintext: ["plaintext", "flip"],
  corrupt_plaintext_crc32c: ["plaintextCrc32c", "miscount"],
  missing_plaintext_crc32c: ["plaintextCrc32c", "drop"],
  wrong_name: ["name", "replace"],
  wrong_protection_level: ["protectionLevel", "replace"],
  wrong_algorithm: ["algorithm", "replace"],
} as const satisfies Record<string, readonly [member: string, way: Way]>;

export type SpoilKind = keyof typeof spoils;

/** Whether such a fault can spoil an answer of the method. */
export function canSpoil(kind: string, method: MethodName): boolean {
  return isSpoilKind(kind) && membersOf(method).includes(spoils[kind][0]);
}

/** Every kind that there is. */
export const spoilKinds: readonly string[] = Object.keys(spoils);

export function isSpoilKind(kind: string): kind is SpoilKind {
  return Object.hasOwn(spoils, kind);
}

/** @returns the answer with the fault in it; faults that are not of the answer leave it alone */
export function spoil(answer: Json, fault: KmsFault, write: EnumWriter): Json {
  if (!isSpoilKind(fault.kind)) return answer;
  const [member, way] = spoils[fault.kind];
  const value = answer[member];
  if (value === undefined) return answer;
  switch (way) {
    case "flip":
      return { ...answer, ...flipped(member, String(value)) };
    case "miscount":
      return { ...answer, [member]: String((Number(value) + 1) % 2 ** 32) };
    case "drop":
      return Object.fromEntries(Object.entries(answer).filter(([key]) => key !== member));
    case "deny":
      return { ...answer, [member]: false };
    case "replace":
      return { ...answer, ...replacement(answer, fault, write) };
  }
}

/** What answers of a method have that can be spoilt. */
function membersOf(method: MethodName): readonly string[] {
  switch (method) {
    case "asymmetricSign": {
      const verified = ["verifiedDigestCrc32c", "verifiedDataCrc32c"];
      return ["signature", "signatureCrc32c", ...verified, "name", "protectionLevel"];
    }
    case "getPublicKey":
      return ["pem", "pemCrc32c", "name", "protectionLevel", "algorithm"];
    case "encrypt": {
      const verified = ["verifiedPlaintextCrc32c", "verifiedAdditionalAuthenticatedDataCrc32c"];
      return ["ciphertext", "ciphertextCrc32c", ...verified, "name", "protectionLevel"];
    }
    case "decrypt":
      return ["plaintext", "plaintextCrc32c", "protectionLevel"];
    default:
      if (method.startsWith("list")) return [];
      if (method.endsWith("CryptoKeyVersion")) return ["name", "protectionLevel", "algorithm"];
      return method.endsWith("ImportJob") ? ["name", "protectionLevel"] : ["name"];
  }
}

function replacement(answer: Json, fault: KmsFault, write: EnumWriter): Json {
  switch (fault.kind) {
    case "wrong_pem":
      return { pem: fault.pem, pemCrc32c: String(crc32c(Buffer.from(fault.pem))) };
    case "wrong_protection_level": {
      const level = requireMember(protectionLevels, fault.protectionLevel ?? "SOFTWARE");
      return { protectionLevel: write(protectionLevels, level) };
    }
    case "wrong_algorithm": {
      const algorithm = requireMember(algorithms, fault.algorithm ?? "RSA_SIGN_PSS_2048_SHA256");
      return { algorithm: write(algorithms, algorithm) };
    }
    default:
      return { name: `${String(answer["name"])}0` };
  }
}

function flipped(member: string, base64: string): Json {
  const bytes = Buffer.from(base64, "base64");
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return { [member]: bytes.toString("base64"), [`${member}Crc32c`]: String(crc32c(bytes)) };
}
