/** The relay: a tenant's web API for callers who are to see neither ticket nor client secret. */

import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import { ContextId } from "../domain/context_id.ts";
import type { Relay } from "../usecases/relay.ts";
import type { RelayCall } from "../usecases/superoffice_ports.ts";
import { RELAY_PATH } from "./app_parts.ts";
import type { Env } from "./context.ts";
import { problem, problemOf } from "./problem.ts";
import { MAX_REPLAY_BYTES, readBody } from "./request_body.ts";
import { BEARER, COMMON_RESPONSES, CONTEXT_PARAMETER, problemResponse } from "./schemas.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const RESPONSES: RouteConfig["responses"] = {
  default: { description: "SuperOffice's answer as it is, but for headers about credentials" },
  ...COMMON_RESPONSES,
  404: problemResponse("tenant_unknown, or SuperOffice's own 404"),
  409: problemResponse("consent_withdrawn, tenant_suspended, or SuperOffice's own 409"),
  429: problemResponse("rate_limited, or SuperOffice's own 429"),
  503: problemResponse(
    "signer_unavailable, store_unavailable, ledger_unavailable, upstream_unavailable",
  ),
};

/** What follows the API in an address as it was sent: no parser has moved anything in it yet. */
const REST = /^[^:/?#]+:\/\/[^/?#]*\/v1\/tenants\/[^/?#]*\/api(?:\/([^#]*)|(\?[^#]*))?$/;

/** `fetch` refuses to send these. */
const REFUSED_METHODS = ["CONNECT", "TRACE", "TRACK"];

/** HTTP has more, and all others go through, too (RFC 9110, section 10.2.1). */
const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** True for addresses whose bodies are streamed on and have no limit. */
export function isRelayed(path: string): boolean {
  return /^\/v1\/tenants\/[^/]*\/api(?:\/|$)/.test(path);
}

export function relayRoutes(app: OpenAPIHono<Env>, relay: Relay): void {
  for (const method of METHODS) {
    app.openAPIRegistry.registerPath({
      method,
      path: "/v1/tenants/{ctx}/api/{path}",
      summary: "The tenant's web API, called as the system user",
      security: BEARER,
      parameters: [CONTEXT_PARAMETER, {
        name: "path",
        in: "path",
        required: true,
        schema: { type: "string" },
        description: "Path and query below the tenant's web API, slashes included",
      }],
      responses: RESPONSES,
    });
  }

  app.all(RELAY_PATH, async (c) => {
    const requestId = c.get("requestId");
    const { raw } = c.req;
    // `fetch` reads these names in any letter case.
    const method = raw.method.toUpperCase();
    const tenant = ContextId.parse(c.req.param("ctx"));
    const rest = REST.exec(raw.url);
    if (tenant === null || rest === null) return problemOf("invalid_request", requestId);
    if (REFUSED_METHODS.includes(method)) {
      const answer = problemOf("method_not_allowed", requestId);
      answer.headers.set("allow", ALLOWED_METHODS);
      return answer;
    }
    const left = new AbortController();
    const read = async (): Promise<RelayCall> => ({
      method: raw.method,
      headers: raw.headers,
      body: method === "GET" || method === "HEAD"
        ? null
        : await readBody(raw, MAX_REPLAY_BYTES, () => left.abort()),
      signal: AbortSignal.any([raw.signal, left.signal]),
    });
    const request = { rest: rest[1] ?? rest[2] ?? "", read };
    const outcome = await relay.forward(c.get("caller"), tenant, requestId, request);
    if (!outcome.ok) return problem(outcome.refusal, requestId);
    const { status, headers, body, location } = outcome.value;
    headers.delete("location");
    if (location !== null) headers.set("location", `/v1/tenants/${tenant}/api/${location}`);
    headers.set("cache-control", "no-store");
    headers.set("x-request-id", requestId);
    return new Response(body, { status, headers });
  });
}
