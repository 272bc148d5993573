/** The ledger for auditors: checkpoint, key, entries, inclusion proofs. Reads only. */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Audit } from "../usecases/audit.ts";
import type { Env } from "./context.ts";
import { problem } from "./problem.ts";
import { BEARER, COMMON_RESPONSES, problemResponse, wholeNumber } from "./schemas.ts";

const Proof = z.object({
  index: z.int(),
  size: z.int(),
  leaf_hash: z.string(),
  root_hash: z.string(),
  proof: z.array(z.string()),
}).openapi("InclusionProof");

const MAX_INDEX = 999_999_999_999;

/** Entries in one page unless asked otherwise, and at most. */
const DEFAULT_LIMIT = 1000;
const MAX_LIMIT = 10_000;

const UNAVAILABLE = { 503: problemResponse("ledger_unavailable") };

const textRoute = (path: "checkpoint" | "key", summary: string) =>
  createRoute({
    method: "get",
    path: `/v1/ledger/${path}`,
    summary,
    security: BEARER,
    responses: {
      200: { description: summary, content: { "text/plain": { schema: z.string() } } },
      ...COMMON_RESPONSES,
      ...UNAVAILABLE,
    } as RouteConfig["responses"],
  });

const entriesRoute = createRoute({
  method: "get",
  path: "/v1/ledger/entries",
  summary: "Entries with an index above `after`, one JSON object a line",
  security: BEARER,
  request: {
    query: z.object({
      after: wholeNumber(-1, MAX_INDEX).optional(),
      limit: wholeNumber(1, MAX_LIMIT).optional(),
    }),
  },
  responses: {
    200: { description: "Entries", content: { "application/jsonl": { schema: z.string() } } },
    ...COMMON_RESPONSES,
    ...UNAVAILABLE,
  } as RouteConfig["responses"],
});

const proofRoute = createRoute({
  method: "get",
  path: "/v1/ledger/entries/{index}/proof",
  summary: "RFC 6962 inclusion proof of one entry",
  security: BEARER,
  request: {
    params: z.object({ index: wholeNumber(0, MAX_INDEX) }),
    query: z.object({ size: wholeNumber(1, MAX_INDEX).optional() }),
  },
  responses: {
    200: { description: "The proof", content: { "application/json": { schema: Proof } } },
    ...COMMON_RESPONSES,
    404: problemResponse("not_found"),
    ...UNAVAILABLE,
  } as RouteConfig["responses"],
});

/** Routes of the ledger. */
export function ledgerRoutes(app: OpenAPIHono<Env>, audit: Audit): void {
  app.openapi(textRoute("checkpoint", "The log's checkpoint, a C2SP signed note"), async (c) => {
    const outcome = await audit.checkpoint(c.get("caller"));
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    return c.text(outcome.value.note);
  });

  app.openapi(textRoute("key", "The log's public key, a C2SP verifier key"), async (c) => {
    const outcome = await audit.key(c.get("caller"));
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    return c.text(`${outcome.value}\n`);
  });

  app.openapi(entriesRoute, async (c) => {
    const { after = -1, limit = DEFAULT_LIMIT } = c.req.valid("query");
    const outcome = await audit.entries(c.get("caller"), after, limit);
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    const lines = outcome.value.map((leaf) => `${leaf}\n`).join("");
    return c.body(lines, 200, { "content-type": "application/jsonl" });
  });

  app.openapi(proofRoute, async (c) => {
    const { index } = c.req.valid("param");
    const { size = null } = c.req.valid("query");
    const outcome = await audit.proof(c.get("caller"), index, size);
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    const { leafHash, rootHash, proof, size: proven } = outcome.value;
    return c.json({ index, size: proven, leaf_hash: leafHash, root_hash: rootHash, proof });
  });
}
