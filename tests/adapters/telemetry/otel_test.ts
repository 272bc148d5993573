/** Telemetry fails open: whatever breaks in it, the work is done once and its result is handed on. */

import assert from "node:assert/strict";
import { type Meter, metrics, trace, type Tracer } from "@opentelemetry/api";
import { createOtelTelemetry } from "../../../src/adapters/telemetry/otel.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import type { Told } from "../../../src/usecases/telemetry_ports.ts";

const broken = (): never => {
  throw new Error("telemetry is broken");
};

/** Every way in which a part of it may break, and none. */
const BREAKS: Readonly<Record<string, { readonly span?: object; readonly isWhole?: boolean }>> = {
  "nothing": { isWhole: true },
  "the making of spans": {},
  "the ending of spans": { span: { end: broken } },
  "attributes": { span: { setAttribute: broken } },
  "status": { span: { setStatus: broken } },
  "the context of spans": { span: { spanContext: broken } },
};

function spanOf(bend: object) {
  const spanContext = () => ({ traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 });
  const nothing = () => {};
  return { setAttribute: nothing, setStatus: nothing, end: nothing, spanContext, ...bend };
}

/** Runs with a broken provider of spans, and instruments that throw. */
async function withBroken(
  { span = {}, isWhole = false }: { readonly span?: object; readonly isWhole?: boolean },
  work: () => Promise<void>,
): Promise<void> {
  const startSpan = isWhole || Object.keys(span).length > 0 ? () => spanOf(span) : broken;
  const instrument = () => isWhole ? { add() {}, record() {} } : { add: broken, record: broken };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as unknown as Tracer });
  metrics.setGlobalMeterProvider({
    getMeter: () =>
      ({ createCounter: instrument, createHistogram: instrument }) as unknown as Meter,
  });
  try {
    await work();
  } finally {
    trace.disable();
    metrics.disable();
  }
}

const told: Told<unknown, "store.duration"> = {
  span: "store.tickets.get",
  histogram: "store.duration",
  labels: () => ({ operation: "tickets.get", outcome: "ok" }),
};

for (const [what, breaks] of Object.entries(BREAKS)) {
  Deno.test(`where ${what} of telemetry is broken, work is done once and ends as it would`, async () => {
    await withBroken(breaks, async () => {
      const telemetry = createOtelTelemetry();
      let times = 0;
      const work = () => Promise.resolve(++times);
      assert.equal(await telemetry.measure(told, work), 1);
      assert.equal(await telemetry.span("ticket.exchange", work), 2);
      const fault = new PartFault("store", "timeout");
      const failing = () => (times++, Promise.reject(fault));
      await assert.rejects(telemetry.measure(told, failing), (error) => error === fault);
      const throwing = () => {
        times++;
        throw fault;
      };
      await assert.rejects(telemetry.span("ticket.exchange", throwing), (error) => error === fault);
      assert.equal(times, 4);
      telemetry.count("ticket.requests", { source: "memory" });
      telemetry.record("ticket.remaining_life", 1, {});
      assert.equal(telemetry.trace(), null);
    });
  });
}

Deno.test("labels that cannot be made are lost, and nothing else", async () => {
  await withBroken({ isWhole: true }, async () => {
    const telemetry = createOtelTelemetry();
    assert.equal(await telemetry.measure({ ...told, labels: broken }, () => Promise.resolve(1)), 1);
  });
});
