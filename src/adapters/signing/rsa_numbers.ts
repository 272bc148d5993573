/**
 * The numbers of a private RSA key (RFC 8017, section 3.2) in buffers of their own, from whatever form
 * they came in, and as PKCS #8. Knows whether they belong together; does not look whether the primes
 * are prime.
 */

import { derInteger, derLength, readDer } from "./der.ts";
import {
  copyOf,
  decremented,
  isEqual,
  isInverse,
  isLess,
  isOdd,
  isProduct,
  isRemainder,
  makeOctets,
  wipe,
} from "./octets.ts";

/** In the order of PKCS #1. */
const RSA_NUMBERS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;

/** Big-endian octets without leading zeros. To be wiped by who read them. */
export type RsaNumbers = { readonly [N in (typeof RSA_NUMBERS)[number]]: Uint8Array };

/** Overwrites all of them. */
export function wipeNumbers(numbers: RsaNumbers): void {
  wipe(...RSA_NUMBERS.map((name) => numbers[name]));
}

/** Whether the relations between the numbers of a two-prime key hold. */
export function isConsistent({ n, e, d, p, q, dp, dq, qi }: RsaNumbers): boolean {
  if ([n, e, d, p, q, dp, dq, qi].some((number) => number.length === 0)) return false;
  // What makes public keys and verifies with them takes no longer exponent; .NET's have 32 bits.
  if (e.length > 4) return false;
  if (!isOdd(e) || isLess(e, THREE) || !isOdd(p) || !isOdd(q)) return false;
  if (isLess(p, THREE) || isLess(q, THREE) || !isLess(d, n) || isEqual(p, q)) return false;
  // Others want it reduced, and would refuse the key when it is imported.
  if (!isProduct(p, q, n) || !isLess(qi, p)) return false;
  const [p1, q1] = [decremented(p), decremented(q)];
  try {
    return isInverse(e, d, p1) && isInverse(e, d, q1) &&
      isRemainder(d, p1, dp) && isRemainder(d, q1, dq) && isInverse(qi, q, p);
  } finally {
    wipe(p1, q1);
  }
}

/** PKCS #1 in DER to numbers. @returns null if it is not that */
export function readPkcs1(der: Uint8Array): RsaNumbers | null {
  const outer = readDer(der);
  if (outer?.tag !== SEQUENCE || outer.rest.length > 0) return null;
  const version = readDer(outer.value);
  if (version?.tag !== INTEGER || version.value.length !== 1 || version.value[0] !== 0) return null;
  let rest = version.rest;
  const found: Partial<Record<keyof RsaNumbers, Uint8Array>> = {};
  for (const name of RSA_NUMBERS) {
    const element = readDer(rest);
    if (element?.tag !== INTEGER) {
      wipe(...Object.values(found));
      return null;
    }
    found[name] = copyOf(element.value);
    rest = element.rest;
  }
  if (rest.length === 0) return found as RsaNumbers;
  wipe(...Object.values(found));
  return null;
}

/** PKCS #8 (RFC 5208) in DER, in a buffer of its own. */
export function writePkcs8(numbers: RsaNumbers): Uint8Array<ArrayBuffer> {
  const integers = [VERSION, ...RSA_NUMBERS.map((name) => derInteger(numbers[name]))];
  const key = integers.reduce((length, integer) => length + integer.length, 0);
  const pkcs1 = derLength(SEQUENCE, key);
  const octets = derLength(OCTET_STRING, pkcs1.length + key);
  const inner = VERSION.length + ALGORITHM.length + octets.length + pkcs1.length + key;
  const parts = [derLength(SEQUENCE, inner), VERSION, ALGORITHM, octets, pkcs1, ...integers];
  const der = makeOctets(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    der.set(part, at);
    at += part.length;
  }
  wipe(...integers.slice(1));
  return der;
}

/** PKCS #8 in DER to the PKCS #1 inside. @returns null if it is not of its form, `other` if not RSA */
export function readPkcs8(der: Uint8Array): Uint8Array | "other" | null {
  const outer = readDer(der);
  if (outer?.tag !== SEQUENCE || outer.rest.length > 0) return null;
  const version = readDer(outer.value);
  const algorithm = version && readDer(version.rest);
  if (version?.tag !== INTEGER || algorithm?.tag !== SEQUENCE) return null;
  const type = readDer(algorithm.value);
  if (type?.tag !== OBJECT_IDENTIFIER) return null;
  if (!isEqual(type.value, RSA_ENCRYPTION)) return "other";
  const key = readDer(algorithm.rest);
  return key?.tag === OCTET_STRING ? key.value : null;
}

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;

const THREE: Uint8Array = Uint8Array.of(3);
const VERSION: Uint8Array = Uint8Array.of(INTEGER, 1, 0);
/** `rsaEncryption`, 1.2.840.113549.1.1.1 */
const RSA_ENCRYPTION: Uint8Array = Uint8Array.fromHex("2a864886f70d010101");
/** It, with the NULL that belongs to it. */
const ALGORITHM: Uint8Array = Uint8Array.fromHex("300d06092a864886f70d0101010500");
