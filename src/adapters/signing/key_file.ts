/**
 * Reads a private RSA key: PEM (PKCS #8 or PKCS #1, one block, not encrypted) or SuperOffice's RSAXML.
 * Takes 1024 to 4096 bits, because the vendor's own keys have 1024. Refuses, by name and without a
 * word of the file, anything else, and keys whose numbers do not fit.
 */

import { Buffer } from "node:buffer";
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { isSpace } from "./base64_octets.ts";
import { KeyFileFault } from "./key_file_fault.ts";
import { bitLength, wipe } from "./octets.ts";
import { isConsistent, type RsaNumbers, wipeNumbers, writePkcs8 } from "./rsa_numbers.ts";
import { readRsaPem } from "./rsa_pem.ts";
import { readRsaXml } from "./rsa_xml.ts";

/** @throws KeyFileFault */
export function readKeyFile(text: string): KeyObject {
  const octets = new TextEncoder().encode(text);
  try {
    const numbers = readRsaNumbers(octets);
    try {
      return toKey(numbers);
    } finally {
      wipeNumbers(numbers);
    }
  } finally {
    wipe(octets);
  }
}

/**
 * The same without any text on the way: what is read lies in buffers only.
 * @returns numbers that belong together, to be wiped by who asked for them
 * @throws KeyFileFault
 */
export function readRsaNumbers(file: Uint8Array): RsaNumbers {
  const octets = withoutSpace(file);
  if (octets.length === 0) throw new KeyFileFault("empty");
  const numbers = octets[0] === LESS ? readRsaXml(octets) : readRsaPem(octets);
  try {
    // Sizes come first: what the numbers cost to use depends on them.
    const bits = bitLength(numbers.n);
    if (bits < 1024 || bits > 4096) throw new KeyFileFault("wrong_size");
    if (!isConsistent(numbers)) throw new KeyFileFault("inconsistent");
    return numbers;
  } catch (error) {
    wipeNumbers(numbers);
    throw error;
  }
}

const LESS = 0x3c;

/** @returns a view without white space at either end, nor the mark that some editors begin with */
function withoutSpace(file: Uint8Array): Uint8Array {
  const hasMark = file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf;
  const octets = hasMark ? file.subarray(3) : file;
  const first = octets.findIndex((octet) => !isSpace(octet));
  const last = octets.findLastIndex((octet) => !isSpace(octet));
  return first < 0 ? octets.subarray(0, 0) : octets.subarray(first, last + 1);
}

function toKey(numbers: RsaNumbers): KeyObject {
  const der = writePkcs8(numbers);
  const key = keyIn(der);
  wipe(der);
  if (key === null || !isWhole(key)) throw new KeyFileFault("inconsistent");
  return key;
}

function keyIn(der: Uint8Array<ArrayBuffer>): KeyObject | null {
  try {
    return createPrivateKey({ key: Buffer.from(der.buffer), format: "der", type: "pkcs8" });
  } catch {
    return null;
  }
}

/** Numbers that fit may still not be primes: a round trip shows it, and makes no signature. */
function isWhole(key: KeyObject): boolean {
  try {
    const probe = Buffer.from("probe", "utf8");
    return privateDecrypt(key, publicEncrypt(createPublicKey(key), probe)).equals(probe);
  } catch {
    return false;
  }
}
