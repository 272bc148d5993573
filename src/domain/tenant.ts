/** A tenant that has consented, as stored: one per application, environment and tenant. */

import type { ContextId } from "./context_id.ts";
import type { Secret } from "./secret.ts";

/** Whether SuperOffice still honours the stored system user token, as far as we have seen. */
export type TenantHealth = "connected" | "consent_withdrawn";

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

/** A stored tenant. */
export interface Tenant extends Consent {
  readonly health: TenantHealth;
  /** Tenant state in SuperOffice's words (`Running`, `Suspended`, …), as last seen. */
  readonly state: string;
  /** Position in the order of first consent; never changes, never used again. */
  readonly sequence: number;
}
