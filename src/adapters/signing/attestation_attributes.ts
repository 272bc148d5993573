/**
 * The attributes in an HSM's statement, as far as they are needed. Without a specification this
 * follows Microsoft's parser for the same hardware (azure-managed-hsm-key-attestation): two layouts,
 * and what fits neither is not guessed at.
 */

import type { Buffer } from "node:buffer";

export interface AttestedAttributes {
  /** Null if the statement does not say so. */
  readonly isExtractable: boolean | null;
  /** Made in the HSM, and not imported. */
  readonly isLocal: boolean | null;
}

/** @returns null if the statement fits neither layout, or both */
export function readAttributes(
  statement: Buffer,
  signatureLength: number,
): AttestedAttributes | null {
  const data = statement.subarray(0, -signatureLength);
  const found = [FIRMWARE_2, startIn(data, signatureLength)]
    .map((start) => start === null ? null : listAt(data, start))
    .filter((list) => list !== null);
  const [list] = found;
  if (list === undefined || found.length > 1) return null;
  return { isExtractable: flag(list.get(EXTRACTABLE)), isLocal: flag(list.get(LOCAL)) };
}

/** As PKCS #11 numbers them. */
const EXTRACTABLE = 0x0162;
const LOCAL = 0x0163;

/** Where firmware 2 has its list. */
const FIRMWARE_2 = 20;

/** Dozens in a real key. */
const MOST_ATTRIBUTES = 512;

/** Firmware 3 says where its list begins, in a header whose own place follows from two lengths. */
function startIn(data: Buffer, signatureLength: number): number | null {
  if (data.length < 16) return null;
  const info = data.readUInt32BE(8) - (data.readUInt32BE(12) + signatureLength);
  if (info < 0 || info + 8 > data.length) return null;
  return info + data.readUInt16BE(info + 4);
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
