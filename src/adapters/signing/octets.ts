/**
 * Whole numbers as big-endian octets, and the little arithmetic that shows whether the numbers of a
 * private key belong together. Everything lies in buffers that can be overwritten: a BigInt or a text
 * stays somewhere in the process's memory until the process ends. Not for what is attacked by its
 * timing: it runs once, on the operator's own machine.
 */

/** A buffer outside the JavaScript heap: what lies inside may be copied about and is then left behind. */
export function makeOctets(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/** Overwrites with zeros. */
export function wipe(...buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers) buffer.fill(0);
}

/** @returns a view without leading zeros; empty for zero */
export function trimmed(number: Uint8Array): Uint8Array {
  const first = number.findIndex((octet) => octet !== 0);
  return number.subarray(first < 0 ? number.length : first);
}

/** @returns a copy without leading zeros */
export function copyOf(number: Uint8Array): Uint8Array<ArrayBuffer> {
  const octets = trimmed(number);
  const copy = makeOctets(octets.length);
  copy.set(octets);
  return copy;
}

export function bitLength(number: Uint8Array): number {
  const octets = trimmed(number);
  return octets.length === 0 ? 0 : octets.length * 8 - (Math.clz32(octets[0]!) - 24);
}

export function isOdd(number: Uint8Array): boolean {
  return (number.at(-1) ?? 0) % 2 === 1;
}

export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return compare(one, other) === 0;
}

export function isLess(one: Uint8Array, other: Uint8Array): boolean {
  return compare(one, other) < 0;
}

/** True if the product is `expected`. */
export function isProduct(one: Uint8Array, other: Uint8Array, expected: Uint8Array): boolean {
  const product = multiply(one, other);
  const is = isEqual(product, expected);
  wipe(product);
  return is;
}

/** True if `number` modulo `modulus` is `expected`. */
export function isRemainder(
  number: Uint8Array,
  modulus: Uint8Array,
  expected: Uint8Array,
): boolean {
  const rest = remainder(number, modulus);
  const is = isEqual(rest, expected);
  wipe(rest);
  return is;
}

/** True if the product of the first two is one more than a multiple of the modulus. */
export function isInverse(one: Uint8Array, other: Uint8Array, modulus: Uint8Array): boolean {
  const product = multiply(one, other);
  const is = isRemainder(product, modulus, ONE);
  wipe(product);
  return is;
}

/** One less than a number that is not zero. To be wiped by who asked for it. */
export function decremented(number: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = copyOf(number);
  let at = result.length - 1;
  while (at > 0 && result[at] === 0) result[at--] = 255;
  result[at] = (result[at] ?? 0) - 1;
  return result;
}

const ONE: Uint8Array = Uint8Array.of(1);

function compare(one: Uint8Array, other: Uint8Array): number {
  const [a, b] = [trimmed(one), trimmed(other)];
  if (a.length !== b.length) return a.length - b.length;
  const at = a.findIndex((octet, place) => octet !== b[place]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

function multiply(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const product = makeOctets(one.length + other.length);
  for (let i = one.length - 1; i >= 0; i--) {
    let carry = 0;
    for (let j = other.length - 1; j >= 0; j--) {
      const sum = one[i]! * other[j]! + product[i + j + 1]! + carry;
      product[i + j + 1] = sum & 255;
      carry = sum >>> 8;
    }
    product[i] = carry;
  }
  return product;
}

/** Long division by single bits, of which only the rest is kept. @param modulus not zero */
function remainder(number: Uint8Array, modulus: Uint8Array): Uint8Array<ArrayBuffer> {
  const rest = makeOctets(modulus.length + 1);
  for (const octet of number) {
    for (let bit = 7; bit >= 0; bit--) {
      doubleAndAdd(rest, (octet >>> bit) & 1);
      if (!isLess(rest, modulus)) subtract(rest, modulus);
    }
  }
  return rest;
}

function doubleAndAdd(number: Uint8Array, bit: number): void {
  let carry = bit;
  for (let at = number.length - 1; at >= 0; at--) {
    const doubled = number[at]! * 2 + carry;
    number[at] = doubled & 255;
    carry = doubled >>> 8;
  }
}

/** @param from one octet longer than what is taken from it */
function subtract(from: Uint8Array, what: Uint8Array): void {
  let borrow = 0;
  for (let at = from.length - 1; at >= 0; at--) {
    const difference = from[at]! - (what[at - 1] ?? 0) - borrow;
    borrow = difference < 0 ? 1 : 0;
    from[at] = difference + borrow * 256;
  }
}
