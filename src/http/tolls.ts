/**
 * Tells callers how much of their limits is left (draft-ietf-httpapi-ratelimit-headers-10). Only who has
 * a limit hears of it.
 */

import type { Toll } from "../usecases/limits.ts";

/** @returns the answer with its `RateLimit` and `RateLimit-Policy`, if there is a limit */
export function withTolls(
  answer: Response,
  ofCaller: Toll | null,
  ofTenant: Toll | null = null,
): Response {
  if (ofCaller === null && ofTenant === null) return answer;
  const told = [ofCaller, ofTenant].filter((toll) => toll !== null);
  const policies = told.map(({ limit, rate }) =>
    `"${limit}";q=${rate.count};w=${seconds(rate.periodMs)}`
  );
  const now = told.map(({ limit, left, fullInMs }) =>
    `"${limit}";r=${left};t=${seconds(fullInMs)}`
  );
  answer.headers.set("ratelimit-policy", policies.join(", "));
  answer.headers.set("ratelimit", now.join(", "));
  return answer;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
