/**
 * The yardsticks: Hono routes that answer a constant of a ticket's size and do nothing else. `/bare`
 * with a content type alone, which Deno serves on a path of its own; `/headers` with the four headers
 * that every ticket carries.
 */

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
app.get("/bare/:ctx", (c) => c.body(BODY, 200, { "content-type": "application/json" }));
app.get("/headers/:ctx", (c) =>
  c.body(BODY, 200, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-request-id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "x-ticket-source": "memory",
  }));
app.get("/healthz", (c) => c.json({ status: "alive" }));

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.args[0] ?? 0),
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, app.fetch);
