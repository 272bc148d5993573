/**
 * The door for SuperOffice's pushes. Needs no caller: the token in the body says whose it is. Refusals
 * are not counted: nobody can be told apart from SuperOffice before the token is read, so a limit that
 * strangers use up would shut SuperOffice out, and reading a bad token costs less than the request.
 */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { StateChanges } from "../usecases/state_changes.ts";
import { STATE_CHANGES_PATH } from "./app_parts.ts";
import { limitBodies } from "./body_limit.ts";
import type { Env } from "./context.ts";
import { problem, problemOf } from "./problem.ts";
import { problemResponse } from "./schemas.ts";

type MediaType = NonNullable<
  NonNullable<NonNullable<RouteConfig["request"]>["body"]>["content"][string]
>;

const TYPES =
  "0 Upgrade, 1 BackupRestored, 2 Suspend, 3 Resume, 4 Delete, 5 Move; or its digits or word as text";

/** Only described: names may come in any letter case, and others may stand beside them. */
const PUSH: MediaType = {
  schema: {
    type: "object",
    required: ["ChangeType", "ContextIdentifier", "Token"],
    properties: {
      ChangeType: { anyOf: [{ type: "integer" }, { type: "string" }], description: TYPES },
      ContextIdentifier: { type: "string" },
      Token: { type: "string", description: "JWT, signed by SuperOffice's login key" },
    },
  },
};

const receiveRoute = createRoute({
  method: "post",
  path: STATE_CHANGES_PATH,
  summary:
    "SuperOffice's push: a tenant was suspended, resumed, deleted, moved, restored, upgraded",
  security: [],
  request: { body: { required: true, content: { "application/json": PUSH } } },
  responses: {
    200: {
      description: "Obeyed, or nothing to do: the tenant is not ours, or the change not known",
      content: { "application/json": { schema: z.object({ status: z.literal("accepted") }) } },
    },
    400: problemResponse("invalid_request"),
    401: problemResponse("caller_unknown: the token passes not every check, or was used before"),
    413: problemResponse("payload_too_large: over 64 KiB"),
    503: problemResponse("store_unavailable, ledger_unavailable, upstream_unavailable"),
  } as RouteConfig["responses"],
});

/** A token of 16 KiB at most and a few words; anybody may send one. */
const MAX_BYTES = 64 * 1024;

/** The route of pushes: before the limit of all others, as its own is narrower. */
export function stateChangeRoutes(app: OpenAPIHono<Env>, stateChanges: StateChanges): void {
  app.use(
    STATE_CHANGES_PATH,
    limitBodies(MAX_BYTES, (c) => problemOf("payload_too_large", c.get("requestId"))),
  );

  app.openapi(receiveRoute, async (c) => {
    const requestId = c.get("requestId");
    // As JSON whatever it calls itself: what SuperOffice sends is not published, and the token decides.
    const outcome = await stateChanges.receive(await c.req.text(), requestId);
    if (!outcome.ok) return problem(outcome.refusal, requestId);
    return c.json({ status: "accepted" } as const, 200, { "cache-control": "no-store" });
  });
}
