/**
 * What the `type` of a problem leads to: `GET /problems/{code}`, in plain text, what the code means,
 * what to check and what to do. Constant, for anybody, and the same words as docs/troubleshooting.md.
 * Says nothing of any request.
 */

import type { Hono } from "hono";
import type { Env } from "./context.ts";
import { type ProblemCode, problemOf } from "./problem.ts";

/** One code's row. */
export interface ProblemHelp {
  readonly means: string;
  readonly check: string;
  readonly do: string;
}

/** Addressed to whoever got the problem; what is the operator's says so. */
export const PROBLEM_HELP: Readonly<Record<ProblemCode, ProblemHelp>> = {
  invalid_request: {
    means: "the request is not of the form that the API describes",
    check: "tenant as `Cust` and digits; JSON and its members; header and query, against " +
      "`/openapi.json`",
    do: "correct the request; sending it again changes nothing",
  },
  caller_unknown: {
    means: "there is no credential, or none that the operator has named",
    check:
      "`Authorization: Bearer …`, whole and not expired; operator: `caller.unknown` in the log " +
      "has the reason, and `cli caller check` tells it of a credential",
    do: "send a credential that the operator knows, a fresh one if it is a JWT",
  },
  caller_forbidden: {
    means: "the caller is known, but may not do that, or not for that tenant",
    check: "operator: `caller.forbidden` in the log says what of `may` and `tenants` does not fit",
    do: "ask the operator for the permission or the tenant",
  },
  tenant_unknown: {
    means: "no administrator of this tenant has connected it, or it was removed",
    check: "the tenant's identifier; `GET /v1/tenants` or `cli tenant list`",
    do: "let an administrator of the tenant connect it",
  },
  not_found: {
    means: "there is nothing at this address, or not in this size of the ledger",
    check:
      "the path, against `/openapi.json`; `index` and `size` against the checkpoint; an entry " +
      "may be archived",
    do: "correct the address",
  },
  method_not_allowed: {
    means: "the address is right, the method is not",
    check: "the header `allow` of the answer",
    do: "use one of its methods",
  },
  payload_too_large: {
    means: "the body is over 1 MiB, or over 64 KiB for a state change",
    check: "the size of what is sent",
    do: "send less; through the relay there is no limit of ours",
  },
  consent_withdrawn: {
    means: "SuperOffice refuses the system user token of this tenant",
    check:
      "one tenant: whether the app was uninstalled or disapproved there; all tenants at once: " +
      "operator, whether key and client secret are still those of the Developer Portal",
    do: "one tenant: let an administrator connect again; all of them: do not ask them, put the " +
      "credentials right",
  },
  tenant_suspended: {
    means: "SuperOffice says that the tenant is not running",
    check: "`GET /v1/tenants/{ctx}/health` for its state; status.superoffice.com",
    do: "try again later; maintenance usually takes minutes",
  },
  rate_limited: {
    means:
      "too many requests, of this caller or for this tenant, or too many tickets that were called " +
      "rejected",
    check:
      "`RateLimit` and `RateLimit-Policy` of the answer; if tickets are rejected without end, " +
      "whether the client secret that goes with them is right",
    do: "wait for `Retry-After`, then ask less often",
  },
  internal_fault: {
    means: "something failed that nobody foresaw",
    check: "operator: `http.fault` in the log with the same `request_id`",
    do:
      "report it with the `request_id`; before a call that writes is repeated, look whether it took effect",
  },
  exchange_failed: {
    means:
      "SuperOffice answered, but not with a ticket that passes every check; nothing of it is used",
    check: "operator: `exchange.failed` in the log has the reason, `clock` among them; " +
      "`cli ticket get --verbose` shows each check",
    do: "report it to the operator; it is tried again after five seconds",
  },
  signer_unavailable: {
    means: "the signing key did not sign, or its budget is used up",
    check:
      "operator: `signing.attempt_failed` and `exchange.failed` in the log; `cli doctor` for " +
      "role, version and credentials",
    do: "try again after `Retry-After`; tickets in memory are still served",
  },
  store_unavailable: {
    means: "the store does not answer, or takes no writes",
    check: "operator: `/readyz`, `tickets.store_fault` in the log, disk or Upstash's quota, " +
      "`cli doctor`",
    do: "try again after `Retry-After`; tickets in memory are still served",
  },
  ledger_unavailable: {
    means: "the ledger cannot be written or read; without it nothing is signed",
    check: "operator: `ledger.append_failed` or `audit.key_fault` in the log, and the store",
    do: "try again after `Retry-After`; tickets in memory are still served",
  },
  upstream_unavailable: {
    means: "SuperOffice does not answer, or another process is still asking it",
    check:
      "status.superoffice.com; operator: `/readyz`, `exchange.failed` or `relay.fault` in the log",
    do:
      "try again after `Retry-After`; of a relayed call that writes, look first whether it took " +
      "effect",
  },
};

/** Adds the address. Anybody may read it: it is the same for all. */
export function problemPages(app: Hono<Env>): void {
  app.get("/problems/:code", (c) => {
    const code = c.req.param("code");
    if (!Object.hasOwn(PROBLEM_HELP, code)) return problemOf("not_found", c.get("requestId"));
    const help = PROBLEM_HELP[code as ProblemCode];
    const text = `${code}\n\nMeans: ${help.means}.\nCheck: ${help.check}.\nDo: ${help.do}.\n`;
    return c.text(text, 200, { "cache-control": "public, max-age=3600" });
  });
}
