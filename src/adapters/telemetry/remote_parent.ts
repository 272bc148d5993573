/** Work of another thread as a part of the trace of the one that asked for it. */

import { context, isSpanContextValid, trace } from "@opentelemetry/api";

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Does the work below the span of a `traceparent`; without one, below none. */
export function belowRemote<T>(traceparent: string, work: () => T): T {
  const [, traceId = "", spanId = "", flags = "0"] = TRACEPARENT.exec(traceparent) ?? [];
  const parent = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
  if (!isSpanContextValid(parent)) return work();
  return context.with(trace.setSpanContext(context.active(), parent), work);
}
