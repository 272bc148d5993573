/** A ticket as the answer to a caller. The text of a ticket is made once, however often it is given. */

import type { Outcome } from "../domain/refusal.ts";
import type { Ticket } from "../domain/ticket.ts";
import type { Handout } from "../usecases/ticket_flight.ts";
import { problem } from "./problem.ts";

export type TicketAnswer = (outcome: Outcome<Handout>, requestId: string) => Response;

export function createTicketAnswer(): TicketAnswer {
  const bodies = new WeakMap<Ticket, string>();
  return (outcome, requestId) => {
    if (!outcome.ok) return problem(outcome.refusal, requestId);
    const { ticket, source } = outcome.value;
    let body = bodies.get(ticket);
    if (body === undefined) bodies.set(ticket, body = ticketBody(ticket));
    return new Response(body, {
      headers: {
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-request-id": requestId,
        "x-ticket-source": source,
      },
    });
  };
}

function ticketBody(ticket: Ticket): string {
  return JSON.stringify({
    context_identifier: ticket.contextIdentifier,
    ticket: ticket.ticket.reveal(),
    generation: ticket.generation,
    issued_at: new Date(ticket.issuedAt).toISOString(),
    expires_at: new Date(ticket.expiresAt).toISOString(),
    webapi_url: ticket.webapiUrl,
    netserver_url: ticket.netserverUrl,
  });
}
