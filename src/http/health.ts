/** Liveness and readiness: a word per dependency, no addresses, no reasons. */

import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Probe } from "../usecases/ports.ts";
import type { Env } from "./context.ts";

const Ready = z.object({
  status: z.enum(["ready", "not_ready"]),
  parts: z.record(z.string(), z.enum(["up", "down"])),
}).openapi("Readiness");

const alive = createRoute({
  method: "get",
  path: "/healthz",
  summary: "The process is alive",
  responses: {
    200: {
      description: "Alive",
      content: { "application/json": { schema: z.object({ status: z.literal("alive") }) } },
    },
  } as RouteConfig["responses"],
});

const ready = createRoute({
  method: "get",
  path: "/readyz",
  summary: "The parts that an exchange needs are there",
  responses: {
    200: { description: "Ready", content: { "application/json": { schema: Ready } } },
    503: { description: "Not ready", content: { "application/json": { schema: Ready } } },
  } as RouteConfig["responses"],
});

/**
 * Routes of health. Liveness is answered at the front door (`app.ts`) and only described here. Probes
 * run at once, each with a deadline of its own.
 */
export function healthRoutes(app: OpenAPIHono<Env>, probes: readonly Probe[]): void {
  app.openAPIRegistry.registerPath(alive);

  app.openapi(ready, async (c) => {
    const words = await Promise.all(probes.map(async (probe) => {
      try {
        await probe.check();
        return [probe.name, "up"] as const;
      } catch {
        return [probe.name, "down"] as const;
      }
    }));
    const isReady = words.every(([, word]) => word === "up");
    return c.json(
      { status: isReady ? "ready" : "not_ready", parts: Object.fromEntries(words) },
      isReady ? 200 : 503,
      isReady ? {} : { "retry-after": "5" },
    );
  });
}
