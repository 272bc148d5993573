/**
 * Carriers as plain values, which are also their JSON: blank ones, and those that a caller sent. Reads
 * as ASP.NET does: member names in any case, members that are not of the contract ignored.
 */
import { contracts, enumerations, itemTypeOf, membersOf, type MemberType } from "./carriers.ts";

export type Plain = Record<string, unknown>;

/** What .NET writes for a date that was never set. */
const noDate = "0001-01-01T00:00:00";

/** An entity nothing was set in. References to other carriers are null, texts empty. */
export function blankCarrier(contract: string): Plain {
  const members = membersOf(contract).map(({ name, type }) => [name, blankOf(type)]);
  const rights = contracts.get(contract)?.isCarrier
    ? { TableRight: null, FieldProperties: {} }
    : {};
  return { ...Object.fromEntries(members), ...rights };
}

/** `before` with the members that were sent. Throws when one is not of its type. */
export function readCarrier(contract: string, sent: unknown, before: Plain): Plain {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    throw new Error(`Cannot read ${contract}: not an object`);
  }
  const byName = new Map(
    Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const read = { ...before };
  for (const { name, type } of membersOf(contract)) {
    const value: unknown = byName.get(name.toLowerCase());
    if (value !== undefined) read[name] = value === null ? blankOf(type) : readValue(type, value);
  }
  return read;
}

function blankOf(type: MemberType): unknown {
  if (itemTypeOf(type) !== undefined) return [];
  switch (type) {
    case "int":
    case "short":
    case "double":
      return 0;
    case "boolean":
      return false;
    case "string":
      return "";
    case "dateTime":
      return noDate;
    case "Dictionary":
      return {};
  }
  return enumerations[type]?.[0] ?? null;
}

function readValue(type: MemberType, sent: unknown): unknown {
  const item = itemTypeOf(type);
  if (item !== undefined) {
    if (!Array.isArray(sent)) throw new Error(`Cannot read ${type}: not a list`);
    return sent.map((each) => readValue(item, each));
  }
  if (contracts.has(type)) return readCarrier(type, sent, blankCarrier(type));
  if (type === "Dictionary") return readDictionary(sent);
  if (typeof sent === "object") throw new Error(`Cannot read ${type}: not a simple value`);
  return readSimple(type, sent);
}

function readSimple(type: MemberType, sent: unknown): unknown {
  switch (type) {
    case "int":
    case "short":
    case "double": {
      const number = Number(sent);
      if (!Number.isFinite(number)) throw new Error(`Cannot read ${type}: not a number`);
      return number;
    }
    case "boolean":
      return sent === true || sent === 1 || /^(true|1)$/i.test(String(sent));
    case "dateTime":
      return sent === "" ? noDate : String(sent);
    default:
      return String(sent);
  }
}

function readDictionary(sent: unknown): Plain {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    throw new Error("Cannot read Dictionary: not an object");
  }
  return Object.fromEntries(
    Object.entries(sent).map(([key, value]) => [key, value === null ? null : String(value)]),
  );
}
