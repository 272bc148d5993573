/**
 * What is measured, and what the use cases need for it. Telemetry may lose anything, decides nothing and
 * never throws: whoever is measured gets exactly what they would get otherwise. Labels are words of ours
 * from closed sets, never text that came from outside, and no secret is ever in a name or a label.
 */

/** One metric, as `docs/telemetry.md` tells it. */
export interface Metric {
  readonly kind: "counter" | "histogram";
  /** Of the Unified Code for Units of Measure, as OpenTelemetry has it. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly description: string;
}

/** Every metric there is. Durations are in seconds. */
export const METRICS = {
  "ticket.requests": {
    kind: "counter",
    unit: "{request}",
    labels: ["source"],
    description: "Tickets asked for by callers who may have them, by where the ticket came from",
  },
  "ticket.remaining_life": {
    kind: "histogram",
    unit: "s",
    labels: [],
    description: "How long a ticket was still good for when it was handed out",
  },
  "exchange.duration": {
    kind: "histogram",
    unit: "s",
    labels: ["outcome"],
    description: "One question to SuperOffice for a ticket",
  },
  "signature.duration": {
    kind: "histogram",
    unit: "s",
    labels: ["outcome", "key_version"],
    description: "One attempt at the key",
  },
  "lease.results": {
    kind: "counter",
    unit: "{answer}",
    labels: ["result"],
    description: "What the store answered to those who wanted to exchange",
  },
  "store.duration": {
    kind: "histogram",
    unit: "s",
    labels: ["operation", "outcome"],
    description: "One call to the store",
  },
  "ledger.append.duration": {
    kind: "histogram",
    unit: "s",
    labels: [],
    description: "From the wish to write an entry until it is durable, or is known not to be",
  },
  "consent.results": {
    kind: "counter",
    unit: "{consent}",
    labels: ["reason"],
    description: "How consents ended",
  },
  "caller.refusals": {
    kind: "counter",
    unit: "{refusal}",
    labels: ["reason"],
    description: "Requests that were not let in",
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

type OfKind<Kind extends Metric["kind"]> = {
  [Name in MetricName]: (typeof METRICS)[Name]["kind"] extends Kind ? Name : never;
}[MetricName];

export type CounterName = OfKind<"counter">;
export type HistogramName = OfKind<"histogram">;

/** Every label of a metric. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]["labels"][number], string>
>;

/** How a piece of work ended. */
export type Ending<T> =
  | { readonly kind: "returned"; readonly value: T }
  | { readonly kind: "threw"; readonly error: unknown };

/** What is told of a piece of work. */
export interface Told<T, Name extends HistogramName> {
  /** Name of its span: a constant. */
  readonly span: string;
  readonly histogram: Name;
  /** Labels of the histogram, and attributes of the span. */
  readonly labels: (ending: Ending<T>) => LabelsOf<Name>;
}

/** Metrics and spans. Never throws. */
export interface Telemetry {
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>): void;
  /** @param value in the unit of the metric */
  record<Name extends HistogramName>(name: Name, value: number, labels: LabelsOf<Name>): void;
  /** Does the work, once, as a span below the present one, and takes its time. */
  measure<T, Name extends HistogramName>(
    told: Told<T, Name>,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Does the work, once, as a span that groups others. */
  span<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Where the present work belongs to: W3C trace context. Null: to no trace. */
  trace(): Trace | null;
}

/** The present place in a trace. */
export interface Trace {
  /** 32 hex digits. */
  readonly id: string;
  /** As the header of this name has it. */
  readonly traceparent: string;
}
