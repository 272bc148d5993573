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

/** @throws SignerFault `aborted` if nobody waits any more */
export function requireWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SignerFault("aborted");
}
