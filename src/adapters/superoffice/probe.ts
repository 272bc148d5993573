/** Is SuperOffice's identity provider there now? Asks it, but at most every few seconds. */

import { createRemembered } from "../outbound/remembered.ts";
import type { Endpoints } from "./endpoints.ts";
import { type CallOptions, createCalls, getJson } from "./http.ts";

/** An answer, or that there was none, is good for this long: probing often costs SuperOffice little. */
const FRESH_MS = 5000;

/** @returns a probe for `/readyz`; its check throws PartFault when SuperOffice does not answer */
export function createSuperOfficeProbe(
  options: CallOptions & { readonly endpoints: Endpoints; readonly now: () => number },
): { readonly name: string; check(): Promise<void> } {
  const calls = createCalls(options);
  const answer = createRemembered({
    load: () => getJson(calls, options.endpoints.discovery),
    freshMs: FRESH_MS,
    staleMs: FRESH_MS,
    pauseMs: FRESH_MS,
    retryMs: FRESH_MS,
    now: options.now,
  });
  return {
    name: "superoffice",
    async check() {
      await answer.get();
    },
  };
}
