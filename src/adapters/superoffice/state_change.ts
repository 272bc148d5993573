/**
 * Reads the push of a customer state change (docs.superoffice.com, "Customer state change"): what
 * happened to which tenant, and a token by which it is SuperOffice's. Believes nothing else of it: where
 * a tenant moved to is the state endpoint's to say, never `PublicEndpoint`'s.
 */

import { ContextId } from "../../domain/context_id.ts";
import type {
  StateChange,
  StateChangeReader,
  StateChangeType,
} from "../../usecases/superoffice_ports.ts";
import type { Endpoints } from "./endpoints.ts";
import { LEGACY_ISSUER, readSerial } from "./identity_token.ts";
import type { LoginKeys } from "./login_keys.ts";
import {
  type Claims,
  hasDuplicateMember,
  hasIdentityClaim,
  identityClaim,
  isFor,
  readToken,
  refused,
  type TokenRefusal,
} from "./token_reading.ts";

export interface StateChangeReaderOptions {
  readonly endpoints: Endpoints;
  readonly clientId: string;
  readonly keys: Pick<LoginKeys, "find">;
}

/**
 * The token is bound to the tenant and not to the change: whoever gets hold of a fresh one could say
 * another thing of the same tenant with it, once. The state endpoint has the last word.
 */
export function createStateChangeReader(options: StateChangeReaderOptions): StateChangeReader {
  const { endpoints: { issuer }, clientId, keys } = options;
  return {
    async read(body, now) {
      const push = readPush(body);
      if (push === null) return refused("malformed");
      const { token, ...said } = push;
      const read = await readToken(token, keys.find, now);
      if (read.kind === "refused") return read;
      const { claims, digest: tokenDigest, usableUntil } = read;
      const reason = judgeClaims(claims, { issuer, clientId, tenant: said.contextIdentifier });
      if (reason !== null) return refused(reason);
      return { kind: "state_change", ...said, tokenDigest, usableUntil };
    },
  };
}

/** What a push says, not yet proven. */
interface Push extends Pick<StateChange, "type" | "contextIdentifier"> {
  readonly token: string;
}

/** @returns null for what is no push. Other members may be there and say nothing. */
function readPush(body: string): Push | null {
  const members = readMembers(body);
  if (members === null) return null;
  const type = readType(members.get("changetype"));
  const contextIdentifier = ContextId.parse(members.get("contextidentifier"));
  const token = members.get("token");
  if (type === null || contextIdentifier === null || typeof token !== "string") return null;
  return { type, contextIdentifier, token };
}

/** By name in lower case: .NET writes and reads these in any. Null if one is there twice. */
function readMembers(body: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    const lower = (name: string) => name.toLowerCase();
    if (hasDuplicateMember(body, lower)) return null;
    return new Map(Object.entries(value).map(([name, member]) => [lower(name), member]));
  } catch {
    return null;
  }
}

/** By SuperOffice's numbers for them. */
const TYPES = ["Upgrade", "BackupRestored", "Suspend", "Resume", "Delete", "Move"] as const;

/** A number, or .NET's other spellings of one: its digits, or its word. */
function readType(value: unknown): StateChangeType | null {
  const word = TYPES.find((type) => type === value);
  if (word !== undefined) return word;
  const number = typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : value;
  if (!Number.isInteger(number)) return null;
  const code = number as number;
  if (code < 0 || code > 999_999) return null;
  return TYPES[code] ?? `ChangeType${code}`;
}

/** Claims of people's tokens and of exchanges. The first three stand beside SuperOffice's own. */
const FOREIGN = ["nonce", "c_hash", "at_hash"];
const FOREIGN_IDENTITY = ["system_token", "ticket"];

/**
 * The vendor's sample shows the environment as issuer; other tokens that SuperOffice sends by itself
 * have `SuperOffice AS`. The audience is unpublished: where there is one it must be this application or
 * the tenant, as in SuperOffice's other tokens, and none at all is accepted. Another application's
 * push about the same tenant may thus pass for ours.
 */
function judgeClaims(
  claims: Claims,
  expected: { readonly issuer: string; readonly clientId: string; readonly tenant: ContextId },
): TokenRefusal | null {
  const { issuer, clientId, tenant } = expected;
  if (claims.iss !== issuer && claims.iss !== LEGACY_ISSUER) return "issuer";
  const serial = readSerial(claims);
  const ours = [clientId, `spn:${clientId}`, ...(serial === null ? [] : [`spn:${serial}`])];
  if (Object.hasOwn(claims, "aud") && !isFor(claims, ours)) return "audience";
  if (ContextId.parse(identityClaim(claims, "ctx")) !== tenant) return "context";
  return isForSomethingElse(claims) ? "kind" : null;
}

/** The same key signs all of SuperOffice's tokens. Of an id_token, `sub` is the person's `upn`, an address. */
function isForSomethingElse(claims: Claims): boolean {
  return FOREIGN.some((name) => Object.hasOwn(claims, name)) ||
    FOREIGN_IDENTITY.some((name) => hasIdentityClaim(claims, name)) ||
    isPerson(claims);
}

function isPerson({ sub, ...claims }: Claims): boolean {
  if (typeof sub !== "string") return false;
  return sub.includes("@") || sub.toLowerCase() === identityClaim(claims, "upn")?.toLowerCase();
}
