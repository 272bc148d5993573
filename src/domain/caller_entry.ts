/**
 * Entries of `CALLERS`: who may call, how each proves itself, and what each may do. Reads JSON into
 * typed values and reports every problem at once, by path and without repeating any value.
 */

import { type Caller, type Permission, PERMISSIONS } from "./caller.ts";
import { ContextId } from "./context_id.ts";
import { parseSecureUrl } from "./secure_url.ts";

/** One caller: its permissions, its limit, and the one way in which it proves itself. */
export interface CallerEntry {
  readonly caller: Caller;
  /** Null: no limit. */
  readonly requestsPerMinute: number | null;
  readonly credential: ApiKeyCredential | JwtCredential;
}

export interface ApiKeyCredential {
  readonly kind: "api_key";
  /** Lower-case hex SHA-256 of whole keys; two while a key is being replaced. */
  readonly digests: readonly string[];
}

export interface JwtCredential {
  readonly kind: "jwt";
  /** Exactly as in `iss`. */
  readonly issuer: string;
  readonly audience: string;
  /** See `subjectMatcher`. */
  readonly subject: string;
}

export type CallersReading =
  | { readonly ok: true; readonly entries: readonly CallerEntry[] }
  /** Each `path: what is wrong`, for example `callers[1].may: is missing`. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** One in use and the one that replaces it: what nobody remembers is nobody's to watch. */
export const MAX_API_KEYS = 2;

/** Far beyond what one process answers, and far below where numbers lose their last digit. */
const MAX_PER_MINUTE = 10_000_000;

/** Reads the parsed JSON of `CALLERS`. */
export function parseCallers(value: unknown): CallersReading {
  const problems: string[] = [];
  const report: Report = (path, problem) => {
    problems.push(`${path}: ${problem}`);
  };
  const entries = isObject(value) && Array.isArray(value.callers)
    ? value.callers.map((one, index) => readEntry(one, `callers[${index}]`, report))
    : [];
  if (!isObject(value)) report("callers", "is no object with a list of callers");
  else {
    if (!Array.isArray(value.callers)) report("callers", "is no list");
    reportUnknown(value, ["callers"], "", report);
  }
  reportRepeats(entries, report);
  const read = entries.filter((entry) => entry !== null);
  return problems.length === 0 ? { ok: true, entries: read } : { ok: false, problems };
}

type Report = (path: string, problem: string) => void;
type Members = Readonly<Record<string, unknown>>;

const COMMON = ["id", "tenants", "may", "requests_per_minute"];
const API_KEY = ["api_key_sha256"];
const JWT = ["issuer", "audience", "subject"];

function readEntry(value: unknown, path: string, report: Report): CallerEntry | null {
  if (!isObject(value)) {
    report(path, "is no object");
    return null;
  }
  reportUnknown(value, [...COMMON, ...API_KEY, ...JWT], `${path}.`, report);
  const id = readText(value, "id", path, report, /^[A-Za-z0-9._-]{1,64}$/);
  const permissions = readList(value, "may", path, report, readPermission);
  const tenants = readList(value, "tenants", path, report, readTenant);
  const credential = readCredential(value, path, report);
  const limit = value.requests_per_minute ?? null;
  const isLimit = Number.isSafeInteger(limit) && (limit as number) >= 1 &&
    (limit as number) <= MAX_PER_MINUTE;
  if (limit !== null && !isLimit) {
    report(`${path}.requests_per_minute`, `is no whole number from 1 to ${MAX_PER_MINUTE}`);
  }
  if (id === null || permissions === null || tenants === null || credential === null) return null;
  return {
    caller: { id, tenants: new Set(tenants), permissions: new Set(permissions) },
    requestsPerMinute: limit as number | null,
    credential,
  };
}

function readCredential(
  value: Members,
  path: string,
  report: Report,
): CallerEntry["credential"] | null {
  const hasKeys = API_KEY.some((name) => Object.hasOwn(value, name));
  const hasIssuer = JWT.some((name) => Object.hasOwn(value, name));
  if (hasKeys === hasIssuer) {
    report(path, "needs either api_key_sha256, or issuer, audience and subject");
    return null;
  }
  if (hasKeys) {
    const digests = readList(value, "api_key_sha256", path, report, readDigest);
    if (digests !== null && digests.length > MAX_API_KEYS) {
      report(`${path}.api_key_sha256`, "has more than two: take out what nobody uses");
      return null;
    }
    return digests === null ? null : { kind: "api_key", digests };
  }
  const issuer = readText(value, "issuer", path, report, /^[!-~]{1,512}$/);
  const isIssuer = issuer === null || isIssuerUrl(issuer);
  if (!isIssuer) report(`${path}.issuer`, "is no https URL (http only for loopback)");
  const audience = readText(value, "audience", path, report, /^[!-~]{1,512}$/);
  const subject = readText(value, "subject", path, report, /^[ -~]{1,512}$/);
  if (issuer === null || !isIssuer || audience === null || subject === null) return null;
  return { kind: "jwt", issuer, audience, subject };
}

/** OpenID Connect Discovery 1.0, section 2: neither query nor fragment. */
function isIssuerUrl(text: string): boolean {
  return parseSecureUrl(text) !== null && !/[?#]/.test(text);
}

function readPermission(value: unknown): Permission | null {
  return PERMISSIONS.find((permission) => permission === value) ?? null;
}

function readTenant(value: unknown): string | null {
  return value === "*" ? value : ContextId.parse(value);
}

function readDigest(value: unknown): string | null {
  return typeof value === "string" && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null;
}

function readText(
  value: Members,
  name: string,
  path: string,
  report: Report,
  form: RegExp,
): string | null {
  const text = value[name];
  if (typeof text === "string" && form.test(text)) return text;
  report(`${path}.${name}`, text === undefined ? "is missing" : "is not of its form");
  return null;
}

function readList<T>(
  value: Members,
  name: string,
  path: string,
  report: Report,
  read: (one: unknown) => T | null,
): T[] | null {
  const list = value[name];
  if (!Array.isArray(list) || list.length === 0) {
    report(`${path}.${name}`, list === undefined ? "is missing" : "is no list with members");
    return null;
  }
  const values = list.map(read);
  values.forEach((one, index) => {
    if (one === null) report(`${path}.${name}[${index}]`, "is not of its form");
  });
  const good = values.filter((one) => one !== null);
  return good.length === values.length ? good : null;
}

function reportUnknown(
  value: Members,
  known: readonly string[],
  path: string,
  report: Report,
): void {
  for (const name of Object.keys(value).filter((one) => !known.includes(one))) {
    // A key pasted in the wrong place would be a name: only words are repeated, nothing with digits.
    const shown = /^[a-z_]{1,32}$/.test(name) ? name : "?";
    report(`${path}${shown}`, "is not a known member");
  }
}

/** The same id or credential twice would make it a matter of order who a caller is. */
function reportRepeats(entries: readonly (CallerEntry | null)[], report: Report): void {
  const seen = new Map<string, number>();
  entries.forEach((entry, index) => {
    if (entry === null) return;
    const { caller, credential } = entry;
    const marks: [string, string][] = [["id", `id ${caller.id}`]];
    if (credential.kind === "api_key") {
      for (const digest of credential.digests) marks.push(["api_key_sha256", digest]);
    } else {
      const { issuer, audience, subject } = credential;
      marks.push(["subject", JSON.stringify([issuer, audience, subject])]);
    }
    for (const [member, mark] of marks) {
      const first = seen.get(mark);
      if (first === undefined) seen.set(mark, index);
      else report(`callers[${index}].${member}`, `is the same as in callers[${first}]`);
    }
  });
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
