/**
 * The attributes in an HSM's statement, as far as they are needed. Without a specification this follows
 * two parsers for the same hardware: Marvell's own (`parse_v2.py`), and Microsoft's
 * (azure-managed-hsm-key-attestation). What fits neither layout is not guessed at. Of a key pair the
 * private key counts: a public key can always be taken out.
 */

import type { Buffer } from "node:buffer";
import { isEqual } from "./octets.ts";

export interface AttestedAttributes {
  /** Null if the statement does not say so. */
  readonly isExtractable: boolean | null;
  /** Made in the HSM, and not imported. */
  readonly isLocal: boolean | null;
  /** Of RSA keys. */
  readonly modulus: Uint8Array | null;
}

/** @returns null if the statement fits neither layout, or both, or names no private key */
export function readAttributes(
  statement: Buffer,
  signatureLength: number,
): AttestedAttributes | null {
  const data = statement.subarray(0, -signatureLength);
  const found = [[FIRMWARE_2], startsIn(data, signatureLength)]
    .map((starts) => starts === null ? null : listsAt(data, starts))
    .filter((lists) => lists !== null);
  const [lists] = found;
  if (lists === undefined || found.length > 1) return null;
  const list = lists.find((it) => isEqual(it.get(CLASS) ?? NONE, PRIVATE_KEY));
  if (list === undefined) return null;
  return {
    isExtractable: flag(list.get(EXTRACTABLE)),
    isLocal: flag(list.get(LOCAL)),
    modulus: list.get(MODULUS) ?? null,
  };
}

/** As PKCS #11 numbers them. */
const CLASS = 0x0000;
const MODULUS = 0x0120;
const EXTRACTABLE = 0x0162;
const LOCAL = 0x0163;

/** `CKO_PRIVATE_KEY` */
const PRIVATE_KEY: Uint8Array = Uint8Array.of(3);
const NONE: Uint8Array = Uint8Array.of();

/** Where firmware 2 has its list. */
const FIRMWARE_2 = 20;

/** Dozens in a real key. */
const MOST_ATTRIBUTES = 512;

/**
 * Firmware 3 says where its lists begin, in a header whose own place follows from two lengths: that of
 * the public key, then that of the private one; nothing for the second if the key is no pair.
 */
function startsIn(data: Buffer, signatureLength: number): readonly number[] | null {
  if (data.length < 16) return null;
  const info = data.readUInt32BE(8) - (data.readUInt32BE(12) + signatureLength);
  if (info < 0 || info + 8 > data.length) return null;
  const [first, second] = [data.readUInt16BE(info + 4), data.readUInt16BE(info + 6)];
  return second === 0 ? [info + first] : [info + first, info + second];
}

/** @returns null unless there is a list at each of them */
function listsAt(
  data: Buffer,
  starts: readonly number[],
): readonly ReadonlyMap<number, Buffer>[] | null {
  const lists = starts.map((start) => listAt(data, start)).filter((list) => list !== null);
  return lists.length === starts.length ? lists : null;
}

/** Three words of which the second is the count, then type, length and value of each. */
function listAt(data: Buffer, start: number): ReadonlyMap<number, Buffer> | null {
  if (start + 12 > data.length) return null;
  const count = data.readUInt32BE(start + 4);
  if (count === 0 || count > MOST_ATTRIBUTES) return null;
  const list = new Map<number, Buffer>();
  let at = start + 12;
  for (let nth = 0; nth < count; nth++) {
    if (at + 8 > data.length) return null;
    const [type, length] = [data.readUInt32BE(at), data.readUInt32BE(at + 4)];
    if (at + 8 + length > data.length || list.has(type)) return null;
    list.set(type, data.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return list;
}

function flag(value: Buffer | undefined): boolean | null {
  return value?.length === 1 && value[0]! <= 1 ? value[0] === 1 : null;
}
