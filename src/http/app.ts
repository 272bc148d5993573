/**
 * The front door. A ticket is answered here, with nothing between the request and memory; everything
 * else goes through the other doors, which are loaded when somebody first knocks. Knows use cases
 * and no adapter.
 */

import { Hono } from "hono";
import { after } from "../domain/after.ts";
import type { Caller } from "../domain/caller.ts";
import { ContextId } from "../domain/context_id.ts";
import { once } from "../domain/once.ts";
import type { Outcome } from "../domain/refusal.ts";
import type { Toll } from "../usecases/limits.ts";
import type { Handout } from "../usecases/ticket_flight.ts";
import { type FrontParts, LIVENESS_PATH, TICKET_PATH } from "./app_parts.ts";
import { requestIdOf } from "./context.ts";
import { faultProblem, problem, problemOf } from "./problem.ts";
import { createTicketAnswer, type TicketAnswer } from "./ticket_answer.ts";
import { withTolls } from "./tolls.ts";

/** What answers everything that the front door does not. */
export interface Doors {
  fetch(request: Request): Response | Promise<Response>;
}

/** @param openDoors how the other doors are loaded and built, with the answer that both sides give */
export function createApp(
  parts: FrontParts,
  openDoors: (answer: TicketAnswer) => Promise<Doors>,
): Hono {
  const { callers, log } = parts;
  const answer = createTicketAnswer();
  const give = createTicketDoor(parts, answer);
  const app = new Hono();

  app.get(TICKET_PATH, (c): Response | Promise<Response> => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    const caller = callers.identify(c.req.header("authorization") ?? null, requestId);
    const context = c.req.param("ctx");
    return after(caller, (known) => give(known, context, requestId));
  });

  app.get(LIVENESS_PATH, (c) => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    return c.json({ status: "alive" }, 200, { "x-request-id": requestId });
  });

  // A file that could not be read this time may be there the next.
  const doors = once(() => openDoors(answer));
  // No route: with a second one that fits, Hono would take its long way for tickets, too.
  app.notFound(async (c) => (await doors.get()).fetch(c.req.raw));
  app.onError((error, c) => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    log.error("http.fault", { error, request_id: requestId });
    return faultProblem(requestId);
  });
  return app;
}

function createTicketDoor({ admission, tickets, log }: FrontParts, answer: TicketAnswer) {
  const tell = (outcome: Outcome<Handout>, caller: Caller, requestId: string): Response => {
    if (!outcome.ok) {
      const { code, reason } = outcome.refusal;
      log.info("ticket.refused", { code, reason, caller: caller.id, request_id: requestId });
    }
    return answer(outcome, requestId);
  };

  const handOut = (caller: Caller, tenant: ContextId, requestId: string, own: Toll | null) =>
    after(admission.judge(caller, "ticket", tenant, requestId), ({ refusal, toll }) => {
      if (refusal !== null) return withTolls(problem(refusal, requestId), own, toll);
      return after(
        tickets.get(caller, tenant, requestId),
        (outcome) => withTolls(tell(outcome, caller, requestId), own, toll),
      );
    });

  return (
    caller: Caller | null,
    context: string,
    requestId: string,
  ): Response | Promise<Response> => {
    if (caller === null) return problemOf("caller_unknown", requestId);
    return after(admission.count(caller, requestId), ({ refusal, toll }) => {
      if (refusal !== null) return withTolls(problem(refusal, requestId), toll);
      const tenant = ContextId.parse(context);
      if (tenant === null) return withTolls(problemOf("invalid_request", requestId), toll);
      return handOut(caller, tenant, requestId, toll);
    });
  };
}
