/** The yardstick: a Hono route that answers a constant of a ticket's size and does nothing else. */

import { Hono } from "hono";

const BODY = JSON.stringify({
  context_identifier: "Cust12345",
  ticket: `7T:${"A".repeat(120)}`,
  generation: 1,
  issued_at: "2026-11-22T12:00:00.000Z",
  expires_at: "2026-11-22T18:00:00.000Z",
  webapi_url: "https://sod2.superoffice.com/Cust12345/api/",
  netserver_url: "https://sod2.superoffice.com/Cust12345/Remote/Services88/",
});

const app = new Hono();
app.get(
  "/v1/tenants/:ctx/ticket",
  (c) => c.body(BODY, 200, { "content-type": "application/json" }),
);
app.get("/healthz", (c) => c.json({ status: "alive" }));

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.args[0] ?? 0),
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, app.fetch);
