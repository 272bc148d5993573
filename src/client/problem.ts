/** What goes wrong, as one kind of error, and how the service says it. */

/**
 * Why there is no ticket, or no call. `code` is one of the service's (`caller_forbidden`,
 * `tenant_unknown`, `consent_withdrawn`, `rate_limited`, …), or one of the client's own: `timeout`,
 * `unreachable`, `unexpected_answer`, `invalid_path`, `invalid_credential`. Holds nothing secret.
 */
export class TicketProblem extends Error {
  override readonly name = "TicketProblem";
  readonly code: string;
  /** The service's status; 0 if there was no answer. */
  readonly status: number;
  /** To find the request in the service's log. */
  readonly requestId: string | null;
  /** When another try makes sense; null if time does not help. */
  readonly retryAfterSeconds: number | null;

  /** @param title a constant sentence */
  constructor(
    code: string,
    title: string,
    answer: {
      readonly status?: number;
      readonly requestId?: string | null;
      readonly retryAfterSeconds?: number | null;
    } = {},
  ) {
    super(`${title} (${code})`);
    this.code = code;
    this.status = answer.status ?? 0;
    this.requestId = answer.requestId ?? null;
    this.retryAfterSeconds = answer.retryAfterSeconds ?? null;
  }
}

/** RFC 9457, with a type of the service's. */
export function isOurProblem(
  value: unknown,
): value is { readonly code: string; readonly title: string } {
  const { type, code, title } = Object(value) as Record<string, unknown>;
  return typeof type === "string" && type.startsWith("urn:box-office:problem:") &&
    typeof code === "string" && typeof title === "string";
}

/** @returns the service's problem, or `unexpected_answer` if it is none */
export function problemOf(answer: Response, value: unknown): TicketProblem {
  if (!isOurProblem(value)) return unexpected(answer);
  const wait = Number(answer.headers.get("retry-after") ?? NaN);
  return new TicketProblem(value.code, value.title, {
    status: answer.status,
    requestId: answer.headers.get("x-request-id"),
    retryAfterSeconds: Number.isNaN(wait) ? null : wait,
  });
}

/** For an answer that is nothing the service says. */
export function unexpected({ status, headers }: Response): TicketProblem {
  const requestId = headers.get("x-request-id");
  return new TicketProblem("unexpected_answer", "The answer is not Box Office's.", {
    status,
    requestId,
  });
}
