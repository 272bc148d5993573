/**
 * A self-issued X.509 certificate, put together from DER by hand because `node:crypto` reads
 * certificates but cannot write them. The same key always gives the same bytes, so that the key id
 * (their SHA-1) survives a restart. It refuses to be a general ASN.1 library.
 */
import { Buffer } from "node:buffer";
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";

/** DER of a certificate over `privateKey`'s public half, signed by `privateKey` itself. */
export function selfIssuedCertificate(privateKey: KeyObject, commonName: string): Buffer {
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const name = sequence(set(sequence(oid([2, 5, 4, 3]), der(0x0c, Buffer.from(commonName)))));
  // Positive and never zero: the first octet is pinned to 0x01–0x7f.
  const serial = createHash("sha1").update(publicKey).digest().subarray(0, 16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    sha256WithRsa(),
    name,
    sequence(
      der(0x17, Buffer.from("130903000000Z")),
      der(0x18, Buffer.from("21130903000000Z")),
    ),
    name,
    publicKey,
    der(0xa3, sequence(notAnAuthority())),
  );
  const signature = sign("sha256", body, privateKey);
  return sequence(body, sha256WithRsa(), der(0x03, Buffer.from([0]), signature));
}

/** basicConstraints, critical, CA false. */
function notAnAuthority(): Buffer {
  return sequence(oid([2, 5, 29, 19]), der(0x01, Buffer.from([0xff])), der(0x04, sequence()));
}

function sha256WithRsa(): Buffer {
  return sequence(oid([1, 2, 840, 113549, 1, 1, 11]), der(0x05));
}

function sequence(...parts: Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

function set(...parts: Uint8Array[]): Buffer {
  return der(0x31, ...parts);
}

function oid(arcs: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = arcs;
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const octets = [arc & 0x7f];
  for (let left = arc >> 7; left > 0; left >>= 7) octets.unshift((left & 0x7f) | 0x80);
  return octets;
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  if (size < 0x100) return Buffer.from([0x81, size]);
  return Buffer.from([0x82, size >> 8, size & 0xff]);
}
