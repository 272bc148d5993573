/** What every handler finds in its context, and how a request gets its id. */

import type { Caller } from "../domain/caller.ts";
import type { Toll } from "../usecases/limits.ts";

/** Hono's type parameter for all of our apps. */
export interface Env {
  Variables: {
    requestId: string;
    /** Set on every path under `/v1/` before a handler runs. */
    caller: Caller;
    /** Set where a tenant is asked for and requests for it have a limit. */
    tenantToll: Toll | null | undefined;
  };
}

/** Safe in logs, headers and ledger entries; long enough for a W3C trace id or a UUID. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** @returns the caller's request id if it is safe to repeat, otherwise a new one */
export function requestIdOf(header: string | undefined): string {
  return header !== undefined && REQUEST_ID.test(header) ? header : crypto.randomUUID();
}
