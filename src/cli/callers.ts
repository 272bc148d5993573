/**
 * Commands about callers: makes keys, shows who is configured, and says what a credential may do and
 * which rule says so. A credential is read from standard input only: arguments are seen by other
 * processes and kept by shells.
 */

import { generateApiKey } from "../adapters/callers/api_keys.ts";
import { createCallers } from "../adapters/callers/callers.ts";
import type { Finding, Nobody } from "../adapters/callers/finding.ts";
import type { Config } from "../config.ts";
import { type CallerEntry, MAX_API_KEYS, parseCallers } from "../domain/caller_entry.ts";
import { type Permission, PERMISSIONS, type Ruling, rulingOn } from "../domain/caller.ts";
import { ContextId } from "../domain/context_id.ts";
import type { Secret } from "../domain/secret.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import { requireConfig } from "../main.ts";
import { isFile } from "../parts_stores.ts";
import { print } from "../print.ts";
import { sandboxCaller } from "../sandbox.ts";
import { UsageFault } from "../usage_fault.ts";

const generate = () => generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));

export interface CreateOptions {
  readonly id: string;
  readonly may: readonly string[];
  readonly tenants: readonly string[];
  readonly requestsPerMinute?: number;
  readonly json?: true;
}

/** Makes a key and a new caller's entry. */
export function createCaller(options: CreateOptions): number {
  const { id, may, tenants, requestsPerMinute, json } = options;
  const { key, digest } = generate();
  const limit = requestsPerMinute === undefined ? {} : { requests_per_minute: requestsPerMinute };
  const entry = { id, api_key_sha256: [digest], tenants, may, ...limit };
  const parsed = parseCallers({ callers: [entry] });
  if (!parsed.ok) throw new UsageFault(`Cannot make the caller: ${parsed.problems.join("; ")}`);
  sayKey(key, entry, "To add to the callers in CALLERS or CALLERS_FILE:", json);
  return 0;
}

/** Makes a second key for a configured caller, so that the first works until it is taken out. */
export function rotateCaller({ id, json }: { readonly id: string; readonly json?: true }): number {
  const entry = configuredCallers(requireConfig()).find(({ caller }) => caller.id === id);
  if (entry === undefined) {
    throw new UsageFault(
      "Cannot make a key: no caller of that id; is CALLERS or CALLERS_FILE set as for the service?",
    );
  }
  const { credential } = entry;
  if (credential.kind !== "api_key") {
    throw new UsageFault("Cannot make a key: the caller has an issuer and needs none");
  }
  if (credential.digests.length >= MAX_API_KEYS) {
    throw new UsageFault("Cannot make a key: the caller has two already; take the older one out");
  }
  const { key, digest } = generate();
  const digests = [...credential.digests, digest];
  const rotated = entryOf({ ...entry, credential: { kind: "api_key", digests } });
  sayKey(key, rotated, "In place of the caller's entry; take the first digest out later:", json);
  return 0;
}

function sayKey(key: Secret, entry: unknown, what: string, json: true | undefined): void {
  if (json) {
    print.line(JSON.stringify({ api_key: key.reveal(), caller: entry }));
    return;
  }
  print.error("The API key, shown this once:");
  print.line(key.reveal());
  print.error(what);
  print.line(JSON.stringify(entry));
}

/** Prints the configured callers. */
export function listCallers({ json }: { readonly json?: true }): number {
  const entries = configuredCallers(requireConfig());
  if (json) print.line(JSON.stringify({ callers: entries.map(entryOf) }));
  else for (const entry of entries) print.line(lineOf(entry));
  return 0;
}

function lineOf({ caller, credential, requestsPerMinute }: CallerEntry): string {
  const who = credential.kind === "api_key"
    ? `API key ${credential.digests.map((digest) => `${digest.slice(0, 8)}…`).join(", ")}`
    : `${credential.subject} of ${credential.issuer}, for ${credential.audience}`;
  const limit = requestsPerMinute === null ? "no limit" : `${requestsPerMinute} a minute`;
  const may = [...caller.permissions].join(", ");
  return `${caller.id}: ${who}; may ${may}; tenants ${[...caller.tenants].join(", ")}; ${limit}`;
}

/** As in `CALLERS`. */
function entryOf({ caller, credential, requestsPerMinute }: CallerEntry) {
  const { id, tenants, permissions } = caller;
  const { kind: _, ...jwt } = credential.kind === "jwt" ? credential : { kind: null };
  return {
    id,
    ...(credential.kind === "api_key" ? { api_key_sha256: credential.digests } : jwt),
    tenants: [...tenants],
    may: [...permissions],
    ...(requestsPerMinute === null ? {} : { requests_per_minute: requestsPerMinute }),
  };
}

export interface CheckOptions {
  readonly may: string;
  readonly tenant?: string;
  readonly json?: true;
}

/** Says what the credential on standard input may do. @returns 0 for yes, 1 for no */
export async function checkCaller(options: CheckOptions): Promise<number> {
  const permission = PERMISSIONS.find((known) => known === options.may);
  if (permission === undefined) {
    throw new UsageFault(`Cannot check: --may is none of ${PERMISSIONS.join(", ")}`);
  }
  const tenant = options.tenant === undefined ? null : ContextId.parse(options.tenant);
  if (options.tenant !== undefined && tenant === null) {
    throw new UsageFault("Cannot check: --tenant is no context identifier such as Cust12345");
  }
  if (tenant === null && (permission === "ticket" || permission === "relay")) {
    throw new UsageFault(`Cannot check: ${permission} is about a tenant; name it with --tenant`);
  }
  const entries = configuredCallers(requireConfig());
  const callers = createCallers({ callers: entries, digest: sha256Hex, now: () => Date.now() });
  const finding = await callers.explain(`Bearer ${await readCredential()}`);
  return say(finding, entries, permission, tenant, options.json);
}

async function readCredential(): Promise<string> {
  if (Deno.stdin.isTerminal()) print.error("The credential, then Ctrl-D:");
  const text = await new Response(Deno.stdin.readable).text();
  const credential = text.trim().replace(/^bearer\s+/i, "");
  if (credential === "") throw new UsageFault("Cannot check: no credential on standard input");
  return credential;
}

function say(
  finding: Finding,
  entries: readonly CallerEntry[],
  permission: Permission,
  tenant: ContextId | null,
  json: true | undefined,
): number {
  if (finding.caller === null) {
    if (json) print.line(JSON.stringify({ allowed: false, ...finding }));
    else for (const line of linesOf(finding)) print.line(line);
    return 1;
  }
  const { caller } = finding;
  const ruling = rulingOn(caller, permission, tenant);
  const allowed = ruling.unmatched.length === 0;
  const entry = `callers[${entries.findIndex((one) => one.caller.id === caller.id)}]`;
  if (json) print.line(JSON.stringify({ allowed, caller: caller.id, entry, ...ruling }));
  else print.line(sentenceOf(`${caller.id} (${entry})`, ruling, permission, tenant));
  return allowed ? 0 : 1;
}

function sentenceOf(
  who: string,
  { matched, unmatched }: Ruling,
  permission: Permission,
  tenant: ContextId | null,
): string {
  const what = `${permission}${tenant === null ? "" : ` for ${tenant}`}`;
  const rules = (names: readonly string[]) => names.map((name) => `"${name}"`).join(" and ");
  if (unmatched.length === 0) return `yes: ${who} may ${what}, by ${rules(matched)}`;
  const although = matched.length === 0 ? "" : `, though by ${rules(matched)}`;
  return `no: ${who} may not ${what}: not by ${rules(unmatched)}${although}`;
}

function linesOf({ reason, issuer, subject, rules = [] }: Nobody): string[] {
  const of = [
    ...(issuer === undefined ? [] : [`issuer ${issuer}`]),
    ...(subject === undefined ? [] : [`subject ${subject}`]),
  ];
  return [
    `no: it is nobody's: ${[reason, ...of].join(", ")}`,
    ...rules.map(({ caller, matched, unmatched }) =>
      `  ${caller}: ${
        [...matched.map((name) => `${name} fits`), ...unmatched.map((name) => `${name} does not`)]
          .join(", ")
      }`
    ),
  ];
}

/** The configuration's, or the sandbox's if it has run. */
function configuredCallers(config: Config): readonly CallerEntry[] {
  if (config.callers !== null) return config.callers;
  if (isFile(config, "sandbox_api_key")) return sandboxCaller(config).callers;
  throw new UsageFault("Cannot read the callers: neither CALLERS nor CALLERS_FILE is set");
}
