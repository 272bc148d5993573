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

import { createDirect, createRelayed } from "./calls.ts";
import { problemOf, unexpected } from "./problem.ts";
import { createSender, serviceUrl, tenantPath, withSecret } from "./requests.ts";
import type { Ticket, TicketClient, TicketClientOptions } from "./types.ts";

export { TicketProblem } from "./problem.ts";
export type * from "./types.ts";

const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1000;

/**
 * Makes a client. It may live as long as the process and serve any number of tenants.
 *
 * @throws TypeError if the url is none, or is neither https nor http on this machine
 */
export function createTicketClient(options: TicketClientOptions): TicketClient {
  const base = serviceUrl(options.url);
  const send = createSender(options);
  const remembered = new Map<string, Remembered>();

  const request = async (context: string, rejected: number | undefined): Promise<Ticket> => {
    const headers = await withSecret(new Headers(), "authorization", "Bearer ", options.credential);
    const init: RequestInit = { headers };
    if (rejected !== undefined) {
      headers.set("content-type", "application/json");
      init.method = "POST";
      init.body = JSON.stringify({ rejected_generation: rejected });
    }
    const url = new URL(`${tenantPath(context)}/ticket`, base);
    return await send(url, init, options.timeoutMs ?? 10_000, async (answer) => {
      const value: unknown = await answer.json().catch(() => null);
      if (answer.status !== 200) throw problemOf(answer, value);
      return readTicket(value, answer);
    });
  };

  const begin = (key: string, context: string, rejected: number | undefined): Promise<Ticket> => {
    const entry = { until: Infinity, ticket: request(context, rejected) };
    remembered.delete(key);
    remembered.set(key, entry);
    if (remembered.size > MAX_REMEMBERED) remembered.delete(remembered.keys().next().value!);
    entry.ticket.then(
      ({ expiresAt }) => entry.until = Math.min(expiresAt.getTime(), Date.now() + REMEMBERED_MS),
      () => remembered.get(key) === entry && remembered.delete(key),
    );
    return entry.ticket;
  };

  const obtain = async (context: string, rejected: number | undefined): Promise<Ticket> => {
    const key = context.toLowerCase();
    while (true) {
      const known = remembered.get(key);
      if (known === undefined || known.until <= Date.now()) {
        return await begin(key, context, rejected);
      }
      const held = await known.ticket;
      if (rejected === undefined || held.generation > rejected) return held;
      // Whoever comes first asks for a newer one; the others wait for that.
      if (remembered.get(key) === known) return await begin(key, context, rejected);
    }
  };

  const ticket: TicketClient["ticket"] = (context, { rejectedGeneration, signal } = {}) =>
    unlessAborted(obtain(context, rejectedGeneration), signal);
  const call = options.via === "relay"
    ? createRelayed(options, base, send)
    : createDirect(options, ticket, send);
  return { ticket, fetch: call };
}

interface Remembered {
  /** Milliseconds since the epoch. */
  until: number;
  readonly ticket: Promise<Ticket>;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** @throws TicketProblem `unexpected_answer` */
function readTicket(value: unknown, answer: Response): Ticket {
  const read = Object(value) as Record<string, unknown>;
  const text = (name: string) => typeof read[name] === "string" ? read[name] : "";
  const instant = (name: string) => new Date(text(name));
  const ticket = {
    contextIdentifier: text("context_identifier"),
    generation: Number(read.generation),
    issuedAt: instant("issued_at"),
    expiresAt: instant("expires_at"),
    webapiUrl: text("webapi_url"),
    netserverUrl: text("netserver_url"),
  };
  const isWhole = text("ticket") !== "" && ticket.contextIdentifier !== "" &&
    Number.isSafeInteger(ticket.generation) && ticket.expiresAt.getTime() > 0 &&
    URL.canParse(ticket.webapiUrl);
  if (!isWhole) throw unexpected(answer);
  Object.defineProperty(ticket, "ticket", { value: text("ticket") });
  return Object.freeze(ticket) as Ticket;
}
