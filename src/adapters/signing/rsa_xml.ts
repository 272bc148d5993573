/**
 * Reads the private key that SuperOffice's Developer Portal shows once: .NET's `<RSAKeyValue>` XML.
 * Its grammar is flat and fixed (eight elements, each once, base64 inside), so this reads that and
 * refuses all other XML: declarations, document types, entities, attributes, comments, namespaces.
 * Source: `RSA.ToXmlString` of .NET; element names as in XML Signature, section 6.4.2.
 */

import { decodeBase64, isSpace } from "./base64_octets.ts";
import { KeyFileFault } from "./key_file_fault.ts";
import { copyOf, wipe } from "./octets.ts";
import type { RsaNumbers } from "./rsa_numbers.ts";

/**
 * @param xml without white space around it
 * @returns numbers, not yet checked as a key
 * @throws KeyFileFault
 */
export function readRsaXml(xml: Uint8Array): RsaNumbers {
  const values = readElements(bodyOf(xml));
  try {
    if (!values.has("Modulus") || !values.has("Exponent")) throw new KeyFileFault("xml_form");
    if (values.size === 2) throw new KeyFileFault("public_key");
    if (values.size !== ELEMENTS.size) throw new KeyFileFault("xml_form");
    return Object.fromEntries(
      [...ELEMENTS].map(([element, name]) => [name, copyOf(values.get(element)!)]),
    ) as RsaNumbers;
  } finally {
    wipe(...values.values());
  }
}

const ELEMENTS: ReadonlyMap<string, keyof RsaNumbers> = new Map([
  ["Modulus", "n"],
  ["Exponent", "e"],
  ["P", "p"],
  ["Q", "q"],
  ["DP", "dp"],
  ["DQ", "dq"],
  ["InverseQ", "qi"],
  ["D", "d"],
]);

const [LESS, MORE, AND] = [0x3c, 0x3e, 0x26] as const;

function bodyOf(xml: Uint8Array): Uint8Array {
  const [start, end] = ["<RSAKeyValue>", "</RSAKeyValue>"];
  const body = xml.subarray(start.length, -end.length);
  if (xml.length < start.length + end.length) throw new KeyFileFault("xml_form");
  if (!startsWith(xml, start) || !startsWith(xml.subarray(-end.length), end)) {
    throw new KeyFileFault("xml_form");
  }
  return body;
}

/** What each element holds, decoded. To be wiped by who asked for it. */
function readElements(body: Uint8Array): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  const refuse = (problem: "xml_form" | "xml_base64") => {
    wipe(...values.values());
    return new KeyFileFault(problem);
  };
  let rest = withoutSpace(body);
  while (rest.length > 0) {
    const name = [...ELEMENTS.keys()].find((known) => startsWith(rest, `<${known}>`));
    if (name === undefined || values.has(name)) throw refuse("xml_form");
    const inner = rest.subarray(name.length + 2);
    const length = inner.findIndex((octet) => octet === LESS || octet === MORE || octet === AND);
    const after = inner.subarray(Math.max(length, 0));
    if (!startsWith(after, `</${name}>`)) throw refuse("xml_form");
    const value = decodeBase64(inner.subarray(0, length));
    if (value === null) throw refuse("xml_base64");
    values.set(name, value);
    rest = withoutSpace(after.subarray(name.length + 3));
  }
  return values;
}

function withoutSpace(octets: Uint8Array): Uint8Array {
  const first = octets.findIndex((octet) => !isSpace(octet));
  return octets.subarray(first < 0 ? octets.length : first);
}

/** @param text ASCII */
function startsWith(octets: Uint8Array, text: string): boolean {
  return octets.length >= text.length &&
    [...text].every((sign, at) => octets[at] === sign.charCodeAt(0));
}
