/**
 * Who is signed in at the console. A session is the caller's own credential, sealed, with two instants:
 * nothing is stored, and every request is identified and judged anew. So a session is over as soon as its
 * credential is nobody's or may not read the ledger any more, after a quarter of an hour without a
 * request, and eight hours after it began. Signing out makes one browser forget it; a copy that somebody
 * took would go on until then.
 */

import type { Caller } from "../domain/caller.ts";
import type { Refusal } from "../domain/refusal.ts";
import { Secret } from "../domain/secret.ts";
import type { Admission } from "./admission.ts";
import type { Toll } from "./limits.ts";
import type { Callers, Clock, SessionSealer } from "./ports.ts";

export interface ConsoleSessions {
  begin(credential: Secret, requestId: string): Promise<Visit>;
  /** @param sealed what the browser brought; null if nothing */
  resume(sealed: string | null, requestId: string): Promise<Visit>;
}

export type Visit =
  | { readonly kind: "known"; readonly caller: Caller; readonly session: Session }
  /** Not one of ours, or over. */
  | { readonly kind: "nobody" }
  /** It has no room in a cookie. */
  | { readonly kind: "too_long" }
  /** One of ours, but not now or not here. */
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** What the browser keeps until its next request, and who has a limit hears of it. */
export interface Session {
  readonly sealed: string;
  readonly seconds: number;
  readonly toll: Toll | null;
}

/** Without a request. */
export const IDLE_MS = 15 * 60_000;

/** From signing in. */
export const WHOLE_MS = 8 * 60 * 60_000;

/** In characters. Sealed it grows by a third, and a browser takes 4096 bytes. */
export const MAX_CREDENTIAL = 2500;

/** What is sealed. Instants are milliseconds since the epoch. */
interface Contents {
  readonly credential: Secret;
  /** Unless another request comes. */
  readonly until: number;
  /** Whatever comes. */
  readonly end: number;
}

export function createConsoleSessions(
  { callers, admission, sealer, clock }: {
    readonly callers: Callers;
    readonly admission: Admission;
    readonly sealer: SessionSealer;
    readonly clock: Clock;
  },
): ConsoleSessions {
  const admit = async (credential: Secret, end: number, requestId: string): Promise<Visit> => {
    const caller = await callers.identify(`Bearer ${credential.reveal()}`, requestId);
    if (caller === null) return { kind: "nobody" };
    const { refusal, toll } = await admission.count(caller, requestId);
    if (refusal !== null) return { kind: "refused", refusal };
    const judged = await admission.judge(caller, "ledger", null, requestId);
    if (judged.refusal !== null) return { kind: "refused", refusal: judged.refusal };
    const now = clock.now();
    const until = Math.min(now + IDLE_MS, end);
    const sealed = await sealer.seal(textOf({ credential, until, end }));
    const seconds = Math.floor((until - now) / 1000);
    return { kind: "known", caller, session: { sealed, seconds, toll } };
  };

  return {
    async begin(credential, requestId) {
      if (credential.reveal().length > MAX_CREDENTIAL) return { kind: "too_long" };
      return await admit(credential, clock.now() + WHOLE_MS, requestId);
    },
    async resume(sealed, requestId) {
      const text = sealed === null ? null : await sealer.open(sealed);
      const contents = text === null ? null : contentsOf(text);
      const isOver = contents === null || clock.now() >= Math.min(contents.until, contents.end);
      if (isOver) return { kind: "nobody" };
      return await admit(contents.credential, contents.end, requestId);
    },
  };
}

function textOf({ credential, until, end }: Contents): string {
  return JSON.stringify([until, end, credential.reveal()]);
}

/** Only we can have sealed it; another release of ours may have done so in another form. */
function contentsOf(text: string): Contents | null {
  const parts: unknown = parse(text);
  if (!Array.isArray(parts) || parts.length !== 3) return null;
  const [until, end, credential] = parts;
  if (!Number.isFinite(until) || !Number.isFinite(end) || typeof credential !== "string") {
    return null;
  }
  return { until, end, credential: new Secret(credential) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
