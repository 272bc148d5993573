/** The machine's own clock and randomness, behind the ports that use cases know. */

import type { Clock, Ids } from "./usecases/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        // The signal may live as long as the process.
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end);
      if (signal?.aborted) end();
    }),
};

/** 256 bits of base64url. */
export const systemIds: Ids = {
  next: () =>
    crypto.getRandomValues(new Uint8Array(32)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    }),
};
