/**
 * The yardsticks: Hono routes that do nothing of their own.
 *
 *     deno run -A bench/processes/bare_server.ts [PORT [STORE_URL TOKEN KEY]]
 *
 * `/bare` answers a constant of a ticket's size with a content type alone, which Deno serves on a path
 * of its own; `/headers` the same with the four headers that every ticket carries; `/stored` reads one
 * key of an Upstash with one plain request and answers what it gets.
 */

import { Hono } from "hono";

const [port = "0", storeUrl = "", token = "", key = ""] = Deno.args;

const BODY = JSON.stringify({
  context_identifier: "Cust12345",
  ticket: `7T:${"A".repeat(128)}`,
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
app.get("/stored/:ctx", async (c) => {
  const answer = await fetch(storeUrl, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(["GET", key]),
  });
  const { result } = await answer.json() as { readonly result: string | null };
  return result === null
    ? c.body(null, 404)
    : c.body(result, 200, { "content-type": "application/json" });
});

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, app.fetch);
