/**
 * `entries.list` of Cloud Logging over the stand-in's own audit log: filter, order, pages. A search that
 * takes more than one page begins with an empty page, as Google's may: a client that stops there has
 * seen nothing. Source: Cloud Logging API v2, entries.list.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Json } from "./answer.ts";
import { KmsError } from "./kms_error.ts";
import { parseLogFilter } from "./log_filter.ts";

/**
 * Answers one request. @param entries everything that can be read by now
 * @throws KmsError INVALID_ARGUMENT
 */
export function listLogEntries(entries: readonly unknown[], body: unknown): Json {
  const { resourceNames, filter = "", orderBy = "", pageSize = 50, pageToken = "" } = Object(body);
  if (!isTexts(resourceNames)) throw invalid("resource_names must not be empty");
  if (typeof filter !== "string") throw invalid("filter is not a string");
  const newestFirst = orderBy === "timestamp desc";
  if (!newestFirst && orderBy !== "" && orderBy !== "timestamp asc") {
    throw invalid("Unsupported order_by");
  }
  if (!Number.isInteger(pageSize) || pageSize < 0 || pageSize > 1000) {
    throw invalid("page_size must be between 0 and 1000");
  }
  const query = hash(JSON.stringify([resourceNames, filter, orderBy]));
  const from = pageToken === "" ? null : offsetOf(pageToken, query);
  const matches = parseLogFilter(filter);
  const found = entries.filter((entry) => isIn(entry, resourceNames) && matches(entry))
    .sort((one, other) => inTime(one, other) * (newestFirst ? -1 : 1));
  const size = pageSize === 0 ? 50 : pageSize;
  const isLong = found.length > size;
  if (from === null && isLong) return { nextPageToken: tokenOf(0, query) };
  const page = found.slice(from ?? 0, (from ?? 0) + size);
  const end = (from ?? 0) + page.length;
  return {
    ...(page.length > 0 && { entries: page }),
    ...(end < found.length && { nextPageToken: tokenOf(end, query) }),
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((it) => typeof it === "string");
}

function isIn(entry: unknown, resourceNames: readonly string[]): boolean {
  const { logName } = Object(entry);
  return resourceNames.some((name) => String(logName).startsWith(`${name}/logs/`));
}

/** Entries of one time in the order of their insert ids. */
function inTime(one: unknown, other: unknown): number {
  const keyOf = (entry: unknown) => `${Object(entry).timestamp} ${Object(entry).insertId}`;
  return keyOf(one) < keyOf(other) ? -1 : 1;
}

function tokenOf(offset: number, query: string): string {
  return Buffer.from(`${offset} ${query}`).toString("base64url");
}

/** A token goes with the request that it was made for. */
function offsetOf(token: unknown, query: string): number {
  const text = Buffer.from(String(token), "base64url").toString();
  const [, offset] = /^(\d{1,9}) (\w+)$/.exec(text) ?? [];
  if (offset === undefined || !text.endsWith(` ${query}`)) throw invalid("page_token is invalid");
  return Number(offset);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function invalid(message: string): KmsError {
  return new KmsError("INVALID_ARGUMENT", message);
}
