/**
 * Callers that prove themselves by a JWT of an issuer that the operator named (workload identity:
 * RFC 7519, OpenID Connect). A token is judged by its issuer's published keys and nothing else;
 * verified ones are remembered by digest. An issuer that is down concerns its own callers only.
 */

import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import type { Caller } from "../../domain/caller.ts";
import { type CallerEntry, subjectMatcher } from "../../domain/caller_entry.ts";
import type { Log } from "../../usecases/ports.ts";
import type { KeySet } from "../outbound/key_set.ts";
import { createIssuerKeys, IssuerFault } from "./issuer_keys.ts";
import type { KnownCaller } from "./recent.ts";

export interface JwtCallers {
  /** @returns whose token this is if it was verified before; undefined if it is not known */
  remembered(digest: string): KnownCaller | undefined;
  /** @param digest the token's, to remember it by @returns whose token this is; null if nobody's */
  verify(token: string, digest: string): Promise<Caller | null>;
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

/** A withdrawn key stops working after this long even for tokens that live longer. */
const REMEMBER_MS = 10 * 60_000;

export function createJwtCallers(options: JwtCallersOptions): JwtCallers {
  const { now, log } = options;
  const issuers = createIssuers(options);
  const remembered = createMemory(options.maxRemembered ?? 10_000);

  const verify = async (token: string, digest: string): Promise<Caller | null> => {
    const claimed = peek(token);
    const issuer = claimed === null ? undefined : issuers.get(claimed.issuer);
    if (claimed === null || issuer === undefined) return null;
    try {
      const key = await issuer.keys.find(claimed.hint);
      if (key === null) return null;
      // Its issuer needs no second look: these keys were chosen by it, and by its exact spelling.
      const { payload } = await jwtVerify(token, key, {
        algorithms: [claimed.hint.alg],
        requiredClaims: ["exp", "sub", "aud"],
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(now()),
      });
      if (!isBegun(payload, now())) return null;
      const caller = issuer.callerOf(payload);
      if (caller !== null) {
        const end = (payload.exp! + SKEW_SECONDS) * 1000;
        remembered.put(digest, caller, Math.min(end, now() + REMEMBER_MS));
      }
      return caller;
    } catch (error) {
      if (error instanceof IssuerFault) {
        log?.warn("callers.issuer_unusable", { issuer: claimed.issuer, reason: error.reason });
      }
      return null;
    }
  };

  return { verify, remembered: (digest) => remembered.get(digest, now()) };
}

interface Issuer {
  readonly keys: KeySet;
  callerOf(payload: JWTPayload): Caller | null;
}

/** One set of keys per issuer, however many callers it speaks for. */
function createIssuers(options: JwtCallersOptions): ReadonlyMap<string, Issuer> {
  const rules = options.callers.flatMap(({ caller, credential }) =>
    credential.kind === "jwt"
      ? [{ ...credential, caller, matches: subjectMatcher(credential.subject) }]
      : []
  );
  return new Map(
    [...new Set(rules.map((rule) => rule.issuer))].map((issuer) => [issuer, {
      keys: createIssuerKeys({ ...options, issuer }),
      callerOf: ({ aud, sub }) =>
        rules.find((rule) =>
          rule.issuer === issuer && isAudience(aud, rule.audience) &&
          typeof sub === "string" && rule.matches(sub)
        )?.caller ?? null,
    }]),
  );
}

/** A token that is also for another audience can be replayed to us by that one: it is refused. */
function isAudience(aud: JWTPayload["aud"], ours: string): boolean {
  return aud === ours || (Array.isArray(aud) && aud.length === 1 && aud[0] === ours);
}

function isBegun({ iat }: JWTPayload, now: number): boolean {
  return iat === undefined || (typeof iat === "number" && iat <= now / 1000 + SKEW_SECONDS);
}

/** What an unverified token says of itself, only to find the key that decides. */
function peek(
  token: string,
):
  | { readonly issuer: string; readonly hint: { readonly alg: string; readonly kid?: string } }
  | null {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    if (alg === undefined || !ALGORITHMS.includes(alg) || iss === undefined) return null;
    if (kid !== undefined && typeof kid !== "string") return null;
    return { issuer: iss, hint: kid === undefined ? { alg } : { alg, kid } };
  } catch {
    return null;
  }
}

/** Bounded: the oldest makes room. A token that was forgotten is simply verified again. */
function createMemory(max: number) {
  const known = new Map<string, KnownCaller>();
  return {
    get(digest: string, now: number): KnownCaller | undefined {
      const found = known.get(digest);
      if (found === undefined || now < found.until) return found;
      known.delete(digest);
      return undefined;
    },
    put(digest: string, caller: Caller, until: number): void {
      const [oldest] = known.keys();
      if (known.size >= max && oldest !== undefined) known.delete(oldest);
      known.set(digest, { caller, until });
    },
  };
}
