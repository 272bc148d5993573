/** Calls of a tenant's web API: straight to SuperOffice, or by way of the service. */

import { isOurProblem, problemOf, TicketProblem } from "./problem.ts";
import { below, headersOf, type Send, tenantPath, withSecret } from "./requests.ts";
import type { TicketClient, TicketClientOptions } from "./types.ts";

/** Until an answer begins: reports take their time. */
const CALL_TIMEOUT_MS = 100_000;

/** Calls SuperOffice with the ticket. */
export function createDirect(
  options: TicketClientOptions,
  ticket: TicketClient["ticket"],
  send: Send,
): TicketClient["fetch"] {
  const { clientSecret, callTimeoutMs = CALL_TIMEOUT_MS } = options;
  return async (context, path, init = {}) => {
    if (clientSecret === undefined) {
      throw new TypeError("Cannot call the web API: clientSecret is missing");
    }
    const signal = init.signal ?? undefined;
    const wanted = signal === undefined ? {} : { signal };
    let held = await ticket(context, wanted);
    for (let isFirst = true;; isFirst = false) {
      const headers = await withSecret(headersOf(init), "so-apptoken", "", clientSecret);
      headers.set("authorization", `SOTicket ${held.ticket}`);
      const url = below(held.webapiUrl, path);
      const answer = await send(url, { ...init, headers }, callTimeoutMs, (whole) => whole);
      if (!isFirst || (answer.status !== 401 && answer.status !== 421)) return answer;
      const rejected = { ...wanted, rejectedGeneration: held.generation };
      const newer = await ticket(context, rejected).catch((error: unknown) => {
        // Who is refused with good tickets is refused for another reason: that is the answer.
        if (error instanceof TicketProblem && error.code === "rate_limited") return null;
        throw error;
      });
      if (newer === null || init.body instanceof ReadableStream) return answer;
      await answer.body?.cancel();
      held = newer;
    }
  };
}

/** Calls Box Office, which calls SuperOffice. */
export function createRelayed(
  options: TicketClientOptions,
  base: URL,
  send: Send,
): TicketClient["fetch"] {
  const { credential, callTimeoutMs = CALL_TIMEOUT_MS } = options;
  return async (context, path, init = {}) => {
    const headers = await withSecret(headersOf(init), "authorization", "Bearer ", credential);
    const url = below(new URL(`${tenantPath(context)}/api/`, base).href, path);
    return await send(url, { ...init, headers }, callTimeoutMs, async (answer) => {
      const type = answer.headers.get("content-type") ?? "";
      if (!/^application\/problem\+json\b/i.test(type)) return answer;
      const text = await answer.text();
      const value: unknown = parsed(text);
      if (isOurProblem(value)) throw problemOf(answer, value);
      return new Response(text, answer);
    });
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
