/**
 * Errors as Google's REST APIs write them: `{error: {code, message, status, details}}`. The HTTP
 * status says less than `status`: FAILED_PRECONDITION and INVALID_ARGUMENT are both 400.
 */

/** Canonical status names, their numbers, and the HTTP status that carries each. */
export const statuses = {
  CANCELLED: { code: 1, http: 499 },
  UNKNOWN: { code: 2, http: 500 },
  INVALID_ARGUMENT: { code: 3, http: 400 },
  DEADLINE_EXCEEDED: { code: 4, http: 504 },
  NOT_FOUND: { code: 5, http: 404 },
  ALREADY_EXISTS: { code: 6, http: 409 },
  PERMISSION_DENIED: { code: 7, http: 403 },
  RESOURCE_EXHAUSTED: { code: 8, http: 429 },
  FAILED_PRECONDITION: { code: 9, http: 400 },
  ABORTED: { code: 10, http: 409 },
  UNIMPLEMENTED: { code: 12, http: 501 },
  INTERNAL: { code: 13, http: 500 },
  UNAVAILABLE: { code: 14, http: 503 },
  UNAUTHENTICATED: { code: 16, http: 401 },
} as const;

export type StatusName = keyof typeof statuses;

/** A refused request. */
export class KmsError extends Error {
  override readonly name = "KmsError";
  readonly status: StatusName;
  readonly details: readonly unknown[];

  constructor(status: StatusName, message: string, details: readonly unknown[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** The answer that carries an error. */
export function errorResponse(error: KmsError): Response {
  const { http } = statuses[error.status];
  const { message, status, details } = error;
  const body = { error: { code: http, message, status, ...(details.length > 0 && { details }) } };
  const headers = new Headers({ "content-type": "application/json; charset=UTF-8" });
  if (http === 401) headers.set("www-authenticate", 'Bearer realm="https://accounts.google.com/"');
  return new Response(JSON.stringify(body), { status: http, headers });
}
