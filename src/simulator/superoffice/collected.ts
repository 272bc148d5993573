/**
 * Doing once what many changes ask for: every change of the simulator asks for all of it to be written,
 * which for a vendor with many companies takes longer than a call may.
 */

/**
 * A function that asks for `act`, which is then done once for all who ask within `delayMs`; 0: at once,
 * each time. What was asked for and not done yet is done when `closing` aborts. `act` must not throw: by
 * then nobody is there to be told.
 */
export function collected(act: () => void, delayMs: number, closing: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const actNow = () => {
    clearTimeout(timer);
    timer = undefined;
    act();
  };
  closing.addEventListener("abort", () => {
    if (timer !== undefined) actNow();
  });
  return () => {
    if (delayMs === 0 || closing.aborted) actNow();
    else timer ??= setTimeout(actNow, delayMs);
  };
}
