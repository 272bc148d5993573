/**
 * Reads requests as protocol buffers in JSON: unknown members, base64, Int64, enumerations as names or
 * numbers, durations, checksums. Whatever it refuses is INVALID_ARGUMENT and names the field.
 */
import { Buffer } from "node:buffer";
import { crc32c } from "./crc32c.ts";
import { KmsError } from "./kms_error.ts";
import { isElsewhere } from "./enums.ts";
import { isResourceId } from "./resource_name.ts";

/** A request that the caller should not have sent. */
export function invalid(message: string): KmsError {
  return new KmsError("INVALID_ARGUMENT", message);
}

/** An object that has no members but these, which may be spelt as in the proto: `digest_crc32c`. */
export function readObject<K extends string>(
  value: unknown,
  members: readonly K[],
): Readonly<Partial<Record<K, unknown>>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("Invalid JSON payload received. Expected an object.");
  }
  const known: readonly string[] = members;
  const entries = Object.entries(value).map(([key, member]) => {
    const name = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    if (known.includes(name)) return [name, member];
    throw invalid(`Invalid JSON payload received. Unknown name "${key}": Cannot find field.`);
  });
  return Object.fromEntries(entries);
}

/** Base64, standard or URL-safe, with or without its padding. */
export function readBytes(value: unknown, field: string): Uint8Array {
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "base64");
    const bare = value.replaceAll("-", "+").replaceAll("_", "/").replace(/={1,2}$/, "");
    if (bytes.toString("base64").replace(/=+$/, "") === bare) return bytes;
  }
  throw invalid(`Invalid value at '${field}' (TYPE_BYTES), Base64 decoding failed`);
}

/** @returns whether a checksum was sent; a wrong one is refused by the name of its field */
export function checkCrc(bytes: Uint8Array, value: unknown, field: string): boolean {
  if (value === undefined || value === null) return false;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^-?\d{1,19}$/.test(text)) {
    throw invalid(
      `Invalid value at '${field}_crc32c' (type.googleapis.com/google.protobuf.Int64Value)`,
    );
  }
  if (BigInt(text) !== BigInt(crc32c(bytes))) {
    throw invalid(
      `The checksum in field ${field}_crc32c did not match the data in field ${field}.`,
    );
  }
  return true;
}

/** @returns null if it was not sent, or sent as unspecified */
export function readEnum<T extends string>(
  members: Readonly<Record<T, number>>,
  value: unknown,
  field: string,
): T | null {
  if (value === undefined || value === null || value === 0) return null;
  const names = Object.keys(members) as T[];
  const name = names.find((it) => it === value || members[it] === value);
  if (name !== undefined) return name;
  if (typeof value === "string" && value.endsWith("_UNSPECIFIED")) return null;
  if (typeof value === "string" && isElsewhere(value)) {
    throw new KmsError("UNIMPLEMENTED", `This stand-in does not know ${value}.`);
  }
  throw invalid(`Invalid value at '${field}' (TYPE_ENUM), ${JSON.stringify(value)}`);
}

export function requireEnum<T extends string>(
  members: Readonly<Record<T, number>>,
  value: unknown,
  field: string,
): T {
  const name = readEnum(members, value, field);
  if (name !== null) return name;
  throw invalid(`Field ${field} is required.`);
}

export function readFlag(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return false;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw invalid(`Invalid value at '${field}' (TYPE_BOOL), ${JSON.stringify(value)}`);
}

/** `"86400s"`. @returns whole seconds, or null if it was not sent */
export function readSeconds(value: unknown, field: string): number | null {
  if (value === undefined || value === null) return null;
  const seconds = typeof value === "string" ? /^(\d{1,12})(?:\.0+)?s$/.exec(value)?.[1] : undefined;
  if (seconds !== undefined) return Number(seconds);
  throw invalid(`Invalid value at '${field}' (type.googleapis.com/google.protobuf.Duration)`);
}

/** `{"team": "crm"}`. */
export function readLabels(value: unknown): Readonly<Record<string, string>> {
  const given = value ?? {};
  const isMap = typeof given === "object" && !Array.isArray(given);
  const labels = Object.entries(isMap ? given : { "": null });
  if (labels.every((it): it is [string, string] => typeof it[1] === "string")) {
    return Object.fromEntries(labels);
  }
  throw invalid("Invalid value at 'crypto_key.labels' (TYPE_STRING)");
}

/** What the caller wants to call a new resource. */
export function readId(query: URLSearchParams, parameter: string): string {
  const id = query.get(parameter) ?? "";
  if (isResourceId(id)) return id;
  throw invalid(`${parameter} must match [a-zA-Z0-9_-]{1,63}.`);
}

/** One page of a list, as `pageSize` and `pageToken` ask for it. */
export function readPage<T>(query: URLSearchParams, all: readonly T[]): {
  readonly page: readonly T[];
  readonly nextPageToken: string | null;
} {
  for (const parameter of ["filter", "orderBy"]) {
    if (query.get(parameter)) {
      throw new KmsError("UNIMPLEMENTED", `This stand-in does not know ${parameter}.`);
    }
  }
  const size = Number(query.get("pageSize") ?? 0);
  const from = Number(query.get("pageToken") ?? 0);
  if (!Number.isInteger(size) || size < 0) throw invalid("Invalid value at 'page_size'");
  if (!Number.isInteger(from) || from < 0) throw invalid("Invalid value at 'page_token'");
  const to = from + (size === 0 ? PAGE : Math.min(size, MOST));
  return { page: all.slice(from, to), nextPageToken: to < all.length ? String(to) : null };
}

const PAGE = 100;
const MOST = 1000;
