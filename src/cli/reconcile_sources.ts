/**
 * Where a reconciliation gets its texts from: files, standard input, Cloud Logging. As a stream, since an
 * export may be larger than memory holds. What cannot be read to its end is a fault, by name and line.
 */

import { auditFilter, type AuditQuery } from "../adapters/google_logging/audit_filter.ts";
import {
  createCloudLogging,
  LoggingFault,
  type LoggingFaultReason,
} from "../adapters/google_logging/cloud_logging.ts";
import { createGoogleCredentials } from "../adapters/signing/google_credentials.ts";
import type { AuditLog } from "../domain/audit_log.ts";
import { isKeyVersionName } from "../domain/key_version.ts";
import { parseSecureUrl } from "../domain/secure_url.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { AGENT } from "../parts.ts";
import { commandAccess } from "../parts_google.ts";
import { systemClock } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";

/** Reads one export of Cloud Audit Logs. @throws UsageFault with the line that cannot be read */
export async function readLogFile(log: AuditLog, path: string): Promise<void> {
  const text = log.text();
  const name = path === "-" ? "standard input" : path;
  try {
    for await (const piece of textOf(path)) {
      if (text.push(piece) !== null) break;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageFault(`Cannot read ${name}: neither UTF-8 nor whole gzip`);
  }
  const fault = text.end();
  if (fault !== null) throw new UsageFault(`Cannot read ${name}: line ${fault.line}: ${fault.why}`);
}

/** A small text. @returns null if it is none */
export async function readText(path: string): Promise<string | null> {
  try {
    return (await Array.fromAsync(textOf(path))).join("");
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * The text of a file in pieces: UTF-8, UTF-16 with its mark as PowerShell writes it, or gzip of either.
 *
 * @param path `-` is standard input
 * @throws TypeError for what is no text, UsageFault for what cannot be opened
 */
export async function* textOf(path: string): AsyncGenerator<string> {
  const given = await peek(path === "-" ? Deno.stdin.readable : await open(path));
  const isGzip = given.first[0] === 0x1f && given.first[1] === 0x8b;
  const { first, all } = isGzip ? await peek(unzipped(given.all)) : given;
  const decoder = new TextDecoder(encodingOf(first), { fatal: true });
  for await (const chunk of all) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function unzipped(bytes: AsyncIterable<Bytes>): ReadableStream<Bytes> {
  return ReadableStream.from(bytes).pipeThrough(new DecompressionStream("gzip"));
}

function encodingOf([one, two]: Uint8Array): string {
  return one === 0xff && two === 0xfe
    ? "utf-16le"
    : one === 0xfe && two === 0xff
    ? "utf-16be"
    : "utf-8";
}

async function open(path: string): Promise<ReadableStream<Bytes>> {
  try {
    if (!(await Deno.stat(path)).isDirectory) return (await Deno.open(path)).readable;
  } catch {
    // Said below.
  }
  throw new UsageFault(`Cannot read ${path}: no such file, or not readable`);
}

/** @returns the first bytes, two if there are so many, and all of them */
async function peek(
  stream: ReadableStream<Bytes>,
): Promise<{ readonly first: Bytes; readonly all: AsyncIterable<Bytes> }> {
  const iterator = stream[Symbol.asyncIterator]();
  let first: Bytes = new Uint8Array();
  while (first.length < 2) {
    const { done, value } = await iterator.next();
    if (done) break;
    const joined = new Uint8Array(first.length + value.length);
    joined.set(first);
    joined.set(value, first.length);
    first = joined;
  }
  async function* all(): AsyncGenerator<Bytes> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { first, all: all() };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** What is asked of Cloud Logging. */
export type Live = Omit<AuditQuery, "keyVersions">;

/** Asks Cloud Logging for all signatures by these keys. @throws UsageFault */
export async function readLive(
  log: AuditLog,
  live: Live,
  keyVersions: readonly string[],
  options: { readonly project?: readonly string[]; readonly loggingEndpoint?: string },
): Promise<void> {
  const names = keyVersions.filter(isKeyVersionName);
  const resources = options.project ?? names.map((name) => name.split("/")[1]!);
  const project = resources[0];
  if (project === undefined) {
    throw new UsageFault("Cannot ask Cloud Logging: no key in Cloud KMS is known; give --project");
  }
  const endpoint = endpointOf(options.loggingEndpoint);
  const logging = createCloudLogging({
    endpoint,
    credentials: createGoogleCredentials({
      projectId: project,
      scope: READ_LOGS,
      access: commandAccess(),
    }),
    userAgent: AGENT,
    clock: systemClock,
  });
  // A view or a folder has a name of several parts.
  const whole = [...new Set(resources)].map((it) => it.includes("/") ? it : `projects/${it}`);
  const filter = auditFilter({ ...live, keyVersions: names });
  try {
    for await (const page of logging.entries(whole, filter)) {
      for (const entry of page) take(log, entry);
    }
  } catch (error) {
    if (error instanceof LoggingFault) throw new UsageFault(SENTENCES[error.reason]);
    if (error instanceof SignerFault) throw new UsageFault(SENTENCES.unauthenticated);
    throw error;
  }
}

const READ_LOGS = "https://www.googleapis.com/auth/logging.read";

function take(log: AuditLog, entry: unknown): void {
  const why = log.take(entry);
  if (why !== null) throw new UsageFault(`Cannot read an entry of Cloud Logging: ${why}`);
}

function endpointOf(text: string | undefined): URL | null {
  if (text === undefined) return null;
  const url = parseSecureUrl(text);
  if (url !== null) return url;
  throw new UsageFault("Cannot use --logging-endpoint: neither https nor http on this machine");
}

const SENTENCES: Readonly<Record<LoggingFaultReason, string>> = {
  unauthenticated: "Cannot read Cloud Logging: no Google credentials that it takes",
  denied: "Cannot read Cloud Logging: denied; it needs roles/logging.privateLogViewer",
  not_found: "Cannot read Cloud Logging: no such project",
  refused: "Cannot read Cloud Logging: it refuses the request; is --project right?",
  busy: "Cannot read Cloud Logging: it is busy or down, five times in a row",
  timeout: "Cannot read Cloud Logging: it does not answer",
  network: "Cannot read Cloud Logging: it cannot be reached",
  too_large: "Cannot read Cloud Logging: an answer is larger than its entries can be",
  protocol: "Cannot read Cloud Logging: what answers is not Cloud Logging",
};
