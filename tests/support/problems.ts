/** Problem documents as the contract has them, member by member. */

import assert from "node:assert/strict";
import type { Answer } from "./callback.ts";

const TITLES: Readonly<Record<string, readonly [number, string]>> = {
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
  exchange_failed: [502, "SuperOffice answered, but not with a ticket that passes every check."],
  signer_unavailable: [503, "The signing key is not available."],
  store_unavailable: [503, "The store is not available."],
  ledger_unavailable: [503, "The ledger is not available."],
  upstream_unavailable: [503, "SuperOffice is not available."],
};

/** The whole document, and nothing but it. */
export function assertProblem(answer: Answer, code: string): void {
  const [status, title] = TITLES[code]!;
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const requestId = answer.headers.get("x-request-id");
  assert.match(requestId ?? "", /^[A-Za-z0-9._:-]{1,128}$/);
  const type = `/problems/${code}`;
  const document = { type, title, status, code, request_id: requestId };
  assert.deepEqual(JSON.parse(answer.body), document);
  if (status === 503) assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  assert.equal(answer.headers.get("www-authenticate"), status === 401 ? "Bearer" : null);
  for (const name of answer.headers.keys()) assert.doesNotMatch(name, /^access-control-/);
}
