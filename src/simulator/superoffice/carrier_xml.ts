/**
 * Carriers as the XML of the SOAP services: members in the order of their contract, `xsi:nil` for what
 * is not there. Reads members in any order.
 */
import type { Plain } from "./carrier_json.ts";
import { contracts, itemTypeOf, membersOf, type MemberType } from "./carriers.ts";
import { childOf, element, escapeXml, type XmlElement } from "./soap.ts";

/** Namespace of .NET's lists of simple values. */
export const arraysNamespace = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";

/** One element with a carrier in it, in whichever namespace is the default where it stands. */
export function carrierElement(name: string, contract: string, carrier: Plain): string {
  return writeValue(name, contract, carrier);
}

/** The members of a carrier that are there, as plain values; simple ones are still texts. */
export function readCarrierElement(contract: string, parent: XmlElement): Plain {
  const read: Plain = {};
  for (const { name, type } of membersOf(contract)) {
    const child = childOf(parent, parent.namespace, name);
    if (child) read[name] = readElement(type, child);
  }
  return read;
}

function writeValue(name: string, type: MemberType, value: unknown): string {
  if (value === null || value === undefined) return element(name, null);
  const item = itemTypeOf(type);
  if (item !== undefined) return writeList(name, item, value as readonly unknown[]);
  if (type === "Dictionary") return writeDictionary(name, value as Plain);
  const contract = contracts.get(type);
  if (!contract) return element(name, String(value));
  const rights = contract.isCarrier
    ? element("TableRight", null) + element("FieldProperties", null)
    : "";
  const members = contract.members.filter(({ isRestOnly }) => !isRestOnly)
    .map((member) => writeValue(member.name, member.type, (value as Plain)[member.name]));
  return `<${name}>${rights}${members.join("")}</${name}>`;
}

function writeList(name: string, item: MemberType, values: readonly unknown[]): string {
  if (item === "string") {
    const texts = values.map((text) => `<a:string>${escapeXml(String(text))}</a:string>`);
    return `<${name} xmlns:a="${arraysNamespace}">${texts.join("")}</${name}>`;
  }
  const items = values.map((value) => writeValue(schemaNameOf(item), item, value));
  return `<${name}>${items.join("")}</${name}>`;
}

function writeDictionary(name: string, values: Plain): string {
  const pairs = Object.entries(values).map(([key, value]) =>
    `<StringKeyValuePair>${element("Key", key)}${
      element("Value", value === null ? null : String(value))
    }</StringKeyValuePair>`
  );
  return `<${name}>${pairs.join("")}</${name}>`;
}

/** What a type is called in the schema: `ArrayOfPerson` for `Person[]`. */
export function schemaNameOf(type: MemberType): string {
  const item = itemTypeOf(type);
  if (item !== undefined) return `ArrayOf${schemaNameOf(item)}`;
  return type === "Dictionary" ? "StringDictionary" : type;
}

function readElement(type: MemberType, from: XmlElement): unknown {
  if (from.isNil) return null;
  const item = itemTypeOf(type);
  if (item !== undefined) return from.children.map((child) => readElement(item, child));
  if (contracts.has(type)) return readCarrierElement(type, from);
  if (type !== "Dictionary") return from.text;
  const textOf = (pair: XmlElement, name: string) =>
    pair.children.find((child) => child.name === name && !child.isNil)?.text ?? null;
  return Object.fromEntries(
    from.children.map((pair) => [textOf(pair, "Key") ?? "", textOf(pair, "Value")]),
  );
}
