/**
 * `AsymmetricSign`: reads a request body as strictly as Google does (unknown members, base64, Int64,
 * digest length, checksums), and signs: with RSA a digest, without ever seeing the text; with Ed25519
 * the data itself and never a digest. Sources: comments of `google/cloud/kms/v1/service.proto` and
 * `resources.proto`; the error sentences are those of public captures, except that for Ed25519.
 */
import { Buffer } from "node:buffer";
import { constants, createHash, privateEncrypt, sign } from "node:crypto";
import { crc32c } from "./crc32c.ts";
import type { KeyVersion } from "./key_versions.ts";
import { KmsError } from "./kms_error.ts";

/** A request that was read and whose checksums are right. */
export interface SignRequest {
  readonly input: SignInput;
  readonly verifiedDigestCrc32c: boolean;
  readonly verifiedDataCrc32c: boolean;
}

/** What will be signed: a digest and the name of its hash, or, with no hash, the data itself. */
export interface SignInput {
  readonly hash: Hash | null;
  readonly bytes: Uint8Array;
}

type Hash = "sha256" | "sha512";

/** @throws KmsError INVALID_ARGUMENT for whatever Google would not take */
export function readSignRequest(version: KeyVersion, body: unknown): SignRequest {
  const hash = hashOf(version);
  const { digest, digestCrc32c, data, dataCrc32c } = requireObject(body, MEMBERS);
  if ((digest === undefined) === (data === undefined)) {
    throw invalid("Exactly one of digest and data must be set.");
  }
  if (data !== undefined) {
    const bytes = requireBytes(data, "data");
    const verified = checkCrc(bytes, dataCrc32c, "data");
    const input = { hash, bytes: hash ? createHash(hash).update(bytes).digest() : bytes };
    return { input, verifiedDigestCrc32c: false, verifiedDataCrc32c: verified };
  }
  if (hash === null) throw invalid(`The algorithm ${version.algorithm} signs data, not a digest.`);
  const digests = Object.entries(requireObject(digest, HASHES));
  const [field, value] = digests[0] ?? [];
  if (digests.length !== 1 || field !== hash) {
    throw invalid(`The digest type does not match the algorithm ${version.algorithm}.`);
  }
  const bytes = requireBytes(value, `digest.${hash}`);
  if (bytes.length !== DIGEST_BYTES[hash]) {
    throw invalid(`The length of digest.${hash} is ${bytes.length}, not ${DIGEST_BYTES[hash]}.`);
  }
  const verified = checkCrc(bytes, digestCrc32c, "digest");
  return { input: { hash, bytes }, verifiedDigestCrc32c: verified, verifiedDataCrc32c: false };
}

/**
 * @returns Ed25519 in pure mode (RFC 8032) over data, or RSASSA-PKCS1-v1_5 over a ready digest:
 * padding type 1 around its DigestInfo
 */
export function signInput({ privateKey }: KeyVersion, { hash, bytes }: SignInput): Uint8Array {
  if (hash === null) return sign(null, bytes, privateKey);
  const info = Buffer.concat([Buffer.from(DIGEST_INFO[hash], "hex"), bytes]);
  return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, info);
}

const MEMBERS = ["name", "digest", "digestCrc32c", "data", "dataCrc32c"] as const;
const HASHES = ["sha256", "sha384", "sha512", "externalMu"] as const;
const DIGEST_BYTES = { sha256: 32, sha512: 64 } as const;
const DIGEST_INFO = {
  sha256: "3031300d060960864801650304020105000420",
  sha512: "3051300d060960864801650304020305000440",
} as const;

/** @returns null for an algorithm that hashes within itself */
function hashOf(version: KeyVersion): Hash | null {
  if (version.algorithm === "EC_SIGN_ED25519") return null;
  const hash = /^RSA_SIGN_PKCS1_\d+_(SHA256|SHA512)$/.exec(version.algorithm)?.[1]?.toLowerCase();
  if (hash === "sha256" || hash === "sha512") return hash;
  throw new KmsError("UNIMPLEMENTED", `This stand-in does not sign with ${version.algorithm}.`);
}

function requireObject<K extends string>(
  value: unknown,
  members: readonly K[],
): Readonly<Partial<Record<K, unknown>>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("Invalid JSON payload received. Expected an object.");
  }
  const known: readonly string[] = members;
  for (const key of Object.keys(value)) {
    // Protocol-buffer JSON takes the proto's own snake_case too; no client of ours writes it.
    if (!known.includes(key)) {
      throw invalid(`Invalid JSON payload received. Unknown name "${key}": Cannot find field.`);
    }
  }
  return value as Readonly<Partial<Record<K, unknown>>>;
}

/** Standard base64 with padding. Google takes more forms; a client that needs them is not tidy. */
function requireBytes(value: unknown, field: string): Uint8Array {
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "base64");
    if (bytes.toString("base64") === value) return bytes;
  }
  throw invalid(`Invalid value at '${field}' (TYPE_BYTES), Base64 decoding failed`);
}

/** @returns whether a checksum was sent; a wrong one is refused by the name of its field */
function checkCrc(bytes: Uint8Array, value: unknown, field: "digest" | "data"): boolean {
  if (value === undefined || value === null) return false;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^-?\d{1,19}$/.test(text)) {
    throw invalid(
      `Invalid value at '${field}_crc32c' (type.googleapis.com/google.protobuf.Int64Value)`,
    );
  }
  if (BigInt(text) !== BigInt(crc32c(bytes))) {
    throw invalid(
      `The checksum in field ${field}_crc32c did not match the data in field ${field}.`,
    );
  }
  return true;
}

function invalid(message: string): KmsError {
  return new KmsError("INVALID_ARGUMENT", message);
}
