/**
 * `AsymmetricSign`: reads a request body as strictly as Google does (unknown members, base64, Int64,
 * digest length, checksums), and signs: with RSA a digest, without ever seeing the text; with Ed25519
 * the data itself and never a digest. Sources: comments of `google/cloud/kms/v1/service.proto` and
 * `resources.proto`; the error sentences are those of public captures, except that for Ed25519.
 */
import { Buffer } from "node:buffer";
import { constants, createHash, privateEncrypt, sign } from "node:crypto";
import type { AsymmetricMaterial } from "./key_material.ts";
import type { KeyVersion } from "./key_versions.ts";
import { KmsError } from "./kms_error.ts";
import { checkCrc, invalid, readBytes, readObject } from "./request.ts";

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
  const { digest, digestCrc32c, data, dataCrc32c } = readObject(body, MEMBERS);
  if ((digest === undefined) === (data === undefined)) {
    throw invalid("Exactly one of digest and data must be set.");
  }
  if (data !== undefined) {
    const bytes = readBytes(data, "data");
    const verified = checkCrc(bytes, dataCrc32c, "data");
    const input = { hash, bytes: hash ? createHash(hash).update(bytes).digest() : bytes };
    return { input, verifiedDigestCrc32c: false, verifiedDataCrc32c: verified };
  }
  if (hash === null) throw invalid(`The algorithm ${version.algorithm} signs data, not a digest.`);
  const digests = Object.entries(readObject(digest, HASHES));
  const [field, value] = digests[0] ?? [];
  if (digests.length !== 1 || field !== hash) {
    throw invalid(`The digest type does not match the algorithm ${version.algorithm}.`);
  }
  const bytes = readBytes(value, `digest.${hash}`);
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
export function signInput(
  { privateKey }: AsymmetricMaterial,
  { hash, bytes }: SignInput,
): Uint8Array {
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
