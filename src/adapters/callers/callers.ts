/**
 * Who asks: an API key or a JWT in a `Bearer` credential (RFC 6750). API keys come first and need
 * nothing from outside, so no issuer in trouble can keep them waiting.
 */

import type { CallerEntry } from "../../domain/caller_entry.ts";
import type { Callers, Log } from "../../usecases/ports.ts";
import { createApiKeys } from "./api_keys.ts";
import { createJwtCallers } from "./jwt_callers.ts";

export interface CallersOptions {
  readonly callers: readonly CallerEntry[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For each call to an issuer; 3 seconds if absent. */
  readonly timeoutMs?: number;
  /** Told of issuers that give no keys. */
  readonly log?: Pick<Log, "warn">;
  /** Only tests replace it. */
  readonly fetch?: typeof fetch;
}

/** `identify` answers at once for API keys and for JWTs that were verified before. */
export function createCallers(options: CallersOptions): Callers {
  const apiKeys = createApiKeys(options.callers);
  const jwtCallers = createJwtCallers({ timeoutMs: 3_000, ...options });
  return {
    identify(authorization) {
      const credential = authorization === null ? null : bearerOf(authorization);
      if (credential === null) return null;
      const caller = apiKeys.identify(credential);
      if (caller !== null || !isJwtShaped(credential)) return caller;
      return jwtCallers.identify(credential);
    },
  };
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
