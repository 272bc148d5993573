/** What goes wrong, as one kind of error, and how the service says it. */

import type { ProblemAnswer, TicketProblemCode } from "./types.ts";

/** Why there is no ticket, no call or no list of tenants. Holds nothing secret. */
export class TicketProblem extends Error {
  override readonly name = "TicketProblem";
  /** Decide by this. */
  readonly code: TicketProblemCode;
  /** The answer's status; 0 if there was no answer. */
  readonly status: number;
  /** To find the request in the service's log; null if the answer names none. */
  readonly requestId: string | null;
  /** When another try makes sense; null if the answer does not say. */
  readonly retryAfterSeconds: number | null;

  /** @param title one sentence, with nothing secret in it */
  constructor(code: TicketProblemCode, title: string, answer: ProblemAnswer = {}) {
    super(`${title} (${code})`);
    this.code = code;
    this.status = answer.status ?? 0;
    this.requestId = answer.requestId ?? null;
    this.retryAfterSeconds = answer.retryAfterSeconds ?? null;
  }
}

/** Words of another server's get into logs: so long, and in one line. */
const TITLE = /^[^\p{Cc}]{1,200}$/u;
const CODE = /^[a-z_]{1,64}$/;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** RFC 9457, with the type that the service gives to this code. */
export function isOurProblem(
  value: unknown,
): value is { readonly code: string; readonly title: string } {
  const { type, code, title } = Object(value) as Record<string, unknown>;
  return typeof code === "string" && CODE.test(code) && type === `/problems/${code}` &&
    typeof title === "string" && TITLE.test(title);
}

/** @returns the service's problem, or `unexpected_answer` if it is none */
export function problemOf(answer: Response, value: unknown): TicketProblem {
  const { code, title } = isOurProblem(value)
    ? value
    : { code: "unexpected_answer", title: "The answer is not Box Office's." };
  const requestId = answer.headers.get("x-request-id");
  return new TicketProblem(code, title, {
    status: answer.status,
    requestId: requestId !== null && REQUEST_ID.test(requestId) ? requestId : null,
    retryAfterSeconds: retryAfterSeconds(answer.headers),
  });
}

/** RFC 9110, section 10.2.3: the service says seconds; what stands before it may say a date. */
function retryAfterSeconds(headers: Headers): number | null {
  const text = headers.get("retry-after") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  // From the answer's own date, as the clock here may be wrong.
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const seconds = Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
