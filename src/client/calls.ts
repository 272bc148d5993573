/** Calls of a tenant's web API: straight to SuperOffice, or by way of the service. */

import { below, requirePath, tenantPath } from "./addresses.ts";
import { readJson } from "./answers.ts";
import { isOurProblem, problemOf, TicketProblem } from "./problem.ts";
import { isRepeatable, requireSendable, type Send } from "./requests.ts";
import type { Obtain, Obtained } from "./tickets.ts";
import type { SecretSource, Ticket, TicketClient } from "./types.ts";

/** What both ways need. */
export interface CallParts {
  readonly base: URL;
  readonly send: Send;
  readonly timeoutMs: number;
}

/**
 * Where another caller had a ticket renewed, the first renewal may bring that one, which can be refused
 * just as well.
 */
const MAX_RENEWALS = 2;

/** Calls SuperOffice with the ticket. */
export function createDirect(
  { base, send, timeoutMs }: CallParts,
  obtain: Obtain,
  clientSecret: SecretSource | undefined,
): TicketClient["fetch"] {
  return async (context, path, asked = {}) => {
    if (clientSecret === undefined) {
      throw new TypeError("Cannot call the web API: clientSecret is missing");
    }
    const rest = requirePath(path);
    const init = prepared(base, asked);
    const wanted = init.signal ? { signal: init.signal } : {};
    const attempt = (held: Ticket): Promise<Response> => {
      const secrets = [
        ["authorization", "SOTicket ", held.ticket],
        ["so-apptoken", "", clientSecret],
      ] as const;
      const url = below(new URL(held.webapiUrl), rest);
      return send({ to: "SuperOffice", url, init, secrets, timeoutMs }, (whole) => whole);
    };
    /** @returns null if too many tickets were refused: then the reason is another one */
    const renewed = (generation: number, answer: Response): Promise<Obtained | null> =>
      obtain(context, { ...wanted, rejectedGeneration: generation }).catch(
        async (error: unknown) => {
          if (error instanceof TicketProblem && error.code === "rate_limited") return null;
          await discard(answer);
          throw error;
        },
      );

    let { ticket } = await obtain(context, wanted);
    let answer = await attempt(ticket);
    for (let renewals = 1; renewals <= MAX_RENEWALS && isRefused(answer); renewals++) {
      const newer = await renewed(ticket.generation, answer);
      if (newer === null || !isRepeatable(init.body)) return answer;
      await discard(answer);
      ticket = newer.ticket;
      answer = await attempt(ticket);
      // Who is refused with a new ticket is refused for another reason: that is the answer.
      if (newer.isNew) return answer;
    }
    return answer;
  };
}

/** The ticket, or the address that came with it. */
function isRefused({ status }: Response): boolean {
  return status === 401 || status === 421;
}

/** Calls Box Office, which calls SuperOffice. */
export function createRelayed(
  { base, send, timeoutMs }: CallParts,
  credential: SecretSource,
): TicketClient["fetch"] {
  return async (context, path, asked = {}) => {
    const url = below(new URL(`${tenantPath(context)}/api/`, base), requirePath(path));
    const init = prepared(base, asked);
    const secrets = [["authorization", "Bearer ", credential]] as const;
    return await send({ to: "Box Office", url, init, secrets, timeoutMs }, async (answer) => {
      const type = answer.headers.get("content-type") ?? "";
      if (!/^application\/problem\+json\b/i.test(type)) return answer;
      // SuperOffice's own go to the caller, whole.
      const value = await readJson(answer.clone());
      if (!isOurProblem(value)) return answer;
      await discard(answer);
      throw problemOf(answer, value);
    });
  };
}

/** The caller's own, and what SuperOffice needs to answer in JSON. @throws TypeError */
function prepared(base: URL, init: RequestInit): RequestInit {
  requireSendable(base, init);
  const headers = new Headers(init.headers);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  return { ...init, headers };
}

/** Frees the connection. */
async function discard({ body }: Response): Promise<void> {
  await body?.cancel().catch(() => {});
}
