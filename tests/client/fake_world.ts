/**
 * A Box Office and a SuperOffice behind the client's `fetch`, for tests of what the client asks them. The
 * fake is as strict as a platform: it builds a real request, and heeds its signal.
 */

import {
  createTicketClient,
  type TicketClient,
  type TicketClientOptions,
  TicketProblem,
} from "../../src/client/mod.ts";

export const TENANT = "Cust12345";
export const BOX_OFFICE = "https://tickets.example.com";
export const WEB_API = "https://sod2.superoffice.com/Cust12345/api/";
export const SECRETS = {
  credential: "bo_secret_credential",
  clientSecret: "secret-of-the-client",
  ticket: "7T:secret-ticket",
};

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

type Answering = (request: Arrived, count: number) => Response | Promise<Response>;

export interface World {
  readonly client: TicketClient;
  /** In the order of their arrival. */
  readonly asked: Arrived[];
  readonly called: Arrived[];
}

export interface WorldOptions extends Partial<TicketClientOptions> {
  /** Box Office; without it every answer is a ticket of the next generation. */
  readonly box?: Answering;
  readonly superoffice?: Answering;
}

/** A client and what it talks to. */
export function createWorld({ box, superoffice, ...options }: WorldOptions = {}): World {
  const asked: Arrived[] = [];
  const called: Arrived[] = [];
  const answerTicket: Answering = (_, count) => ticketAnswer({ generation: count });
  const send = async (url: URL, init: RequestInit): Promise<Response> => {
    const request = new Request(url, init);
    const body = await request.text();
    const { method, headers } = request;
    const arrived = { method, url: request.url, headers, body };
    const isBox = url.origin === BOX_OFFICE;
    const list = isBox ? asked : called;
    list.push(arrived);
    const answering = isBox ? box ?? answerTicket : superoffice ?? (() => new Response("{}"));
    return await heeding(init.signal!, answering(arrived, list.length));
  };
  const { credential, clientSecret } = SECRETS;
  const client = createTicketClient({
    url: BOX_OFFICE,
    credential,
    clientSecret,
    fetch: send,
    ...options,
  });
  return { client, asked, called };
}

function heeding<T>(signal: AbortSignal, answer: T | Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  if (signal.aborted) aborted.reject(signal.reason);
  signal.addEventListener("abort", () => aborted.reject(signal.reason));
  return Promise.race([answer, aborted.promise]);
}

/** The one valid ticket, bent. @param source where the service had it */
export function ticketAnswer(
  bend: Readonly<Record<string, unknown>> = {},
  source: "memory" | "store" | "exchange" = "exchange",
): Response {
  const body = {
    context_identifier: TENANT,
    ticket: SECRETS.ticket,
    generation: 1,
    issued_at: "2026-11-22T12:00:00.000Z",
    expires_at: "2126-11-22T18:00:00.000Z",
    webapi_url: WEB_API,
    netserver_url: "https://sod2.superoffice.com/Cust12345/Remote/Services88/",
    ...bend,
  };
  return Response.json(body, { headers: { "x-ticket-source": source } });
}

/** A problem as the service says it. */
export function problemAnswer(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
  bend: Readonly<Record<string, unknown>> = {},
): Response {
  const document = { type: `/problems/${code}`, title: "So it is.", status, code };
  return new Response(JSON.stringify({ ...document, request_id: "r1", ...bend }), {
    status,
    headers: { "content-type": "application/problem+json", "x-request-id": "r1", ...headers },
  });
}

/** @returns the problem that this ends with */
export async function problemFrom(work: Promise<unknown>): Promise<TicketProblem> {
  const error = await errorFrom(work);
  if (error instanceof TicketProblem) return error;
  throw new Error("This is no TicketProblem", { cause: error });
}

/** @returns whatever this ends with */
export async function errorFrom(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("This did not fail");
}

/** Never answers. */
export const silence = (): Promise<Response> => new Promise(() => {});
