/**
 * Callers that prove themselves by a JWT of an issuer that the operator named (workload identity:
 * RFC 7519, OpenID Connect). A token is judged by its issuer's published keys and nothing else;
 * verified ones are remembered by digest. An issuer that is down concerns its own callers only.
 */

import {
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import type { Caller } from "../../domain/caller.ts";
import type { CallerEntry } from "../../domain/caller_entry.ts";
import { subjectMatcher } from "../../domain/subject_pattern.ts";
import { isWithin } from "../../domain/within.ts";
import type { Log } from "../../usecases/ports.ts";
import type { KeySet } from "../outbound/key_set.ts";
import {
  type Finding,
  type KnownCaller,
  MAX_SUBJECT,
  nobody,
  type NobodyReason,
  type RuleFinding,
} from "./finding.ts";
import { createIssuerKeys, IssuerFault } from "./issuer_keys.ts";
import { createVerified } from "./verified.ts";

export interface JwtCallers {
  /**
   * @param digest the token's
   * @returns whose token this is if it was verified before; undefined if it is not known
   */
  remembered(token: string, digest: string): KnownCaller | undefined;
  /** @param digest the token's, to remember it by */
  verify(token: string, digest: string): Promise<Finding>;
}

export interface JwtCallersOptions {
  readonly callers: readonly CallerEntry[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For each call to an issuer. */
  readonly timeoutMs: number;
  /** How many verified tokens are remembered at most; 10 000 if absent. */
  readonly maxRemembered?: number;
  readonly log?: Pick<Log, "warn">;
  readonly fetch?: typeof fetch;
}

const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
const SKEW_SECONDS = 60;

/** Between warnings of one issuer. */
const QUIET_MS = 60_000;

export function createJwtCallers(options: JwtCallersOptions): JwtCallers {
  const { now, log } = options;
  const issuers = createIssuers(options);

  const judge = async (token: string): Promise<Finding> => {
    const claimed = peek(token);
    if (typeof claimed === "string") return nobody(claimed);
    const { issuer: name } = claimed;
    const issuer = issuers.get(name);
    if (issuer === undefined) return nobody("issuer_unknown");
    try {
      const payload = await verifiedBy(issuer, token, claimed, now());
      if (payload === null) return nobody("key_unknown", { issuer: name });
      if (!isBegun(payload, now())) return nobody("not_yet", { issuer: name });
      return issuer.findingOn(payload);
    } catch (error) {
      // Made-up tokens are no reason to say it again.
      if (error instanceof IssuerFault && !isWithin(issuer.warnedAt, QUIET_MS, now())) {
        issuer.warnedAt = now();
        log?.warn("callers.issuer_unusable", { issuer: name, reason: error.reason });
      }
      return nobody(reasonOf(error), { issuer: name });
    }
  };

  const verified = createVerified({ judge, now, max: options.maxRemembered ?? 10_000 });
  return {
    remembered: verified.find,
    async verify(token, digest) {
      const finding = await judge(token);
      if (finding.caller !== null) verified.put(digest, finding);
      return finding;
    },
  };
}

/** @returns null if there is no key for it @throws IssuerFault, or jose's errors */
async function verifiedBy(
  { keys, findingOn }: Issuer,
  token: string,
  { hint, claims }: Claimed,
  now: number,
): Promise<JWTPayload | null> {
  // Its issuer needs no second look: these keys were chosen by it, and by its exact spelling.
  const verify = async (key: CryptoKey): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [hint.alg],
      requiredClaims: ["exp", "sub", "aud"],
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(now),
    });
    return payload;
  };
  // Keys are fetched again for what would be a caller's, if it were true: whoever makes up tokens
  // without knowing that much does not use up what the next rotation needs.
  const isPlausible = findingOn(claims).caller !== null &&
    Number(claims.exp) + SKEW_SECONDS > now / 1000;
  const findNewer = async () => isPlausible ? await keys.findNewer(hint) : null;
  const held = await keys.findHeld(hint);
  const key = held ?? await findNewer();
  if (key === null) return null;
  return await verify(key).catch(async (error: unknown) => {
    // An issuer may change a key and keep its name, or give its only key no name at all.
    const isOther = held !== null && error instanceof errors.JWSSignatureVerificationFailed;
    const newer = isOther ? await findNewer() : null;
    if (newer === null) throw error;
    return await verify(newer);
  });
}

function reasonOf(error: unknown): NobodyReason {
  if (error instanceof IssuerFault) return "issuer_unusable";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JWTExpired) return "expired";
  if (!(error instanceof errors.JWTClaimValidationFailed)) return "malformed";
  return error.claim === "nbf" && error.reason === "check_failed" ? "not_yet" : "claims";
}

interface Issuer {
  readonly keys: KeySet;
  /** Milliseconds since the epoch. */
  warnedAt: number;
  /** Of a token of the issuer's that is good in itself. */
  findingOn(payload: JWTPayload): Finding;
}

/** One set of keys per issuer, however many callers it speaks for. */
function createIssuers(options: JwtCallersOptions): ReadonlyMap<string, Issuer> {
  const rules = options.callers.flatMap(({ caller, credential }) =>
    credential.kind === "jwt"
      ? [{ ...credential, caller, matches: subjectMatcher(credential.subject) }]
      : []
  );
  return new Map(
    [...new Set(rules.map((rule) => rule.issuer))].map((issuer) => {
      const own = rules.filter((rule) => rule.issuer === issuer);
      const keys = createIssuerKeys({ ...options, issuer });
      return [issuer, {
        keys,
        warnedAt: -Infinity,
        findingOn: (payload) => findingOn(payload, issuer, own),
      }];
    }),
  );
}

interface JwtRule {
  readonly caller: Caller;
  readonly audience: string;
  matches(subject: string): boolean;
}

function findingOn(
  { aud, sub, exp }: JWTPayload,
  issuer: string,
  rules: readonly JwtRule[],
): Finding {
  if (typeof sub !== "string") return nobody("claims", { issuer });
  const findings: RuleFinding[] = [];
  for (const { caller, audience, matches } of rules) {
    const fits = { audience: isAudience(aud, audience), subject: matches(sub) };
    if (fits.audience && fits.subject) return { caller, until: (exp! + SKEW_SECONDS) * 1000 };
    const names = (isFitting: boolean) =>
      (["audience", "subject"] as const).filter((name) => fits[name] === isFitting);
    findings.push({ caller: caller.id, matched: names(true), unmatched: names(false) });
  }
  return nobody("rules", { issuer, subject: shown(sub), rules: nearest(findings) });
}

/** Nothing that a screen would show as something else. */
function shown(subject: string): string {
  return subject.slice(0, MAX_SUBJECT).replaceAll(/[^ -~]/g, "?");
}

/** What most of fits comes first; of many entries only a few tell anything. */
function nearest(findings: readonly RuleFinding[]): readonly RuleFinding[] {
  return findings.toSorted((a, b) => b.matched.length - a.matched.length).slice(0, 5);
}

/** A token that is also for another audience can be replayed to us by that one: it is refused. */
function isAudience(aud: JWTPayload["aud"], ours: string): boolean {
  return aud === ours || (Array.isArray(aud) && aud.length === 1 && aud[0] === ours);
}

function isBegun({ iat }: JWTPayload, now: number): boolean {
  return iat === undefined || (typeof iat === "number" && iat <= now / 1000 + SKEW_SECONDS);
}

/** What an unverified token says of itself: it only finds the key that decides. */
interface Claimed {
  readonly issuer: string;
  readonly hint: { readonly alg: string; readonly kid?: string };
  readonly claims: JWTPayload;
}

/** @returns why it is none that could be judged, if so */
function peek(token: string): Claimed | NobodyReason {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const claims = decodeJwt(token);
    if (alg === undefined || !ALGORITHMS.includes(alg)) return "algorithm";
    if (kid !== undefined && typeof kid !== "string") return "malformed";
    if (claims.iss === undefined) return "claims";
    return { issuer: claims.iss, hint: kid === undefined ? { alg } : { alg, kid }, claims };
  } catch {
    return "malformed";
  }
}
