/** Tickets for edge functions, as the OpenAPI document tells them, and the door for rejected ones. */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { ContextId } from "../domain/context_id.ts";
import { Generation } from "../domain/ticket.ts";
import type { Tickets } from "../usecases/tickets.ts";
import type { Env } from "./context.ts";
import { problemOf } from "./problem.ts";
import { BEARER, COMMON_RESPONSES, CONTEXT_PARAMETER, problemResponse } from "./schemas.ts";
import type { TicketAnswer } from "./ticket_answer.ts";

const TicketBody = z.object({
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
    content: { "application/json": { schema: TicketBody } },
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
  responses: {
    ...RESPONSES,
    413: problemResponse("payload_too_large"),
  } as RouteConfig["responses"],
});

/**
 * Routes of tickets. `GET` is served at the front door (`app.ts`), so here it is only described;
 * `POST` is described and served.
 */
export function ticketRoutes(app: OpenAPIHono<Env>, tickets: Tickets, answer: TicketAnswer): void {
  app.openAPIRegistry.registerPath(getRoute);

  app.openapi(replaceRoute, async (c) => {
    const tenant = ContextId.parse(c.req.param("ctx"));
    const rejected = Generation.parse(c.req.valid("json").rejected_generation);
    const requestId = c.get("requestId");
    if (tenant === null || rejected === null) return problemOf("invalid_request", requestId);
    return answer(await tickets.replace(c.get("caller"), tenant, rejected, requestId), requestId);
  });
}
