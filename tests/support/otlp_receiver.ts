/**
 * An OpenTelemetry collector for tests: takes OTLP over HTTP as JSON, keeps all that it got as it came,
 * and tells spans and data points of it.
 */

export interface ReceivedSpan {
  readonly scope: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Every attribute's name, as often as it came. */
  readonly attributeNames: readonly string[];
}

export interface ReceivedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly labels: Readonly<Record<string, unknown>>;
  /** Of a counter its value, of a histogram how many were recorded. */
  readonly count: number;
  /** Of a histogram: all of them together. */
  readonly sum: number;
}

export interface OtlpReceiver {
  /** The environment of a process that is to send here, and soon. */
  readonly env: Readonly<Record<string, string>>;
  /** Bodies as they came. */
  readonly bodies: readonly string[];
  spans(): ReceivedSpan[];
  /** The latest point of each metric and set of labels. */
  points(): ReceivedPoint[];
  close(): Promise<void>;
}

export function startOtlpReceiver(): OtlpReceiver {
  const bodies: string[] = [];
  const spans: ReceivedSpan[] = [];
  const points = new Map<string, ReceivedPoint>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const text = await request.text();
      bodies.push(text);
      const body: Received = JSON.parse(text);
      spans.push(...spansOf(body));
      for (const point of pointsOf(body)) {
        points.set(JSON.stringify([point.metric, point.labels]), point);
      }
      return Response.json({});
    },
  );
  return {
    env: {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: "box-office",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "50",
      OTEL_BLRP_SCHEDULE_DELAY: "50",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    },
    bodies,
    spans: () => [...spans],
    points: () => [...points.values()],
    close: () => server.shutdown(),
  };
}

/** As much of OTLP's JSON as is read here: any of traces, metrics and logs. */
interface Received {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly ScopeSpans[] }[];
  readonly resourceMetrics?: readonly { readonly scopeMetrics: readonly ScopeMetrics[] }[];
}

interface Attribute {
  readonly key: string;
  /** `{ stringValue: "…" }` and the like. */
  readonly value: Readonly<Record<string, unknown>>;
}

interface ScopeSpans {
  readonly scope: { readonly name: string };
  readonly spans: readonly {
    readonly name: string;
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId: string;
    readonly attributes: readonly Attribute[];
  }[];
}

interface ScopeMetrics {
  readonly metrics: readonly {
    readonly name: string;
    readonly unit: string;
    readonly sum?: { readonly dataPoints: readonly DataPoint[] };
    readonly histogram?: { readonly dataPoints: readonly DataPoint[] };
  }[];
}

interface DataPoint {
  readonly attributes: readonly Attribute[];
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly count?: string;
  readonly sum?: number;
}

function spansOf({ resourceSpans = [] }: Received): ReceivedSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ scope, spans }) =>
    spans.map(({ attributes, ...span }) => ({
      ...span,
      scope: scope.name,
      attributes: recordOf(attributes),
      attributeNames: attributes.map(({ key }) => key),
    }))
  );
}

function pointsOf({ resourceMetrics = [] }: Received): ReceivedPoint[] {
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics);
  return metrics.flatMap(({ name, unit, sum, histogram }) =>
    [...sum?.dataPoints ?? [], ...histogram?.dataPoints ?? []].map((point) => ({
      metric: name,
      unit,
      labels: recordOf(point.attributes),
      count: Number(point.count ?? point.asDouble ?? point.asInt ?? 0),
      sum: point.sum ?? 0,
    }))
  );
}

function recordOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
