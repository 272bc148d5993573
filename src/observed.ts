/** Whether the runtime's telemetry is on. Nothing of ours for it is loaded before that is known. */

import type { Config } from "./config.ts";
import type { Measures } from "./usecases/measures.ts";
import type { Log } from "./usecases/ports.ts";

/** @returns what is measured; null where the runtime provides nothing behind OpenTelemetry's API */
export async function measuresOf(config: Config, log: Log): Promise<Measures | null> {
  // By what is there, and not by OTEL_DENO: on some platforms it is on without.
  if (!(Symbol.for("opentelemetry.js.api.1") in globalThis)) return null;
  try {
    return (await import("./telemetry.ts")).openMeasures(config);
  } catch (error) {
    // Telemetry decides nothing, not even by being broken. But the runtime's own goes out unfiltered.
    log.error("telemetry.fault", { error });
    return null;
  }
}
