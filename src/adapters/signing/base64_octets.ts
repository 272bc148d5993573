/** Base64 from octets to octets: no text is made of it that could not be overwritten. */

import { makeOctets, wipe } from "./octets.ts";

/**
 * Standard alphabet, padded, white space anywhere.
 * @returns null unless it is exactly that and not empty
 */
export function decodeBase64(encoded: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const compact = makeOctets(encoded.length);
  let length = 0;
  for (const octet of encoded) if (!isSpace(octet)) compact[length++] = octet;
  const octets = decode(compact.subarray(0, length));
  wipe(compact);
  return octets;
}

/** What JSON, XML and PEM call white space. */
export function isSpace(octet: number): boolean {
  return octet === 0x20 || (octet >= 0x09 && octet <= 0x0d);
}

const PADDING = 0x3d;

const VALUES: ReadonlyMap<number, number> = new Map(
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]
    .map((sign, value) => [sign.charCodeAt(0), value]),
);

function decode(compact: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (compact.length === 0 || compact.length % 4 !== 0) return null;
  const padding = compact.at(-1) !== PADDING ? 0 : compact.at(-2) !== PADDING ? 1 : 2;
  const octets = makeOctets(compact.length / 4 * 3 - padding);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const sign of compact.subarray(0, compact.length - padding)) {
    const value = VALUES.get(sign);
    if (value === undefined) {
      wipe(octets);
      return null;
    }
    held = (held << 6 | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      octets[at++] = held >>> bits & 255;
    }
  }
  // What the padding cuts off must be zero, or two texts would stand for one number.
  if ((held & ((1 << bits) - 1)) === 0) return octets;
  wipe(octets);
  return null;
}
