/**
 * Reads the private key that SuperOffice's Developer Portal shows once: .NET's `<RSAKeyValue>` XML.
 * Its grammar is flat and fixed (eight elements, each once, base64 inside), so this reads that and
 * refuses all other XML: declarations, document types, entities, attributes, comments, namespaces.
 * Source: `RSA.ToXmlString` of .NET; element names as in XML Signature, section 6.4.2.
 */

import { Buffer } from "node:buffer";
import { KeyFileFault } from "./key_file_fault.ts";

/** A private RSA key as a JWK: numbers in base64url (RFC 7518, section 6.3). */
export interface RsaJwk {
  readonly kty: "RSA";
  readonly n: string;
  readonly e: string;
  readonly d: string;
  readonly p: string;
  readonly q: string;
  readonly dp: string;
  readonly dq: string;
  readonly qi: string;
}

/** @returns the key as a JWK, not yet checked as a key @throws KeyFileFault */
export function readRsaXml(text: string): RsaJwk {
  const body = /^\s*<RSAKeyValue>([^]*)<\/RSAKeyValue>\s*$/.exec(text)?.[1];
  if (body === undefined) throw new KeyFileFault("xml_form");
  const values = readElements(body);
  if (!values.has("Modulus") || !values.has("Exponent")) throw new KeyFileFault("xml_form");
  if (values.size === 2) throw new KeyFileFault("public_key");
  const number = (element: Element) => toJwkNumber(values.get(element));
  return {
    kty: "RSA",
    n: number("Modulus"),
    e: number("Exponent"),
    d: number("D"),
    p: number("P"),
    q: number("Q"),
    dp: number("DP"),
    dq: number("DQ"),
    qi: number("InverseQ"),
  };
}

const ELEMENTS = ["Modulus", "Exponent", "P", "Q", "DP", "DQ", "InverseQ", "D"] as const;

type Element = (typeof ELEMENTS)[number];

function readElements(body: string): ReadonlyMap<Element, string> {
  const values = new Map<Element, string>();
  const element = /\s*<([A-Za-z]+)>([^<>&]*)<\/\1>/y;
  let end = 0;
  for (let match = element.exec(body); match; match = element.exec(body)) {
    const [, name = "", value = ""] = match;
    if (!isElement(name) || values.has(name)) throw new KeyFileFault("xml_form");
    values.set(name, value);
    end = element.lastIndex;
  }
  if (body.slice(end).trim() !== "") throw new KeyFileFault("xml_form");
  return values;
}

function isElement(name: string): name is Element {
  const elements: readonly string[] = ELEMENTS;
  return elements.includes(name);
}

/** Big-endian octets in base64, perhaps broken over lines, to base64url without leading zeros. */
function toJwkNumber(value: string | undefined): string {
  if (value === undefined) throw new KeyFileFault("xml_form");
  const base64 = value.replace(/\s/g, "");
  const octets = Buffer.from(base64, "base64");
  if (octets.length === 0 || octets.toString("base64") !== base64) {
    throw new KeyFileFault("xml_base64");
  }
  const first = octets.findIndex((octet) => octet !== 0);
  return octets.subarray(first < 0 ? octets.length - 1 : first).toString("base64url");
}
