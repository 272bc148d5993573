/** Tickets for edge functions. The answer from memory touches nothing but memory. */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { ContextId } from "../domain/context_id.ts";
import { Generation, type Ticket } from "../domain/ticket.ts";
import type { Outcome } from "../domain/refusal.ts";
import type { Handout, Tickets } from "../usecases/tickets.ts";
import type { Env } from "./context.ts";
import { problem, problemOf } from "./problem.ts";
import { BEARER, COMMON_RESPONSES, CONTEXT_PARAMETER, problemResponse } from "./schemas.ts";

const TicketAnswer = z.object({
  context_identifier: z.string(),
  ticket: z.string().openapi({ description: "`7T:…`, for `Authorization: SOTicket`" }),
  generation: z.int(),
  issued_at: z.iso.datetime(),
  expires_at: z.iso.datetime().openapi({ description: "Lower bound: use extends the life" }),
  webapi_url: z.url(),
  netserver_url: z.url(),
}).openapi("Ticket");

const RESPONSES: RouteConfig["responses"] = {
  200: {
    description: "A ticket; header `x-ticket-source` says memory, store or exchange",
    content: { "application/json": { schema: TicketAnswer } },
  },
  ...COMMON_RESPONSES,
  404: problemResponse("tenant_unknown"),
  409: problemResponse("consent_withdrawn, tenant_suspended"),
  502: problemResponse("exchange_failed"),
  503: problemResponse(
    "signer_unavailable, store_unavailable, ledger_unavailable, upstream_unavailable",
  ),
};

const getRoute = createRoute({
  method: "get",
  path: "/v1/tenants/{ctx}/ticket",
  summary: "A system user ticket for the tenant",
  security: BEARER,
  parameters: [CONTEXT_PARAMETER],
  responses: RESPONSES,
});

const replaceRoute = createRoute({
  method: "post",
  path: "/v1/tenants/{ctx}/ticket",
  summary: "A newer ticket, because SuperOffice answered 401 to this generation",
  security: BEARER,
  parameters: [CONTEXT_PARAMETER],
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({ rejected_generation: z.int().min(1) })
            .openapi("RejectedGeneration"),
        },
      },
    },
  },
  responses: RESPONSES,
});

/** Routes of tickets. */
export function ticketRoutes(app: OpenAPIHono<Env>, tickets: Tickets): void {
  const bodies = new WeakMap<Ticket, string>();

  const answer = (c: Context<Env>, outcome: Outcome<Handout>): Response => {
    const requestId = c.get("requestId");
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

  app.openapi(getRoute, async (c) => {
    const tenant = ContextId.parse(c.req.param("ctx"));
    if (tenant === null) return problemOf("invalid_request", c.get("requestId"));
    return answer(c, await tickets.get(c.get("caller"), tenant, c.get("requestId")));
  });

  app.openapi(replaceRoute, async (c) => {
    const tenant = ContextId.parse(c.req.param("ctx"));
    const rejected = Generation.parse(c.req.valid("json").rejected_generation);
    if (tenant === null || rejected === null) {
      return problemOf("invalid_request", c.get("requestId"));
    }
    return answer(c, await tickets.replace(c.get("caller"), tenant, rejected, c.get("requestId")));
  });
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
