/** The ledger for auditors: checkpoint, key, entries, tiles, proofs. Reads only. */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Audit } from "../usecases/audit.ts";
import type { Env } from "./context.ts";
import { problem, problemOf } from "./problem.ts";
import { BEARER, COMMON_RESPONSES, problemResponse, wholeNumber } from "./schemas.ts";

const ConsistencyProof = z.object({
  first: z.int(),
  second: z.int(),
  first_root_hash: z.string(),
  second_root_hash: z.string(),
  proof: z.array(z.string()),
}).openapi("ConsistencyProof");

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

const consistencyRoute = createRoute({
  method: "get",
  path: "/v1/ledger/consistency",
  summary: "RFC 6962 consistency proof between two sizes of the log",
  security: BEARER,
  request: {
    query: z.object({
      first: wholeNumber(1, MAX_INDEX),
      second: wholeNumber(1, MAX_INDEX).optional(),
    }),
  },
  responses: {
    200: {
      description: "The proof",
      content: { "application/json": { schema: ConsistencyProof } },
    },
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

  app.openapi(consistencyRoute, async (c) => {
    const { first, second = null } = c.req.valid("query");
    if (second !== null && first > second) {
      return problemOf("invalid_request", c.get("requestId"));
    }
    const outcome = await audit.consistency(c.get("caller"), first, second);
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    const { firstRootHash, secondRootHash, proof, ...sizes } = outcome.value;
    return c.json({
      ...sizes,
      first_root_hash: firstRootHash,
      second_root_hash: secondRootHash,
      proof,
    });
  });

  tileRoutes(app, audit);
}

/** Tiles as C2SP tlog-tiles names them below the log's address, `/v1/ledger`. */
function tileRoutes(app: OpenAPIHono<Env>, audit: Audit): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/ledger/tile/{path}",
    summary: "A tile of hashes or a bundle of entries, as C2SP tlog-tiles",
    security: BEARER,
    parameters: [{
      name: "path",
      in: "path",
      required: true,
      schema: { type: "string" },
      description:
        "Level or `entries`, and number, slashes included: `0/x001/234`, `entries/000.p/5`",
    }],
    responses: {
      200: {
        description: "32 bytes a hash; or each entry behind its length in 16 bits, big-endian",
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
      },
      ...COMMON_RESPONSES,
      404: problemResponse("not_found"),
      ...UNAVAILABLE,
    },
  });
  app.get("/v1/ledger/tile/*", async (c) => {
    const path = c.req.path.slice("/v1/ledger/".length);
    const outcome = await audit.tile(c.get("caller"), path);
    if (!outcome.ok) return problem(outcome.refusal, c.get("requestId"));
    return c.body(outcome.value, 200, { "content-type": "application/octet-stream" });
  });
}
