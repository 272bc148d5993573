/** Shapes that several doors share, for validation and for the OpenAPI document alike. */

import { z } from "@hono/zod-openapi";

/** Path parameter `{ctx}`. The handlers parse it themselves: see `ContextId`. */
export const CONTEXT_PARAMETER = {
  name: "ctx",
  in: "path",
  required: true,
  schema: { type: "string", pattern: "^[Cc][Uu][Ss][Tt][0-9]{1,15}$" },
  description: "Context identifier of the tenant, in any letter case",
} as const;

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  request_id: z.string(),
}).openapi("Problem");

/** OpenAPI response of a refusal. */
export function problemResponse(description: string) {
  return { description, content: { "application/problem+json": { schema: Problem } } };
}

/** Responses that any route under `/v1/` may give. */
export const COMMON_RESPONSES = {
  400: problemResponse("invalid_request"),
  401: problemResponse("caller_unknown"),
  403: problemResponse("caller_forbidden"),
  429: problemResponse("rate_limited; `RateLimit` and `RateLimit-Policy` say how much is left"),
} as const;

export const BEARER = [{ bearer: [] }];

/** A whole number from a query string. */
export function wholeNumber(minimum: number, maximum: number) {
  return z.string().regex(/^-?\d{1,15}$/).transform(Number).pipe(z.int().min(minimum).max(maximum));
}
