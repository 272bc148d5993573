/**
 * Our own limit on somebody else's promise. The promise may go on behind: a limit here cancels the
 * waiting, not the deed.
 */

import { SignerFault } from "../../domain/signer_fault.ts";

/** What ends the waiting early. */
export interface Limits {
  /** Milliseconds; without it only the signal ends the waiting. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** @throws SignerFault `timeout` or `aborted`; otherwise settles as the work does */
export function within<T>(work: Promise<T>, { timeoutMs, signal }: Limits): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
      settle(() => reject(new SignerFault("timeout", { retryable: true })));
    }, timeoutMs);
    const onAbort = () => settle(() => reject(new SignerFault("aborted")));
    const settle = (done: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      done();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    work.then((value) => settle(() => resolve(value)), (error) => settle(() => reject(error)));
    if (signal?.aborted) onAbort();
  });
}

/** How long one call may take, and how long all of them together. */
export interface CallLimits {
  /** Of one call. Milliseconds. */
  readonly timeoutMs: number;
  /** What is left for all that is still to come; without it there is no such limit. */
  readonly leftMs?: () => number;
}

/**
 * What the next call may take.
 *
 * @throws SignerFault `timeout`, not to be tried again, if nothing is left
 */
export function callLimit({ timeoutMs, leftMs = () => Infinity }: CallLimits): number {
  const left = leftMs();
  if (left <= 0) throw new SignerFault("timeout");
  return Math.min(timeoutMs, left);
}

/** @throws SignerFault `aborted` if nobody waits any more */
export function requireWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SignerFault("aborted");
}
