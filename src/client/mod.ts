/**
 * Client of Box Office for edge functions: system user tickets, and calls of a tenant's web API with
 * them. Needs nothing but `fetch` and its relatives, so it runs unchanged on Deno, Node 20
 * and later, and Cloudflare Workers.
 *
 * ```ts
 * import { createTicketClient, TicketProblem } from "@box-office/box-office/client";
 *
 * const client = createTicketClient({
 *   url: "https://tickets.example.com",
 *   credential: "bo_example",
 *   clientSecret: "the app's client secret",
 *   // Only so that this example needs no network.
 *   fetch: (url) =>
 *     Promise.resolve(
 *       `${url}`.endsWith("/ticket")
 *         ? Response.json({
 *           context_identifier: "Cust12345",
 *           ticket: "7T:example",
 *           generation: 1,
 *           issued_at: "2026-11-22T12:00:00.000Z",
 *           expires_at: "2126-11-22T18:00:00.000Z",
 *           webapi_url: "https://sod2.superoffice.com/Cust12345/api/",
 *           netserver_url: "https://sod2.superoffice.com/Cust12345/Remote/Services88/",
 *         })
 *         : Response.json({ Name: "SuperOffice" }),
 *     ),
 * });
 *
 * try {
 *   const answer = await client.fetch("Cust12345", "v1/Contact/1");
 *   const { Name } = await answer.json();
 *   if (Name !== "SuperOffice") throw new Error("never");
 * } catch (error) {
 *   if (error instanceof TicketProblem && error.code === "consent_withdrawn") {
 *     // An administrator of the tenant must connect again.
 *   }
 *   throw error;
 * }
 * ```
 *
 * @module
 */

import { serviceUrl } from "./addresses.ts";
import { createDirect, createRelayed } from "./calls.ts";
import { requireTimeout } from "./deadline.ts";
import { createSender } from "./requests.ts";
import { createTenants } from "./tenants.ts";
import { createTickets } from "./tickets.ts";
import type { TicketClient, TicketClientOptions } from "./types.ts";

export { TicketProblem } from "./problem.ts";
export type * from "./types.ts";

/**
 * Makes a client. It may live as long as the process and serve any number of tenants: it remembers a
 * thousand tickets at most, each for a minute.
 *
 * @throws TypeError for options that cannot be used: a url that is no origin, or is neither https nor
 *   http on this machine; a credential that is missing; another `via`; a timeout that is none
 */
export function createTicketClient(options: TicketClientOptions): TicketClient {
  const base = serviceUrl(options.url);
  const timeoutMs = requireTimeout("timeoutMs", options.timeoutMs ?? 10_000);
  const callTimeoutMs = requireTimeout("callTimeoutMs", options.callTimeoutMs ?? 100_000);
  const { credential, via = "direct", clientSecret } = options;
  requireSecret("credential", credential);
  if (clientSecret !== undefined) requireSecret("clientSecret", clientSecret);
  requireVia(via);
  const send = createSender(options);
  const obtain = createTickets({ base, credential, timeoutMs, send });
  const parts = { base, send, timeoutMs: callTimeoutMs };
  return {
    ticket: async (context, request) => (await obtain(context, request)).ticket,
    fetch: via === "relay"
      ? createRelayed(parts, credential)
      : createDirect(parts, obtain, clientSecret),
    tenants: createTenants(base, credential, send, timeoutMs),
  };
}

/** What is missing in the environment gets this far in plain JavaScript. @throws TypeError */
function requireSecret(name: string, source: unknown): void {
  if (typeof source === "string" || typeof source === "function") return;
  throw new TypeError(
    `Cannot use the ${name}: it must be text or a function; is its environment variable set?`,
  );
}

/** Anything else would be one of them by accident. @throws TypeError */
function requireVia(via: string): void {
  if (via === "direct" || via === "relay") return;
  throw new TypeError('Cannot use via: it must be "direct" or "relay"');
}
