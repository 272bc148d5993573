/**
 * Faults of the way rather than of the answer: late, silent, cut off, or a page from something in
 * between. What waits ends when the fault is cleared, or the stand-in closed.
 */
import type { KmsFault } from "./faults.ts";

/** Whether the key does its work although the call fails. */
export function happens(fault: KmsFault): boolean {
  return fault.happened === true || !LOSING.includes(fault.kind);
}

/**
 * @param answer what would have been answered, spoilt or not; null if nothing happened
 * @param end the end of the fault, and so of waiting
 */
export function faultAnswer(
  fault: KmsFault,
  answer: unknown,
  end: AbortSignal,
): Response | Promise<Response> {
  switch (fault.kind) {
    case "page":
      return page(fault.http);
    case "reset":
      return cutOff();
    case "silent":
      return ended(end).then(cutOff);
    case "slow":
      return after(fault.ms, end).then(() => Response.json(answer));
    case "slow_body":
      return slowBody(answer, fault.ms, end);
    default:
      return Response.json(answer);
  }
}

const LOSING: readonly string[] = ["status", "page", "reset", "silent"];

function page(status: number): Response {
  const headers = { "content-type": "text/html" };
  return new Response("<html><title>Error</title>Try again later.</html>", { status, headers });
}

/** Promises a hundred bytes, sends one: the connection ends there. */
function cutOff(): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("{"));
      controller.close();
    },
  });
  const headers = { "content-type": "application/json", "content-length": "100" };
  return new Response(body, { headers });
}

function slowBody(answer: unknown, ms: number, end: AbortSignal): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  const cancelled = new AbortController();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(bytes.subarray(0, 1));
      await after(ms, AbortSignal.any([end, cancelled.signal]));
      if (cancelled.signal.aborted) return;
      controller.enqueue(bytes.subarray(1));
      controller.close();
    },
    cancel: () => cancelled.abort(),
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

/** Resolves after so many milliseconds, or at the end. */
function after(ms: number, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (end.aborted) return resolve();
    const timer = setTimeout(done, ms);
    end.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      end.removeEventListener("abort", done);
      resolve();
    }
  });
}

function ended(end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (end.aborted) return resolve();
    end.addEventListener("abort", () => resolve(), { once: true });
  });
}
