/**
 * Telemetry by OpenTelemetry's API: what is behind it, and where it all goes, is the runtime's to know.
 * Fails open: whatever goes wrong in here, the work is done once and its result is handed on as it is.
 */

import {
  type Attributes,
  context,
  type Counter,
  type Histogram,
  metrics,
  type Span,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import {
  type CounterName,
  type Ending,
  type HistogramName,
  METRICS,
  type Telemetry,
} from "../../usecases/telemetry_ports.ts";

/** Name of the instrumentation. */
const SCOPE = "box-office";

/** Upper bounds in seconds: a ticket from memory to a store that does not answer. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Upper bounds in seconds, up to the six hours of a new ticket. */
const LIVES = [60, 300, 900, 1800, 3600, 7200, 10_800, 14_400, 18_000, 21_600];

/** Instruments and spans of this process. */
export function createOtelTelemetry(): Telemetry {
  const tracer = trace.getTracer(SCOPE);
  const { counters, histograms } = createInstruments();

  const within = async <T>(
    name: string,
    work: () => Promise<T>,
    ended: (span: Span, ending: Ending<T>) => void,
  ): Promise<T> => {
    const span = attempt(() => tracer.startSpan(name));
    const end = (ending: Ending<T>) =>
      attempt(() => {
        if (span === undefined) return;
        if (ending.kind === "threw") span.setStatus({ code: SpanStatusCode.ERROR });
        ended(span, ending);
        span.end();
      });
    try {
      const value = await inside(span, work);
      end({ kind: "returned", value });
      return value;
    } catch (error) {
      end({ kind: "threw", error });
      throw error;
    }
  };

  return {
    count: (name, labels) => void attempt(() => counters.get(name)?.add(1, labels)),
    record: (name, value, labels) =>
      void attempt(() => histograms.get(name)?.record(value, labels)),
    measure({ span: name, histogram, labels }, work) {
      const begun = performance.now();
      return within(name, work, (span, ending) => {
        const told: Attributes = labels(ending);
        histograms.get(histogram)?.record((performance.now() - begun) / 1000, told);
        for (const [label, value] of Object.entries(told)) span.setAttribute(label, value!);
      });
    },
    span: (name, work) => within(name, work, () => {}),
    trace() {
      const found = attempt(() => trace.getActiveSpan()?.spanContext());
      if (found === undefined || /^0*$/.test(found.traceId)) return null;
      const flags = found.traceFlags.toString(16).padStart(2, "0");
      return { id: found.traceId, traceparent: `00-${found.traceId}-${found.spanId}-${flags}` };
    },
  };
}

/** Begins the work once, below the span if it can be. */
function inside<T>(span: Span | undefined, work: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | null = null;
  const begin = () => begun ??= (async () => await work())();
  if (span !== undefined) {
    attempt(() => void context.with(trace.setSpan(context.active(), span), begin));
  }
  return begin();
}

/** @returns undefined if it failed */
function attempt<T>(deed: () => T): T | undefined {
  try {
    return deed();
  } catch {
    return undefined;
  }
}

function createInstruments() {
  const counters = new Map<CounterName, Counter>();
  const histograms = new Map<HistogramName, Histogram>();
  const meter = metrics.getMeter(SCOPE);
  for (const [name, { kind, unit, description }] of Object.entries(METRICS)) {
    if (kind === "counter") {
      counters.set(name as CounterName, meter.createCounter(name, { unit, description }));
      continue;
    }
    const explicitBucketBoundaries = name === "ticket.remaining_life" ? LIVES : DURATIONS;
    const options = { unit, description, advice: { explicitBucketBoundaries } };
    histograms.set(name as HistogramName, meter.createHistogram(name, options));
  }
  return { counters, histograms };
}
