/**
 * A value loaded from elsewhere and remembered: fresh for a while, loaded by one flight at a time,
 * and served stale while its source is down. Asks a source that failed again only after a pause, a
 * short one when there is nothing to serve meanwhile, and never serves a value older than its stale
 * limit.
 */

import { isWithin } from "../../domain/within.ts";

export interface Remembered<T> {
  /** @throws what `load` threw, now or within `retryMs`, when there is no value to serve */
  get(): Promise<T>;
  /**
   * For a reader who missed something in the value: loads again, but at most once per `pauseMs`.
   *
   * @returns the newer value, or null if there is none
   */
  renew(): Promise<T | null>;
}

export interface RememberedOptions<T> {
  readonly load: () => Promise<T>;
  readonly freshMs: number;
  readonly staleMs: number;
  /** Between loads after a failure while the older value serves, and between renewals. */
  readonly pauseMs: number;
  /** Between loads after a failure while there is nothing to serve: somebody waits for these. */
  readonly retryMs: number;
  readonly now: () => number;
}

export function createRemembered<T>(options: RememberedOptions<T>): Remembered<T> {
  const { freshMs, staleMs, pauseMs, retryMs, now } = options;
  let held: { readonly value: T; readonly at: number } | null = null;
  let flight: Promise<T> | null = null;
  let failure: { readonly error: unknown; readonly at: number } | null = null;
  let renewedAt = -Infinity;

  const load = (): Promise<T> => {
    flight ??= options.load().then((value) => {
      held = { value, at: now() };
      failure = null;
      return value;
    }, (error: unknown) => {
      failure = { error, at: now() };
      throw error;
    }).finally(() => {
      flight = null;
    });
    return flight;
  };

  return {
    async get() {
      const known = held;
      if (known === null || now() - known.at >= staleMs) {
        if (flight === null && failure !== null && isWithin(failure.at, retryMs, now())) {
          throw failure.error;
        }
        return await load();
      }
      if (isWithin(known.at, freshMs, now())) return known.value;
      if (failure !== null && isWithin(failure.at, pauseMs, now())) return known.value;
      return await load().catch(() => known.value);
    },
    async renew() {
      if (flight === null) {
        if (isWithin(renewedAt, pauseMs, now())) return null;
        renewedAt = now();
      }
      return await load().catch(() => null);
    },
  };
}
