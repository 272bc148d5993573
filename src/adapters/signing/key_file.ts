/**
 * Reads a private RSA key from a file's text: PEM (PKCS #8 or PKCS #1, one block, not encrypted) or
 * SuperOffice's RSAXML. Takes 1024 to 4096 bits, because the vendor's own keys have 1024. Refuses,
 * by name and without a word of the file, anything else, and keys whose numbers do not fit.
 */

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { KeyFileFault, type KeyFileProblem } from "./key_file_fault.ts";
import { readRsaXml, type RsaJwk } from "./rsa_xml.ts";

/** @throws KeyFileFault */
export function readKeyFile(text: string): KeyObject {
  const trimmed = text.trim();
  if (trimmed === "") throw new KeyFileFault("empty");
  const key = trimmed.startsWith("<") ? fromJwk(readRsaXml(trimmed)) : fromPem(trimmed);
  if (key.asymmetricKeyType !== "rsa") throw new KeyFileFault("not_rsa");
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 1024 || bits > 4096) throw new KeyFileFault("wrong_size");
  if (!isConsistent(key.export({ format: "jwk" })) || !signsWell(key)) {
    throw new KeyFileFault("inconsistent");
  }
  return key;
}

function fromPem(text: string): KeyObject {
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label]) => label);
  const [label = "", ...others] = labels;
  if (others.length > 0) throw new KeyFileFault("several");
  if (!text.startsWith("-----BEGIN ") || !text.endsWith(`-----END ${label}-----`)) {
    throw new KeyFileFault(label === "" ? "not_a_key" : "damaged");
  }
  const problem = problemOfLabel(label);
  if (problem) throw new KeyFileFault(problem);
  if (/^Proc-Type:.*ENCRYPTED/m.test(text)) throw new KeyFileFault("encrypted");
  try {
    return createPrivateKey(text);
  } catch {
    throw new KeyFileFault("damaged");
  }
}

function problemOfLabel(label: string): KeyFileProblem | null {
  switch (label) {
    case "PRIVATE KEY":
    case "RSA PRIVATE KEY":
      return null;
    case "ENCRYPTED PRIVATE KEY":
      return "encrypted";
    case "PUBLIC KEY":
    case "RSA PUBLIC KEY":
      return "public_key";
    case "CERTIFICATE":
      return "certificate";
    case "EC PRIVATE KEY":
    case "DSA PRIVATE KEY":
      return "not_rsa";
    default:
      return "other_format";
  }
}

/** Sizes and numbers are checked first: what they cost to use depends on them. */
function fromJwk(jwk: RsaJwk): KeyObject {
  const bits = toBigInt(jwk.n).toString(2).length;
  if (bits < 1024 || bits > 4096) throw new KeyFileFault("wrong_size");
  if (!isConsistent(jwk)) throw new KeyFileFault("inconsistent");
  try {
    return createPrivateKey({ key: { ...jwk }, format: "jwk" });
  } catch {
    throw new KeyFileFault("inconsistent");
  }
}

/** The numbers of a JWK, each of which may be missing. */
type JwkNumbers = { readonly [N in Exclude<keyof RsaJwk, "kty">]?: string | undefined };

/** The relations between the numbers of a two-prime RSA key (RFC 8017, section 3.2). */
function isConsistent(jwk: JwkNumbers): boolean {
  const [n, e, d, p, q] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q].map(toBigInt);
  const [dp, dq, qi] = [jwk.dp, jwk.dq, jwk.qi].map(toBigInt);
  if (!n || !e || !d || !p || !q || !dp || !dq || !qi) return false;
  if (e < 3n || e % 2n === 0n || p <= 2n || q <= 2n || d >= n) return false;
  return p !== q && p * q === n &&
    (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) && dq === d % (q - 1n) && (qi * q) % p === 1n;
}

/** Numbers that fit may still not be primes: a signature shows it. */
function signsWell(key: KeyObject): boolean {
  try {
    const probe = Buffer.from("probe", "utf8");
    return verify("sha256", probe, createPublicKey(key), sign("sha256", probe, key));
  } catch {
    return false;
  }
}

/** @param value base64url of big-endian octets @returns 0 for what is not there */
function toBigInt(value: string | undefined): bigint {
  const hex = Buffer.from(value ?? "", "base64url").toString("hex");
  return hex === "" ? 0n : BigInt(`0x${hex}`);
}
