/** Box Office's answers as values. Whatever else an answer is, it is `unexpected_answer`. */

import { secureUrl } from "./addresses.ts";
import { problemOf } from "./problem.ts";
import type { Tenant, Ticket } from "./types.ts";

/** Far more than a ticket or a problem has. */
const MAX_CHARACTERS = 64 * 1024;

/** Far more than a page of tenants has. */
const MAX_PAGE_CHARACTERS = 1024 * 1024;

/** @returns what the JSON says; undefined if it is none, or longer than any answer of the service's */
export async function readJson(
  answer: Response,
  maxCharacters = MAX_CHARACTERS,
): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  // Leaving the loop ends the answer.
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > maxCharacters) return undefined;
  }
  try {
    return JSON.parse(text + decoder.decode());
  } catch {
    return undefined;
  }
}

/** @throws TicketProblem: also for another tenant's ticket, which a cache in between might give */
export async function readTicket(answer: Response, context: string): Promise<Ticket> {
  const value = await readJson(answer);
  const { text, whole, instant } = membersOf(value);
  const webapi = secureUrl(text("webapi_url"));
  const ticket = {
    contextIdentifier: text("context_identifier"),
    generation: whole("generation"),
    issuedAt: instant("issued_at"),
    expiresAt: instant("expires_at"),
    webapiUrl: webapi?.href ?? "",
    netserverUrl: text("netserver_url"),
  };
  const isWhole = answer.status === 200 && text("ticket") !== "" &&
    ticket.contextIdentifier.toLowerCase() === context.toLowerCase() && ticket.generation > 0 &&
    ticket.issuedAt.getTime() > 0 && ticket.expiresAt.getTime() > 0 &&
    webapi !== null && webapi.href === `${webapi.origin}${webapi.pathname}` &&
    webapi.pathname.endsWith("/") && secureUrl(ticket.netserverUrl) !== null;
  if (!isWhole) throw problemOf(answer, value);
  Object.defineProperty(ticket, "ticket", { value: text("ticket") });
  return Object.freeze(ticket) as Ticket;
}

/** @throws TicketProblem */
export async function readTenants(
  answer: Response,
): Promise<{ readonly tenants: readonly Tenant[]; readonly next: number | null }> {
  const value = await readJson(answer, MAX_PAGE_CHARACTERS);
  const { tenants, next } = Object(value) as Record<string, unknown>;
  const isPage = Array.isArray(tenants) && (next === null || Number.isSafeInteger(next));
  if (answer.status !== 200 || !isPage) throw problemOf(answer, value);
  const read = tenants.map((it): Tenant => {
    const { text, whole, instant } = membersOf(it);
    return {
      contextIdentifier: text("context_identifier"),
      companyName: text("company_name"),
      consentedAt: instant("consented_at"),
      consentedBy: text("consented_by"),
      serial: text("serial"),
      state: text("state"),
      health: text("health"),
      sequence: whole("sequence"),
    };
  });
  if (read.some((it) => it.contextIdentifier === "" || !(it.sequence > 0))) {
    throw problemOf(answer, value);
  }
  return { tenants: read, next: next as number | null };
}

function membersOf(value: unknown) {
  const members = Object(value) as Record<string, unknown>;
  const text = (name: string): string => {
    const member = members[name];
    return typeof member === "string" ? member : "";
  };
  const whole = (name: string): number =>
    Number.isSafeInteger(members[name]) ? members[name] as number : NaN;
  return { text, whole, instant: (name: string) => new Date(text(name)) };
}
