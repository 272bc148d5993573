/** A tenant that has consented, as stored: one per application, environment and tenant. */

import type { ContextId } from "./context_id.ts";
import type { Secret } from "./secret.ts";

/**
 * How a tenant is doing, as far as we have seen.
 *
 * - `connected`: the last thing that was asked of SuperOffice for it worked, or it has just consented.
 * - `consent_withdrawn`: SuperOffice refuses its system user token; an administrator must consent again.
 * - `suspended`: the tenant is not running; its state says why.
 * - `moved`: it left the address that we know, and where it is now nobody has asked or been told.
 * - `unreachable`: SuperOffice, or the tenant's own web services, do not answer; or it is refused, and
 *   that may be the app's matter.
 */
export type TenantHealth = typeof TENANT_HEALTHS[number];

export const TENANT_HEALTHS = [
  "connected",
  "consent_withdrawn",
  "suspended",
  "moved",
  "unreachable",
] as const;

/** What one consent told us of a tenant. Instants are milliseconds since the epoch. */
export interface Consent {
  readonly contextIdentifier: ContextId;
  readonly companyName: string;
  /** User principal name of the administrator who approved. */
  readonly consentedBy: string;
  readonly consentedAt: number;
  /** Serial number of the tenant's database: binds exchange tokens to this very tenant. */
  readonly serial: string;
  readonly systemUserToken: Secret;
  /** Claims of the consent, used only when SuperOffice gives no newer address. */
  readonly webapiUrl: string | null;
  readonly netserverUrl: string | null;
}

/** What we have seen of a tenant since its consent. */
export interface TenantStanding {
  readonly health: TenantHealth;
  /** Why: one constant word. */
  readonly healthReason: string;
  /** Since when. Milliseconds since the epoch. */
  readonly healthSince: number;
  /** Tenant state in SuperOffice's words (`Running`, `Suspended`, …), as last seen. */
  readonly state: string;
  /** Tickets that were issued before this instant are no good any more. Never goes back. */
  readonly ticketsFrom: number;
}

/** A stored tenant without its token: all that may be shown. */
export interface TenantCard extends Omit<Consent, "systemUserToken">, TenantStanding {
  /** Position in the order of first consent; never changes, never used again. */
  readonly sequence: number;
}

/** A stored tenant. */
export interface Tenant extends TenantCard {
  readonly systemUserToken: Secret;
}

/** How a tenant stands that has just consented. */
export function standingOfConsent({ consentedAt }: Pick<Consent, "consentedAt">): TenantStanding {
  return {
    health: "connected",
    healthReason: "consent",
    healthSince: consentedAt,
    state: "Running",
    ticketsFrom: consentedAt,
  };
}

/** Why a tenant is `unreachable` that may be refused for the app's sake. */
export const DOUBTFUL = "credentials_doubtful";

/** Whether it was refused, and nobody can say yet whose matter that is. */
export function isDoubtful(
  { health, healthReason }: Pick<TenantStanding, "health" | "healthReason">,
): boolean {
  return health === "unreachable" && healthReason === DOUBTFUL;
}

/** Whether an exchange may help: not where an administrator must consent, or the tenant does not run. */
export function mayExchange(health: TenantHealth): boolean {
  return health !== "consent_withdrawn" && health !== "suspended";
}
