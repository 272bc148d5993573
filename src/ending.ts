/**
 * How a process of the service ends: at once on SIGINT; on SIGTERM after a time for whoever sends
 * requests here, if one is configured. In that time readiness says no, everything else is answered as
 * ever, and no connection is kept. Loaded behind the first answer.
 */

import type { Running } from "./main.ts";

/** Answers requests. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** What `/readyz` of `http/health.ts` says, of a process that is about to end. */
const LEAVING = { status: "not_ready", parts: { service: "down" } };

/** SIGINT, and whatever signal is the second, ends at once: Deno Deploy sends nobody here by then. */
export function endOnSignals(running: Running): void {
  const hurry = new AbortController();
  let isEnding = false;
  const end = async (signal: "SIGINT" | "SIGTERM") => {
    if (isEnding || signal === "SIGINT") hurry.abort();
    if (isEnding) return;
    isEnding = true;
    if (!hurry.signal.aborted) await running.leave(hurry.signal);
    await running.stop();
    Deno.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => end(signal));
  }
}

/** @returns answers of a process that is about to end */
export function leaving(answer: Answer): Answer {
  return async (request) => {
    // A balancer that keeps a connection would find it closed just when it sends.
    const headers = { connection: "close" };
    if (new URL(request.url).pathname === "/readyz") {
      return Response.json(LEAVING, { status: 503, headers });
    }
    const response = await answer(request);
    const last = new Response(response.body, response);
    last.headers.set("connection", "close");
    return last;
  };
}
