/**
 * What the simulated vendor knows for good: tenants, the people who can sign in, and which tenant has
 * authorised which app. Plain values only, so that a snapshot is their JSON.
 */

/** The published tenant states; 7 and 9 are not in the published list. */
export const tenantStates = {
  Unknown: 0,
  Provisioning: 1,
  Running: 2,
  Deleted: 3,
  Suspended: 4,
  OnlineMaintenance: 5,
  OfflineMaintenance: 6,
  ProvisioningFailed: 8,
  Deleting: 10,
  DeleteFailed: 11,
  MigrationPending: 12,
} as const;

export type TenantStateName = keyof typeof tenantStates;

export interface Tenant {
  readonly contextIdentifier: string;
  companyName: string;
  /** Serial number of the database: ten digits. */
  serial: string;
  state: TenantStateName;
  /** Which tenant host its web services are at; absent: the first. */
  host?: 0 | 1;
  /** Origin of its web services when that is none of the tenant hosts. */
  origin?: string;
  /** How often it was upgraded; absent: never. */
  upgrades?: number;
}

/** One person who can sign in. The simulator asks for no password. */
export interface Person {
  /** SuperID user name: `upn`, `sub` and e-mail address of the tokens. */
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly initials: string;
  readonly associateId: number;
  readonly administrator: boolean;
  /** Context identifiers of the tenants they belong to; absent: all. */
  readonly tenants?: readonly string[];
}

export type AuthorizationStatus = "active" | "revoked" | "expired" | "needs_reapproval";

/** The application authorization record that ties one app to one tenant. */
export interface Authorization {
  readonly clientId: string;
  readonly contextIdentifier: string;
  status: AuthorizationStatus;
  /** Made with every record; an app without a system token neither sees nor may use it. */
  systemUserToken: string;
  approvedBy: string;
  /** Milliseconds of the simulator's clock. */
  approvedAt: number;
}

/** `Cust` and digits in any case to `CustNNNNN`; anything else to undefined. */
export function parseContextIdentifier(text: string): string | undefined {
  const number = /^cust(\d{1,10})$/i.exec(text)?.[1];
  return number === undefined ? undefined : `Cust${number}`;
}

/** Whether the tenant's web services can be used. */
export function isRunning(tenant: Tenant): boolean {
  return tenant.state === "Running" || tenant.state === "OnlineMaintenance";
}

/** The system user that every tenant has for the app: what an exchange token and its ticket name. */
export function systemUserOf(contextIdentifier: string): Person {
  return {
    username: `system.user@${contextIdentifier.toLowerCase()}.example.test`,
    firstName: "System",
    lastName: "User",
    initials: "SU",
    associateId: 12,
    administrator: true,
  };
}
