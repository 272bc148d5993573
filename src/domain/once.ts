/** Work that is done once: when it is first needed, for all who need it meanwhile and later. */

export interface Once<T> {
  /** Starts the work, or joins it, or gives what it gave. A failure is not kept. */
  get(): Promise<T>;
  /** @param only if that is what is kept */
  forget(only?: Promise<T>): void;
}

export function once<T>(work: () => Promise<T>): Once<T> {
  let kept: Promise<T> | null = null;
  return {
    get() {
      if (kept) return kept;
      const started = work();
      kept = started;
      started.catch(() => {
        if (kept === started) kept = null;
      });
      return started;
    },
    forget(only = kept ?? undefined) {
      if (kept === only) kept = null;
    },
  };
}
