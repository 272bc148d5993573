/** How long and how often others are asked, and what follows from it for a lease. */

import type { Config } from "./config.ts";

/** Milliseconds. The exchange's own deadline is the configuration's. */
export interface Deadlines {
  /** One call to the store. */
  readonly storeMs: number;
  /** One call to SuperOffice's sign-in: login keys, redemption of a code. */
  readonly loginMs: number;
  readonly tenantStateMs: number;
  /** SuperOffice, when somebody asks whether the service is ready. */
  readonly probeMs: number;
  /** One attempt at a key. */
  readonly signAttemptMs: number;
  /** A tenant's web API, for the answer to a relayed call to begin. Reports there take their time. */
  readonly relayMs: number;
}

export const DEADLINES: Deadlines = {
  storeMs: 1500,
  loginMs: 3000,
  tenantStateMs: 1500,
  probeMs: 1500,
  signAttemptMs: 1000,
  relayMs: 100_000,
};

/** Attempts at the key for one signature. */
export const MAX_SIGN_ATTEMPTS = 3;

const SIGN_PAUSES_MS = 2000;
const LEASE_MARGIN_MS = 3000;

/**
 * A lease is long enough for the slowest exchange on a store that answers: two fetches for the login
 * keys, beside which the tenant's state is read, then signature and exchange. An attempt at a key in
 * the cloud has its deadline twice: the first one fetches the public key, too. Where the store is
 * slow as well, what could not end within the lease is not begun. Where there are two keys or two client
 * secrets, each may have to be tried.
 */
export function leaseFor(config: Config, deadlines: Deadlines): number {
  const { signing, exchangeTimeoutMs, superoffice } = config;
  const keys = signing.kind !== "generated" && signing.standby !== null ? 2 : 1;
  // In the sandbox there is one of each.
  const secrets = (superoffice?.nextClientSecret ?? null) === null ? 1 : 2;
  const preparing = Math.max(2 * deadlines.loginMs, deadlines.tenantStateMs);
  const attempts = 2 * MAX_SIGN_ATTEMPTS * deadlines.signAttemptMs + SIGN_PAUSES_MS;
  return preparing + keys * secrets * (attempts + exchangeTimeoutMs) + LEASE_MARGIN_MS;
}
