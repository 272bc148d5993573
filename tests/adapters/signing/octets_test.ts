/** Arithmetic on octets against BigInt, base64 and DER against Node. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { decodeBase64 } from "../../../src/adapters/signing/base64_octets.ts";
import { derInteger, readDer } from "../../../src/adapters/signing/der.ts";
import {
  bitLength,
  decremented,
  isEqual,
  isInverse,
  isLess,
  isProduct,
  isRemainder,
} from "../../../src/adapters/signing/octets.ts";

const number = fc.uint8Array({ maxLength: 40 });

/** Often close to each other, or with long runs of ones and zeros, where carries go wrong. */
const tricky = fc.oneof(
  number,
  fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), { maxLength: 40 })
    .map((octets) => Uint8Array.from(octets)),
);

const toBigInt = (octets: Uint8Array) => BigInt(`0x0${Buffer.from(octets).toString("hex")}`);
const toOctets = (value: bigint) => {
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.padStart(hex.length + hex.length % 2, "0"), "hex"));
};

Deno.test("numbers compare, multiply, divide and shrink by one as BigInt has it", () => {
  fc.assert(
    fc.property(tricky, tricky, tricky, (a, b, c) => {
      const [x, y, z] = [a, b, c].map(toBigInt) as [bigint, bigint, bigint];
      assert.equal(isEqual(a, b), x === y);
      assert.equal(isLess(a, b), x < y);
      assert.equal(bitLength(a), x === 0n ? 0 : x.toString(2).length);
      assert.equal(isProduct(a, b, c), x * y === z);
      assert.ok(isProduct(a, b, toOctets(x * y)));
      if (x > 0n) assert.equal(toBigInt(decremented(a)), x - 1n);
      if (z > 0n) {
        assert.ok(isRemainder(a, c, toOctets(x % z)));
        assert.equal(isRemainder(a, c, b), x % z === y);
        assert.equal(isInverse(a, b, c), (x * y) % z === 1n);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("base64 is read as Node writes it, with white space anywhere, and nothing else is", () => {
  const signs = fc.constantFrom(..."ABab01+/=-_ \n\t");
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), (octets) => {
    const text = Buffer.from(octets).toString("base64").replace(/(.{5})/g, "$1\r\n ");
    assert.deepEqual(decodeBase64(Buffer.from(text)), octets);
  }));
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 12 }), (letters) => {
      const text = letters.join("");
      const octets = Buffer.from(text, "base64");
      const isExact = octets.length > 0 && octets.toString("base64") === text.replace(/\s/g, "");
      const read = decodeBase64(Buffer.from(text));
      assert.deepEqual(read && Buffer.from(read), isExact ? octets : null);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a DER integer reads back as its number, and cut off it is none", () => {
  const long = fc.uint8Array({ minLength: 1, maxLength: 600 });
  fc.assert(fc.property(long, fc.nat(), (octets, cut) => {
    const element = derInteger(octets);
    const read = readDer(element);
    assert.ok(read !== null && read.tag === 2 && read.rest.length === 0);
    assert.ok(isEqual(read.value, octets));
    assert.ok((read.value[0] ?? 0) < 0x80, "it would be negative");
    assert.equal(readDer(element.subarray(0, cut % element.length)), null);
  }));
});
