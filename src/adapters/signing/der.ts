/** The little of DER (X.690) that private keys need: definite lengths, whole numbers, no copies. */

import { makeOctets, trimmed } from "./octets.ts";

export interface DerElement {
  readonly tag: number;
  /** A view of what was read. */
  readonly value: Uint8Array;
  /** What follows. */
  readonly rest: Uint8Array;
}

/** The first element. @returns null if it is none, or longer than what there is */
export function readDer(der: Uint8Array): DerElement | null {
  const [tag, first] = der;
  if (tag === undefined || first === undefined) return null;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || more > 3 || der.length < 2 + more) return null;
  let length = more === 0 ? first : 0;
  for (const octet of der.subarray(2, 2 + more)) length = length * 256 + octet;
  const end = 2 + more + length;
  if (der.length < end) return null;
  return { tag, value: der.subarray(2 + more, end), rest: der.subarray(end) };
}

/** Tag and length of an element. */
export function derLength(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  return length < 0x100
    ? Uint8Array.of(tag, 0x81, length)
    : Uint8Array.of(tag, 0x82, length >>> 8, length & 255);
}

/** A whole number, not negative. To be wiped by who asked for it. */
export function derInteger(number: Uint8Array): Uint8Array<ArrayBuffer> {
  const octets = trimmed(number);
  const sign = (octets[0] ?? 0x80) >= 0x80 ? 1 : 0;
  const head = derLength(0x02, octets.length + sign);
  const element = makeOctets(head.length + sign + octets.length);
  element.set(head);
  element.set(octets, head.length + sign);
  return element;
}
