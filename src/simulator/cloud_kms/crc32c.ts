/**
 * CRC32C (Castagnoli), bit by bit. Deliberately not shared with the adapter that this stand-in
 * examines: two readings of the same definition check each other.
 */

/** @returns the CRC32C of some bytes as an unsigned 32-bit number; of `123456789` it is e3069283 */
export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
    }
  }
  return (remainder ^ 0xffffffff) >>> 0;
}
