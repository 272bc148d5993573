/**
 * Answers as Cloud KMS writes them in JSON: bytes in base64, Int64 as a string, a false left out,
 * enumerations as the caller asked; and how an armed fault spoils one.
 */
import { Buffer } from "node:buffer";
import type { SignRequest } from "./asymmetric_sign.ts";
import { crc32c } from "./crc32c.ts";
import { algorithms, type EnumWriter, protectionLevels, requireMember } from "./enums.ts";
import type { KmsFault } from "./faults.ts";
import type { KeyVersion } from "./key_versions.ts";

/** A JSON object under construction. */
type Json = Record<string, unknown>;

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
    protectionLevel: write(version.protectionLevel),
  };
}

/** `PublicKey`. */
export function publicKeyAnswer(version: KeyVersion, write: EnumWriter): Json {
  const pem = Buffer.from(version.publicKeyPem, "utf8");
  const pemCrc32c = String(crc32c(pem));
  return {
    pem: version.publicKeyPem,
    algorithm: write(version.algorithm),
    pemCrc32c,
    name: version.resource.name,
    protectionLevel: write(version.protectionLevel),
    publicKeyFormat: write("PEM"),
    publicKey: { data: pem.toString("base64"), crc32cChecksum: pemCrc32c },
  };
}

/** `CryptoKeyVersion`. */
export function versionAnswer(version: KeyVersion, write: EnumWriter): Json {
  return {
    name: version.resource.name,
    state: write(version.state),
    protectionLevel: write(version.protectionLevel),
    algorithm: write(version.algorithm),
    createTime: version.createTime,
    ...(version.state !== "PENDING_GENERATION" && { generateTime: version.createTime }),
  };
}

/** @returns the answer with the fault in it; faults that are not of the answer leave it alone */
export function spoil(answer: Json, fault: KmsFault, write: EnumWriter): Json {
  switch (fault.kind) {
    case "corrupt_signature":
      return withFlippedSignature(answer);
    case "corrupt_signature_crc32c":
      return { ...answer, signatureCrc32c: offByOne(answer["signatureCrc32c"]) };
    case "missing_signature_crc32c":
      return without(answer, "signatureCrc32c");
    case "missing_verified_digest_crc32c":
      return without(answer, "verifiedDigestCrc32c");
    case "false_verified_digest_crc32c":
      return { ...answer, verifiedDigestCrc32c: false };
    case "missing_verified_data_crc32c":
      return without(answer, "verifiedDataCrc32c");
    case "false_verified_data_crc32c":
      return { ...answer, verifiedDataCrc32c: false };
    case "wrong_pem":
      return { ...answer, pem: fault.pem, pemCrc32c: String(crc32c(Buffer.from(fault.pem))) };
    case "corrupt_pem_crc32c":
      return { ...answer, pemCrc32c: offByOne(answer["pemCrc32c"]) };
    case "missing_pem_crc32c":
      return without(answer, "pemCrc32c");
    case "wrong_name":
      return { ...answer, name: `${String(answer["name"])}0` };
    case "wrong_protection_level": {
      const level = requireMember(protectionLevels, fault.protectionLevel ?? "SOFTWARE");
      return { ...answer, protectionLevel: write(level) };
    }
    case "wrong_algorithm": {
      const algorithm = requireMember(algorithms, fault.algorithm ?? "RSA_SIGN_PSS_2048_SHA256");
      return { ...answer, algorithm: write(algorithm) };
    }
    default:
      return answer;
  }
}

/** One bit of the signature turned, and the checksum of the result: only verifying finds it. */
function withFlippedSignature(answer: Json): Json {
  const signature = Buffer.from(String(answer["signature"]), "base64");
  const last = signature.length - 1;
  signature[last] = (signature[last] ?? 0) ^ 1;
  return {
    ...answer,
    signature: signature.toString("base64"),
    signatureCrc32c: String(crc32c(signature)),
  };
}

function offByOne(crc: unknown): string {
  return String((Number(crc) + 1) % 2 ** 32);
}

function without(answer: Json, member: string): Json {
  return Object.fromEntries(Object.entries(answer).filter(([key]) => key !== member));
}
