/** Work that has an end, whether or not it heeds its signal. */

/**
 * @param late what it is aborted with when the time is over
 * @param work gets a signal that goes on after the deadline is met: what the caller aborts, it aborts
 * @throws what `late` gives; what `signal` was aborted with; what the work throws
 */
export async function within<T>(
  timeoutMs: number,
  signal: AbortSignal | null | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(late()), timeoutMs);
  const either = AbortSignal.any([deadline.signal, ...signal ? [signal] : []]);
  try {
    return await unlessAborted(either, work);
  } finally {
    clearTimeout(timer);
  }
}

/** Listens before the work can: what it makes of the abort comes too late. */
function unlessAborted<T>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work(signal).then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** @throws TypeError: timers take what they cannot count for "at once" */
export function requireTimeout(name: string, value: number): number {
  if (value >= 1 && value <= MAX_TIMER_MS) return value;
  throw new TypeError(`Cannot use ${name}: it must be from 1 to ${MAX_TIMER_MS} milliseconds`);
}
