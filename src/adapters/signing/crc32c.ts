/**
 * CRC32C (Castagnoli, reflected polynomial 82f63b78) by table: what Cloud KMS uses to show that
 * neither request nor answer was damaged on the way. It detects accidents, not attackers.
 */

/** @returns the CRC32C of some bytes as an unsigned 32-bit number; of `123456789` it is e3069283 */
export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ byte) & 0xff] ?? 0);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

const TABLE: Readonly<Uint32Array> = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  }
  return remainder;
});
