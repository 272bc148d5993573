/**
 * The app's registered public key, as the Developer Portal would hold it. Reads every form that keys
 * of this platform travel in; keeps only the public half. Refuses anything but RSA of 1024–4096 bits
 * (published vendor samples use 1024).
 */
import { Buffer } from "node:buffer";
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { XMLParser } from "fast-xml-parser";

/** Parses PEM (SPKI, PKCS #1, or a private key) or `<RSAKeyValue>` XML. Throws when it is neither. */
export function parseAppPublicKey(text: string): KeyObject {
  const key = text.trimStart().startsWith("<") ? fromRsaXml(text) : fromPem(text);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < 1024 || bits > 4096) {
    throw new Error("Cannot register app key: not an RSA key of 1024 to 4096 bits");
  }
  return key;
}

/** PEM (SPKI) of a key: what a snapshot keeps. */
export function publicPemOf(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}

/** What people compare keys by. */
export interface KeyFingerprint {
  /** SHA-256 of the DER (SPKI), lower-case hex. */
  readonly sha256: string;
  readonly bits: number;
}

/** Of an app key. */
export function fingerprintOf(key: KeyObject): KeyFingerprint {
  const der = key.export({ type: "spki", format: "der" });
  const sha256 = createHash("sha256").update(der).digest("hex");
  return { sha256, bits: key.asymmetricKeyDetails?.modulusLength ?? 0 };
}

function fromPem(text: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch {
    throw new Error("Cannot register app key: not a PEM or RSAXML key");
  }
}

function fromRsaXml(text: string): KeyObject {
  const parser = new XMLParser({ parseTagValue: false, trimValues: true });
  const document: { RSAKeyValue?: { Modulus?: unknown; Exponent?: unknown } } = parser.parse(text);
  const { Modulus: modulus, Exponent: exponent } = document.RSAKeyValue ?? {};
  if (typeof modulus !== "string" || typeof exponent !== "string") {
    throw new Error("Cannot register app key: RSAXML without Modulus and Exponent");
  }
  const jwk = { kty: "RSA", n: unsigned(modulus), e: unsigned(exponent) };
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    throw new Error("Cannot register app key: RSAXML that is not a key");
  }
}

/** Base64 of big-endian octets to the base64url of a JWK, without leading zeros. */
function unsigned(base64: string): string {
  const octets = Buffer.from(base64.replace(/\s/g, ""), "base64");
  const first = octets.findIndex((octet) => octet !== 0);
  return octets.subarray(Math.max(first, 0)).toString("base64url");
}
