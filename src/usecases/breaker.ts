/**
 * Stops asking a part that failed again and again: open, it refuses at once; after a while it lets
 * one call through, the probe, and what comes of that decides. Knows nothing of what a call does or
 * of why it failed, and holds no timer. What is answered from memory never comes here.
 */

import type { Clock, Log } from "./ports.ts";

/** A way through for one call. Settled once; the first word counts. */
export interface Pass {
  /** The part did its work, or said no: it is there. */
  succeeded(): void;
  failed(): void;
  /** The call was not made after all. */
  unused(): void;
}

/** No way through. */
export interface Closed {
  /** After so many milliseconds another try makes sense. Above 0. */
  readonly waitMs: number;
}

export interface Breaker {
  /**
   * @param about what the call is about, for example a tenant: faults about one and the same thing
   * do not open the breaker, because they may be that thing's own
   */
  enter(about?: string): Pass | Closed;
  /** How long there is no way through; 0 if there is one now. Takes nothing. */
  waitMs(): number;
}

export interface BreakerParts {
  /** For the log: which part of the world it is. */
  readonly part: string;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  /** Faults in a row that open it. */
  readonly faults: number;
  /** How long it refuses before it lets a probe through. Milliseconds. */
  readonly openMs: number;
}

/** While the probe is under way nobody knows; so soon, ask again. */
const PROBE_MS = 1000;

export function createBreaker(
  { part, clock, log, faults, openMs }: BreakerParts,
): Breaker {
  let inARow = 0;
  let first: string | undefined;
  let isAboutOne = true;
  /** Null while it is closed, as the electrician says: calls pass. */
  let openedAt: number | null = null;
  let isProbing = false;
  /** Calls of an earlier state have no word any more. */
  let state = 0;

  const open = (): void => {
    if (openedAt === null) log.warn("breaker.opened", { part, faults: inARow });
    openedAt = clock.now();
    state++;
  };

  const count = (about: string | undefined): void => {
    if (inARow === 0) [first, isAboutOne] = [about, about !== undefined];
    else if (about !== first) isAboutOne = false;
    inARow++;
    if (inARow >= faults && !isAboutOne) open();
  };

  const close = (): void => {
    inARow = 0;
    if (openedAt === null) return;
    openedAt = null;
    state++;
    log.info("breaker.closed", { part });
  };

  const waitMs = (): number => {
    if (openedAt === null) return 0;
    if (isProbing) return PROBE_MS;
    const elapsed = clock.now() - openedAt;
    // A clock that was set back must not keep it open.
    return elapsed < 0 || elapsed >= openMs ? 0 : openMs - elapsed;
  };

  return {
    waitMs,
    enter(about) {
      const wait = waitMs();
      if (wait > 0) return { waitMs: wait };
      const isProbe = openedAt !== null;
      isProbing = isProbe;
      const entered = state;
      let isSettled = false;
      const settle = (word: () => void) => () => {
        if (isSettled) return;
        isSettled = true;
        if (entered !== state) return;
        if (isProbe) isProbing = false;
        word();
      };
      return {
        succeeded: settle(close),
        failed: settle(() => isProbe ? open() : count(about)),
        unused: settle(() => {}),
      };
    },
  };
}

/** @returns true if there is a way through */
export function isPass(answer: Pass | Closed): answer is Pass {
  return "succeeded" in answer;
}

/** How a guarded call tells faults of the part from its answers, and what it throws instead. */
export interface GuardRules {
  /** True if the part did not do its work. A refusal, or a record nobody can read, is an answer. */
  readonly isFault: (error: unknown) => boolean;
  readonly refused: (waitMs: number) => Error;
}

/** Runs calls through a breaker. @throws what the call throws, or at once while there is no way */
export function createGuard(breaker: Breaker, { isFault, refused }: GuardRules) {
  return async <T>(call: () => Promise<T>): Promise<T> => {
    const pass = breaker.enter();
    if (!isPass(pass)) throw refused(pass.waitMs);
    try {
      const value = await call();
      pass.succeeded();
      return value;
    } catch (error) {
      if (isFault(error)) pass.failed();
      else pass.succeeded();
      throw error;
    }
  };
}

export type Guard = ReturnType<typeof createGuard>;

/** The same port, every call of it guarded. Its members must be functions that return promises. */
export function guardPort<T extends object>(port: T, guard: Guard): T {
  const guarded = Object.entries(port).map(([name, verb]) => [
    name,
    (...args: unknown[]) => guard(() => verb(...args)),
  ]);
  return Object.fromEntries(guarded) as T;
}
