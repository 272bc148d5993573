/**
 * Reads a JWT that SuperOffice's login key signed: form, algorithm, signature and times, the same
 * for every kind of token. Whose token it is (issuer, audience, nonce) its reader must still judge.
 * Refuses by one constant word; nothing of a token gets into it.
 */

import { Buffer } from "node:buffer";
import { compactVerify, type CryptoKey } from "jose";
import { sha256Hex } from "../../domain/signed_text.ts";

/** Why a token is not accepted. */
export type TokenRefusal =
  | "too_large"
  | "malformed"
  | "algorithm"
  | "critical_header"
  | "unknown_key"
  | "signature"
  | "expired"
  | "not_yet_valid"
  | "issuer"
  | "audience"
  | "nonce"
  | "context"
  | "serial"
  | "company"
  | "approver"
  | "system_token_missing"
  | "ticket"
  /** A good token, for something else. */
  | "kind";

export type Claims = Readonly<Record<string, unknown>>;

export type TokenReading =
  | {
    readonly kind: "read";
    readonly claims: Claims;
    /** Hex SHA-256 of header and payload: the same however the signature is spelt. */
    readonly digest: string;
    /** From this instant on the token is refused by its times, whole milliseconds. */
    readonly usableUntil: number;
  }
  | Refused;

export interface Refused {
  readonly kind: "refused";
  readonly reason: TokenRefusal;
}

/** @returns a refusal */
export function refused(reason: TokenRefusal): Refused {
  return { kind: "refused", reason };
}

/** Finds the RS256 key; null if there is none. @throws whatever a key source in trouble throws */
export type FindKey = (kid: string | undefined) => Promise<CryptoKey | null>;

const MAX_LENGTH = 16 * 1024;

/**
 * Verifies a compact JWS (RFC 7515) and reads its claims. RS256 only, whatever the header says.
 *
 * @param now milliseconds since the epoch
 */
export async function readToken(
  token: string,
  findKey: FindKey,
  now: number,
): Promise<TokenReading> {
  if (token.length > MAX_LENGTH) return refused("too_large");
  const parts = token.split(".");
  if (parts.length !== 3 || !parts.every(isCanonical)) return refused("malformed");
  const [header, claims] = parts.slice(0, 2).map(readObject);
  if (!header || !claims) return refused("malformed");
  if (header.alg !== "RS256") return refused("algorithm");
  if (Object.hasOwn(header, "crit")) return refused("critical_header");
  const { kid } = header;
  if (kid !== undefined && typeof kid !== "string") return refused("malformed");
  const key = await findKey(kid);
  if (key === null) return refused("unknown_key");
  try {
    await compactVerify(token, key, { algorithms: ["RS256"] });
  } catch {
    return refused("signature");
  }
  const times = readTimes(claims, now);
  if ("kind" in times) return times;
  return { kind: "read", claims, digest: sha256Hex(`${parts[0]}.${parts[1]}`), ...times };
}

/** Prefix of SuperOffice's own claims (docs.superoffice.com, "Validate security tokens"). */
export const IDENTITY_PREFIX = "http://schemes.superoffice.net/identity/";

/** @returns one of SuperOffice's claims if it is a string that is not empty, else null */
export function identityClaim(claims: Claims, name: string): string | null {
  return textClaim(claims, IDENTITY_PREFIX + name);
}

/** True if there is such a claim, whatever it holds. */
export function hasIdentityClaim(claims: Claims, name: string): boolean {
  return Object.hasOwn(claims, IDENTITY_PREFIX + name);
}

/** @returns a claim if it is a string that is not empty, else null */
export function textClaim(claims: Claims, name: string): string | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}

/**
 * True if the audience is one of ours. Of an array every member must be (SuperOffice has been seen
 * to repeat the id): a token that is also for somebody else is not for us.
 */
export function isFor(claims: Claims, ours: readonly string[]): boolean {
  const { aud } = claims;
  const all: unknown[] = Array.isArray(aud) ? aud : [aud];
  return all.length > 0 && all.every((one) => typeof one === "string" && ours.includes(one));
}

/** The only spelling of its bytes: no padding, no stray bits, no other letters. */
function isCanonical(part: string): boolean {
  // No bytes are spelled in so many letters, and Deno 2.5 throws for them.
  if (part.length % 4 === 1) return false;
  return Buffer.from(part, "base64url").toString("base64url") === part;
}

function readObject(part: string): Claims | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(Buffer.from(part, "base64url"));
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return hasDuplicateMember(text) ? null : value as Claims;
  } catch {
    return null;
  }
}

/**
 * Duplicate members are where two readers see two tokens (RFC 7519, section 4). Looks at the
 * outermost object of a text that is known to be JSON.
 *
 * @param spell how a name is spelt before it is compared; as it is, if not given
 */
export function hasDuplicateMember(
  text: string,
  spell: (name: string) => string = (name) => name,
): boolean {
  const seen = new Set<string>();
  let depth = 0;
  let last = "";
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (mark === "{" || mark === "[") depth++;
    else if (mark === "}" || mark === "]") depth--;
    else if (mark === ":" && depth === 1) {
      const name = spell(JSON.parse(last) as string);
      if (seen.has(name)) return true;
      seen.add(name);
    }
    last = mark;
  }
  return false;
}

/** Tokens live five minutes; their end is near, so it gets less leeway than a beginning does. */
const EXPIRY_LEEWAY_SECONDS = 60;
const START_LEEWAY_SECONDS = 300;

/** The largest second that a Date can hold. */
const MAX_SECOND = 8.64e12;

/** `exp` must be there; `nbf` and `iat` count where they are. `iat` has been seen as a string. */
function readTimes(claims: Claims, now: number): { readonly usableUntil: number } | Refused {
  const { exp, nbf, iat } = claims;
  const issued = typeof iat === "string" && /^\d{1,12}$/.test(iat) ? Number(iat) : iat;
  if (!isSecond(exp)) return refused("malformed");
  // Seconds may have fractions (RFC 7519, NumericDate); our instants are whole milliseconds.
  const usableUntil = Math.floor((exp + EXPIRY_LEEWAY_SECONDS) * 1000);
  if (now >= usableUntil) return refused("expired");
  for (const start of [nbf, issued]) {
    if (start === undefined) continue;
    if (!isSecond(start)) return refused("malformed");
    if (now < (start - START_LEEWAY_SECONDS) * 1000) return refused("not_yet_valid");
  }
  return { usableUntil };
}

function isSecond(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < MAX_SECOND;
}
