/**
 * A log whose library is loaded with its first line, because loading it takes longer than a ticket
 * takes to be answered. Lines that come meanwhile are written then, in their order.
 */

import { once } from "../../domain/once.ts";
import type { Log } from "../../usecases/ports.ts";

export interface LateLog extends Log {
  /** Resolves when every line until now is written. */
  settle(): Promise<void>;
}

/** @param load loads and builds the log that writes */
export function createLateLog(load: () => Promise<Log>): LateLog {
  let log: Log | null = null;
  const loading = once(async () => {
    log = await load();
    return log;
  });
  const line = (level: keyof Log): Log[keyof Log] => (event, fields) => {
    if (log !== null) log[level](event, fields);
    else {
      // Logs decide nothing: where the library cannot be read, lines are lost.
      loading.get().then((loaded) => loaded[level](event, fields)).catch(() => {});
    }
  };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    async settle() {
      await loading.get().catch(() => {});
    },
  };
}
