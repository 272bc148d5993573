/**
 * Telemetry as a collector gets it, from the service as a process: the trace of one exchange, the metrics,
 * and nothing secret in any of it.
 */

import assert from "node:assert/strict";
import { METRICS } from "../../src/usecases/telemetry_ports.ts";
import { startObserved } from "../support/observed_service.ts";
import type { OtlpReceiver, ReceivedSpan } from "../support/otlp_receiver.ts";
import { eventually, freePort } from "../support/processes.ts";
import { TENANT } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";
const traceparent = `00-${TRACE}-${CALLER}-01`;

/** Spans of the trace, once those that were asked for have come, and with them all that ended before. */
function traceWith(receiver: OtlpReceiver, names: readonly string[]): Promise<ReceivedSpan[]> {
  return eventually(`a trace with ${names}`, () => {
    const spans = receiver.spans().filter(({ traceId }) => traceId === TRACE);
    const missing = names.filter((name) => !spans.some((span) => span.name === name));
    return missing.length === 0 ? spans : null;
  });
}

/** Names from the span up to the caller. An outbound call is `method origin`. */
function wayUp(span: ReceivedSpan, spans: readonly ReceivedSpan[]): string[] {
  const way: string[] = [];
  for (let at: ReceivedSpan | undefined = span; at !== undefined;) {
    way.push(at.name);
    const parentSpanId: string = at.parentSpanId;
    if (parentSpanId === CALLER) return [...way, "caller"];
    at = spans.find(({ spanId }) => spanId === parentSpanId);
  }
  return [...way, "nobody"];
}

/** The one span that goes to this address. */
function spanTo(url: string, spans: readonly ReceivedSpan[]): ReceivedSpan {
  const found = spans.filter(({ attributes }) => String(attributes["url.full"]).startsWith(url));
  assert.ok(found.length > 0, `nothing goes to ${url}`);
  return found.at(-1)!;
}

Deno.test("one trace leads from the caller's traceparent through store, key and exchange", async () => {
  const service = await startObserved();
  try {
    await service.consent();
    const answer = await service.call(TICKET, { headers: { traceparent } });
    assert.equal(answer.headers.get("x-ticket-source"), "exchange");
    await answer.body?.cancel();

    const spans = await traceWith(service.receiver, ["GET", "store.tickets.publish"]);
    const ways = new Map(spans.map((span) => [span.name, wayUp(span, spans)]));
    assert.deepEqual(ways.get("store.tickets.lease"), ["store.tickets.lease", "GET", "caller"]);
    assert.deepEqual(ways.get("store.tickets.publish"), ["store.tickets.publish", "GET", "caller"]);
    const exchange = ["ticket.exchange", "GET", "caller"];
    for (const name of ["superoffice.tenant_state", "key.sign", "superoffice.exchange"]) {
      assert.deepEqual(ways.get(name), [name, ...exchange]);
    }
    const append = ["store.ledger.append", "ledger.append"];
    assert.deepEqual(ways.get("store.ledger.append"), [...append, ...exchange]);
    const { kms, simulator } = service;
    const signing = spanTo(new URL(`/v1/${kms.keyVersion}:asymmetricSign`, kms.url).href, spans);
    assert.deepEqual(wayUp(signing, spans), ["POST", "key.sign", ...exchange]);
    const asking = spanTo(new URL("/Login/api", simulator.url).href, spans);
    assert.deepEqual(wayUp(asking, spans), ["POST", "superoffice.exchange", ...exchange]);

    await service.process.message(
      new RegExp(`"tickets\\.exchanged".*"trace_id":"${TRACE}"`),
    );
  } finally {
    await service.close();
  }
});

Deno.test("every metric comes with its unit and its labels, and no label is anybody's text", async () => {
  const service = await startObserved();
  try {
    await service.consent();
    for (const _ of ["exchange", "memory"]) await (await service.call(TICKET)).body?.cancel();
    const stranger = await service.call(TICKET, { headers: { authorization: "Bearer nobody" } });
    assert.equal(stranger.status, 401);
    await stranger.body?.cancel();

    const points = await eventually("every metric", () => {
      const points = service.receiver.points().filter(({ metric }) => metric in METRICS);
      const come = new Set(points.map(({ metric }) => metric));
      const isWhole = points.some(({ labels }) => labels.source === "memory");
      return isWhole && come.size === Object.keys(METRICS).length ? points : null;
    });
    for (const { metric, unit, labels } of points) {
      const told = METRICS[metric as keyof typeof METRICS];
      assert.deepEqual([unit, Object.keys(labels).sort()], [told.unit, [...told.labels].sort()]);
      for (const [name, value] of Object.entries(labels)) {
        if (name === "key_version") assert.equal(value, service.kms.keyVersion);
        else assert.match(String(value), /^[a-zA-Z_]+(\.[a-zA-Z]+)?$/, `${metric} ${name}`);
      }
    }
    const counted = (metric: string, labels: Readonly<Record<string, string>>) =>
      points.find((it) =>
        it.metric === metric &&
        Object.entries(labels).every(([name, value]) => it.labels[name] === value)
      )?.count;
    assert.equal(counted("ticket.requests", { source: "exchange" }), 1);
    assert.equal(counted("ticket.requests", { source: "memory" }), 1);
    assert.equal(counted("exchange.duration", { outcome: "issued" }), 1);
    assert.equal(counted("lease.results", { result: "lease" }), 1);
    assert.equal(counted("consent.results", { reason: "connected" }), 1);
    assert.equal(counted("caller.refusals", { reason: "caller_unknown" }), 1);
    assert.equal(counted("ticket.remaining_life", {}), 2);
    const key_version = service.kms.keyVersion;
    assert.equal(counted("signature.duration", { outcome: "signed", key_version }), 1);
  } finally {
    await service.close();
  }
});

Deno.test("a collector that is gone, or takes all and answers nothing, changes no answer", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken: Deno.Conn[] = [];
  const taking = (async () => {
    for await (const connection of silent) taken.push(connection);
  })();
  try {
    for (const port of [freePort(), silent.addr.port]) {
      const service = await startObserved({
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      });
      try {
        await service.consent();
        for (const source of ["exchange", "memory"]) {
          const answer = await service.call(TICKET);
          assert.equal(answer.headers.get("x-ticket-source"), source);
          await answer.body?.cancel();
        }
        // To a silent one Deno 2.9.6 waits without end when it exits: all else is written by then.
        service.process.kill("SIGKILL");
      } finally {
        await service.close();
      }
    }
    assert.ok(taken.length > 0, "the silent collector was not asked");
  } finally {
    silent.close();
    for (const connection of taken) connection.close();
    await taking;
  }
});
