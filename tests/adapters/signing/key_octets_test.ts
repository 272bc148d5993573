/**
 * What reading a key leaves in the buffers that it makes: nothing. A search of the process's memory finds
 * only what the collector has not given away by then; here every buffer is kept and looked at.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import { openImportMaterial } from "../../../src/adapters/signing/key_import_material.ts";
import { testKey } from "../../support/test_keys.ts";
import { pkcs8Of, rsaXml, xmlElements } from "./fixtures.ts";

const key = testKey("rsa2048");
const pem = pkcs8Of(key);
const pkcs1 = key.export({ type: "pkcs1", format: "pem" }).toString();
const elements = xmlElements(pem);
const xml = rsaXml(elements);
const job = createPublicKey(testKey("rsa3072"));

/** A part of each private number, as octets and as the file has it. */
const needles = elements.filter(([name]) => name !== "Modulus" && name !== "Exponent")
  .flatMap(([name, base64]) => [
    [name, Buffer.from(base64, "base64").subarray(8, 40)] as const,
    [`${name} in base64`, Buffer.from(base64.slice(8, 40))] as const,
  ]);

/** @returns every buffer that is made meanwhile */
function buffersOf(work: () => void): ArrayBuffer[] {
  const made: ArrayBuffer[] = [];
  const own = globalThis.ArrayBuffer;
  globalThis.ArrayBuffer = new Proxy(own, {
    construct(target, [length]: [number]) {
      const buffer = new target(length);
      made.push(buffer);
      return buffer;
    },
  });
  try {
    work();
  } finally {
    globalThis.ArrayBuffer = own;
  }
  return made;
}

const held = (buffers: readonly ArrayBuffer[]) =>
  needles.filter(([, octets]) => buffers.some((it) => Buffer.from(it).includes(octets)))
    .map(([name]) => name);

const bent = (name: string, value: (old: string) => string) =>
  rsaXml(elements.map(([element, old]) => [element, element === name ? value(old) : old]));

const rows: readonly (readonly [title: string, file: string, isTaken: boolean])[] = [
  ["XML", xml, true],
  ["PKCS #8", pem, true],
  ["PKCS #1", pkcs1, true],
  ["XML whose last element is damaged", bent("D", (d) => `${d.slice(0, -4)}?===`), false],
  ["XML with an element twice", rsaXml([...elements, elements.at(-1)!]), false],
  ["XML with an element missing", rsaXml(elements.slice(0, -1)), false],
  ["XML with another exponent", bent("Exponent", () => "AQAD"), false],
  ["PEM that is cut off", pem.replace(/[^\n]{64}\n(?=[^\n]+\n-----END)/, ""), false],
  ["PEM with a sign that is none", pem.replace(/.(?=[^\n]*\n-----END)/, "?"), false],
];

for (const [title, file, isTaken] of rows) {
  Deno.test(`of a key in ${title} no buffer holds a private number in the end`, () => {
    const octets = new TextEncoder().encode(file);
    const buffers = buffersOf(() => {
      try {
        const material = openImportMaterial(octets);
        material.wrap(job);
        material.forget();
        assert.ok(isTaken);
      } catch (error) {
        assert.ok(!isTaken, String(error));
      }
    });
    assert.ok(buffers.length > 1, "no buffer was seen");
    assert.deepEqual(held([...buffers, octets.buffer]), []);
  });
}

Deno.test("the buffers of a key that is not forgotten hold its numbers", () => {
  const buffers = buffersOf(() => openImportMaterial(Buffer.from(xml)));
  assert.deepEqual(held(buffers), elements.slice(2).map(([name]) => name));
});
