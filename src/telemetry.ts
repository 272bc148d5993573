/**
 * Telemetry of the service, loaded only where the runtime has its own turned on. Only wires. Has to be
 * there before the first request comes: what a span is given before that stays in it.
 */

import { createOtelTelemetry } from "./adapters/telemetry/otel.ts";
import { filterSpans } from "./adapters/telemetry/span_filter.ts";
import type { Config } from "./config.ts";
import { systemClock } from "./system.ts";
import { createMeasures, type Measures } from "./usecases/measures.ts";

/** Opens it for this process. */
export function openMeasures({ webhook }: Pick<Config, "webhook">): Measures {
  // Receivers of notices are known to have addresses that whoever knows may post to.
  filterSpans(webhook === null ? [] : [webhook.url.origin]);
  return createMeasures(createOtelTelemetry(), systemClock);
}
