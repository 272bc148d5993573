/**
 * Turns refusals into RFC 9457 problem documents: one status and one constant sentence per code.
 * Nothing that came from outside, and no reason, ever gets into an answer.
 */

import type { Refusal, RefusalCode } from "../domain/refusal.ts";

const PROBLEMS: Readonly<Record<RefusalCode, readonly [status: number, title: string]>> = {
  invalid_request: [400, "The request's body, parameters or headers are not of the expected form."],
  caller_unknown: [401, "The credential is missing or not one of ours."],
  caller_forbidden: [403, "This caller may not do that for this tenant."],
  tenant_unknown: [404, "This tenant is not connected."],
  not_found: [404, "There is nothing at this address."],
  method_not_allowed: [405, "This address does not take this method."],
  payload_too_large: [413, "The request's body is too large."],
  consent_withdrawn: [
    409,
    "SuperOffice refuses this tenant's token: an administrator must consent again.",
  ],
  tenant_suspended: [409, "The tenant is not running."],
  rate_limited: [429, "Too many requests."],
  exchange_failed: [502, "SuperOffice answered, but not with a ticket that passes every check."],
  signer_unavailable: [503, "The signing key is not available."],
  store_unavailable: [503, "The store is not available."],
  ledger_unavailable: [503, "The ledger is not available."],
  upstream_unavailable: [503, "SuperOffice is not available."],
};

/** Every code of a problem: the refusals', and that of a fault of ours. */
export type ProblemCode = RefusalCode | "internal_fault";

/**
 * Where each code is explained, at this very service: RFC 9457, section 3.1.1, takes a reference with
 * the full path. Constant: a program may compare it.
 */
const TYPE_PREFIX = "/problems/";

/** @returns the problem document of a refusal */
export function problem(refusal: Refusal, requestId: string): Response {
  const [status, title] = PROBLEMS[refusal.code];
  return answer(refusal.code, status, title, requestId, refusal.retryAfterSeconds);
}

/** @returns the problem document of a fault of ours: nobody's refusal, so a code of its own */
export function faultProblem(requestId: string): Response {
  return answer("internal_fault", 500, "Something failed on our side.", requestId, null);
}

function answer(
  code: ProblemCode,
  status: number,
  title: string,
  requestId: string,
  retryAfterSeconds: number | null,
): Response {
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-request-id": requestId,
  };
  if (status === 401) headers["www-authenticate"] = "Bearer";
  const wait = retryAfterSeconds ?? (status === 503 || status === 429 ? 2 : null);
  if (wait !== null) headers["retry-after"] = String(Math.max(1, Math.ceil(wait)));
  const document = {
    type: TYPE_PREFIX + code,
    title,
    status,
    code,
    request_id: requestId,
  };
  return new Response(JSON.stringify(document), { status, headers });
}

/** @returns the problem document of a code that needs no further word */
export function problemOf(code: RefusalCode, requestId: string): Response {
  return problem({ code, reason: code, retryAfterSeconds: null }, requestId);
}
