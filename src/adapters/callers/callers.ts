/**
 * Who asks: an API key or a JWT in a `Bearer` credential (RFC 6750). API keys come first and need
 * nothing from outside, so no issuer in trouble can keep them waiting.
 */

import type { CallerEntry } from "../../domain/caller_entry.ts";
import type { Callers, Log } from "../../usecases/ports.ts";
import type { Caller } from "../../domain/caller.ts";
import { once } from "../../domain/once.ts";
import type { JwtCallers } from "./jwt_callers.ts";
import { createRecent, type KnownCaller } from "./recent.ts";

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
  /** Told of issuers that give no keys. */
  readonly log?: Pick<Log, "warn">;
  /** Only tests replace it. */
  readonly fetch?: typeof fetch;
}

/**
 * `identify` answers at once for API keys and for JWTs that were verified before, as soon as the
 * digest does. What judges JWTs is loaded with the first of them.
 */
export function createCallers(options: CallersOptions): Callers {
  const { digest } = options;
  const byDigest = digestsOf(options.callers);
  let jwtCallers: JwtCallers | null = null;
  const loading = once(async () => {
    const { createJwtCallers } = await import("./jwt_callers.ts");
    return jwtCallers ??= createJwtCallers({ timeoutMs: 3_000, ...options });
  });

  const recent = createRecent(MAX_RECENT, RECENT_MS);
  const judge = (
    authorization: string,
    credential: string,
    hex: string,
  ): Caller | null | Promise<Caller | null> => {
    const known = byDigest.get(hex) ?? jwtCallers?.remembered(hex);
    if (known !== undefined) {
      recent.put(authorization, known.caller, known.until, options.now());
      return known.caller;
    }
    if (!isJwtShaped(credential)) return null;
    return loading.get().then((loaded) => loaded.verify(credential, hex));
  };

  return {
    identify(authorization) {
      if (authorization === null || authorization.length > MAX_LENGTH) return null;
      const caller = recent.find(authorization, options.now());
      if (caller !== null) return caller;
      const credential = bearerOf(authorization);
      if (credential === null) return null;
      const hex = digest(credential);
      return typeof hex === "string"
        ? judge(authorization, credential, hex)
        : hex.then((later) => judge(authorization, credential, later));
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
function bearerOf(authorization: string): string | null {
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return null;
  const credential = authorization.slice(7).trim();
  return credential === "" ? null : credential;
}

function isJwtShaped(credential: string): boolean {
  return credential.startsWith("ey") && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}
