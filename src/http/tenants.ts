/** Tenants for services that poll for new ones. Never shows a system user token. */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { ContextId } from "../domain/context_id.ts";
import { TENANT_HEALTHS, type TenantCard } from "../domain/tenant.ts";
import type { Tenants } from "../usecases/tenants.ts";
import type { Env } from "./context.ts";
import { problem, problemOf } from "./problem.ts";
import {
  BEARER,
  COMMON_RESPONSES,
  CONTEXT_PARAMETER,
  problemResponse,
  wholeNumber,
} from "./schemas.ts";

const HEALTH = z.enum(TENANT_HEALTHS);

const TenantAnswer = z.object({
  context_identifier: z.string(),
  company_name: z.string(),
  consented_at: z.iso.datetime(),
  consented_by: z.string(),
  serial: z.string(),
  state: z.string().openapi({ description: "SuperOffice's word, as last seen" }),
  health: HEALTH,
  sequence: z.int().openapi({ description: "Place in the order of first consent" }),
}).openapi("Tenant");

const HealthAnswer = z.object({
  context_identifier: z.string(),
  health: HEALTH,
  reason: z.string().openapi({ description: "Why, in one word" }),
  since: z.iso.datetime(),
  state: z.string().openapi({ description: "SuperOffice's word, as last seen" }),
}).openapi("TenantHealth");

const TenantPage = z.object({
  tenants: z.array(TenantAnswer),
  next: z.int().nullable().openapi({ description: "`after` of the next page; null at the end" }),
}).openapi("TenantPage");

const UNAVAILABLE: RouteConfig["responses"] = {
  503: problemResponse("store_unavailable, ledger_unavailable"),
};

const one = { path: "/v1/tenants/{ctx}", security: BEARER, parameters: [CONTEXT_PARAMETER] };

const listRoute = createRoute({
  method: "get",
  path: "/v1/tenants",
  summary: "Tenants in the order of consent",
  security: BEARER,
  request: {
    query: z.object({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
      limit: wholeNumber(1, 1000).optional(),
    }),
  },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: TenantPage } } },
    ...COMMON_RESPONSES,
    ...UNAVAILABLE,
  } as RouteConfig["responses"],
});

const getRoute = createRoute({
  ...one,
  method: "get",
  summary: "One tenant",
  responses: {
    200: { description: "It", content: { "application/json": { schema: TenantAnswer } } },
    ...COMMON_RESPONSES,
    404: problemResponse("tenant_unknown"),
    ...UNAVAILABLE,
  } as RouteConfig["responses"],
});

const healthRoute = createRoute({
  ...one,
  path: "/v1/tenants/{ctx}/health",
  method: "get",
  summary: "How a tenant is doing, why, and since when",
  responses: {
    200: { description: "It", content: { "application/json": { schema: HealthAnswer } } },
    ...COMMON_RESPONSES,
    404: problemResponse("tenant_unknown"),
    ...UNAVAILABLE,
  } as RouteConfig["responses"],
});

const removeRoute = createRoute({
  ...one,
  method: "delete",
  summary: "Remove everything of a tenant but its ledger entries",
  responses: {
    204: { description: "Removed" },
    ...COMMON_RESPONSES,
    404: problemResponse("tenant_unknown"),
    ...UNAVAILABLE,
  } as RouteConfig["responses"],
});

/** Tenants in one page unless asked otherwise. */
const DEFAULT_LIMIT = 100;

/** Routes of tenants. */
export function tenantRoutes(app: OpenAPIHono<Env>, tenants: Tenants): void {
  app.openapi(listRoute, async (c) => {
    const { after = 0, limit = DEFAULT_LIMIT } = c.req.valid("query");
    const outcome = await tenants.list(c.get("caller"), after, limit);
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    const { tenants: page, next } = outcome.value;
    return c.json({ tenants: page.map(tenantBody), next });
  });

  app.openapi(getRoute, async (c) => {
    const tenant = ContextId.parse(c.req.param("ctx"));
    if (tenant === null) return problemOf("invalid_request", c.get("requestId"));
    const outcome = await tenants.get(c.get("caller"), tenant);
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    return c.json(tenantBody(outcome.value));
  });

  app.openapi(healthRoute, async (c) => {
    const tenant = ContextId.parse(c.req.param("ctx"));
    if (tenant === null) return problemOf("invalid_request", c.get("requestId"));
    const outcome = await tenants.get(c.get("caller"), tenant);
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    const { contextIdentifier, health, healthReason, healthSince, state } = outcome.value;
    const since = new Date(healthSince).toISOString();
    const answer = { context_identifier: contextIdentifier, health, reason: healthReason };
    return c.json({ ...answer, since, state });
  });

  app.openapi(removeRoute, async (c) => {
    const tenant = ContextId.parse(c.req.param("ctx"));
    if (tenant === null) return problemOf("invalid_request", c.get("requestId"));
    const outcome = await tenants.remove(c.get("caller"), tenant, c.get("requestId"));
    return outcome.ok ? c.body(null, 204) : problem(outcome.refusal, c.get("requestId"));
  });
}

function tenantBody(tenant: TenantCard): z.infer<typeof TenantAnswer> {
  return {
    context_identifier: tenant.contextIdentifier,
    company_name: tenant.companyName,
    consented_at: new Date(tenant.consentedAt).toISOString(),
    consented_by: tenant.consentedBy,
    serial: tenant.serial,
    state: tenant.state,
    health: tenant.health,
    sequence: tenant.sequence,
  };
}
