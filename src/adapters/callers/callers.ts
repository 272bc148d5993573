/**
 * Who asks: an API key or a JWT in a `Bearer` credential (RFC 6750). API keys come first and need
 * nothing from outside, so no issuer in trouble can keep them waiting.
 */

import type { CallerEntry } from "../../domain/caller_entry.ts";
import type { Callers, Log } from "../../usecases/ports.ts";
import type { Caller } from "../../domain/caller.ts";
import { once } from "../../domain/once.ts";
import { type Finding, type KnownCaller, type Nobody, nobody } from "./finding.ts";
import type { JwtCallers } from "./jwt_callers.ts";
import { createRecent } from "./recent.ts";

/** @returns lower-case hex SHA-256, at once if it can */
export type Digest = (text: string) => string | Promise<string>;

/** The longest credential that is looked at, in characters: real JWTs are far shorter. */
const MAX_LENGTH = 16 * 1024;

const MAX_RECENT = 1000;
const RECENT_MS = 5000;

export interface CallersOptions {
  readonly callers: readonly CallerEntry[];
  readonly digest: Digest;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For each call to an issuer; 3 seconds if absent. */
  readonly timeoutMs?: number;
  /** Told why a credential is nobody's, and of issuers that give no keys. */
  readonly log?: Pick<Log, "info" | "warn">;
  /** Only tests replace it. */
  readonly fetch?: typeof fetch;
}

/** Callers, and what an operator may ask about a credential. */
export interface ExplainingCallers extends Callers {
  /** Looks at the credential as if for the first time. */
  explain(authorization: string | null): Promise<Finding>;
}

/**
 * `identify` answers at once for API keys and for JWTs that were verified before, as soon as the
 * digest does. What judges JWTs is loaded with the first of them.
 */
export function createCallers(options: CallersOptions): ExplainingCallers {
  const { digest, log } = options;
  const byDigest = digestsOf(options.callers);
  let jwtCallers: JwtCallers | null = null;
  const loading = once(async () => {
    const { createJwtCallers } = await import("./jwt_callers.ts");
    return jwtCallers ??= createJwtCallers({ timeoutMs: 3_000, ...options });
  });
  const recent = createRecent(MAX_RECENT, RECENT_MS);

  /** Of a credential that nothing is known of yet. */
  const look = async (credential: string, hex: string): Promise<Finding> => {
    if (isJwtShaped(credential)) return (await loading.get()).verify(credential, hex);
    if (credential.startsWith("ey") && credential.includes(".")) return nobody("malformed");
    const isMistyped = credential.startsWith("bo_") &&
      (await digest(credential.slice(0, -6))).slice(0, 6) !== credential.slice(-6);
    return nobody(isMistyped ? "api_key_mistyped" : "api_key_unknown");
  };

  const tell = ({ caller, ...why }: Finding, requestId: string | undefined): Caller | null => {
    if (caller === null) log?.info("caller.unknown", { ...why, request_id: requestId });
    return caller;
  };

  const judge = (
    authorization: string,
    credential: string,
    hex: string,
    requestId: string | undefined,
  ): Caller | Promise<Caller | null> => {
    const known = byDigest.get(hex) ?? jwtCallers?.remembered(credential, hex);
    if (known === undefined) return look(credential, hex).then((found) => tell(found, requestId));
    recent.put(authorization, known.caller, known.until, options.now());
    return known.caller;
  };

  return {
    identify(authorization, requestId) {
      if (authorization !== null) {
        const caller = recent.find(authorization, options.now());
        if (caller !== null) return caller;
      }
      const credential = credentialOf(authorization);
      if (typeof credential !== "string") return tell(credential, requestId);
      const hex = digest(credential);
      return typeof hex === "string"
        ? judge(authorization!, credential, hex, requestId)
        : hex.then((later) => judge(authorization!, credential, later, requestId));
    },
    async explain(authorization) {
      const credential = credentialOf(authorization);
      if (typeof credential !== "string") return credential;
      const hex = await digest(credential);
      return byDigest.get(hex) ?? await look(credential, hex);
    },
  };
}

/**
 * API keys are known only by their digests: a look-up by digest tells nothing about any key by its
 * time. Operators may bring keys of their own, and any text will do.
 */
function digestsOf(entries: readonly CallerEntry[]): ReadonlyMap<string, KnownCaller> {
  return new Map(
    entries.flatMap(({ caller, credential }) =>
      credential.kind === "api_key"
        ? credential.digests.map((digest) => [digest, { caller, until: Infinity }] as const)
        : []
    ),
  );
}

/** The scheme's name is case-insensitive (RFC 9110, section 11.1). */
function credentialOf(authorization: string | null): string | Nobody {
  if (authorization === null) return nobody("missing");
  const isBearer = authorization.slice(0, 7).toLowerCase() === "bearer ";
  if (!isBearer || authorization.length > MAX_LENGTH) return nobody("malformed");
  const credential = authorization.slice(7).trim();
  return credential === "" ? nobody("malformed") : credential;
}

function isJwtShaped(credential: string): boolean {
  return credential.startsWith("ey") && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}
