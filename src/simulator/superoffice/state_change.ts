/**
 * The message SuperOffice pushes to an app when one of its tenants changes: JSON with a JWT that proves
 * where it comes from. Audience and lifetime of that JWT are unpublished; these copy the id_token.
 */
import type { App } from "./app.ts";
import type { TokenBend } from "./behaviour.ts";
import { releaseOf } from "./release.ts";
import type { Tenant } from "./tenant.ts";
import { claimPrefix, mintToken } from "./tokens.ts";
import { administratorOf, originOf, type World } from "./world.ts";

export const stateChangeTypes = {
  Upgrade: 0,
  BackupRestored: 1,
  Suspend: 2,
  Resume: 3,
  Delete: 4,
  Move: 5,
} as const;

export type StateChangeType = keyof typeof stateChangeTypes;

export interface StateChange {
  readonly ChangeType: number;
  readonly ContextIdentifier: string;
  readonly VersionName: string;
  readonly FileVersion: string;
  readonly Token: string;
  /** The new host with its port, on a move; `null` otherwise. */
  readonly PublicEndpoint: string | null;
}

/** The message to one app about one tenant. Throws when `type` is none. */
export function stateChangeOf(
  world: World,
  app: App,
  tenant: Tenant,
  type: StateChangeType,
): StateChange {
  if (!Object.hasOwn(stateChangeTypes, type)) {
    throw new Error(`Cannot mint state change ${type}: unknown`);
  }
  const subject = { app, tenant, person: administratorOf(world) };
  const { label, fileVersion } = releaseOf(tenant);
  return {
    ChangeType: stateChangeTypes[type],
    ContextIdentifier: tenant.contextIdentifier,
    VersionName: label,
    FileVersion: fileVersion,
    Token: mintToken(world, "id_token", subject, bendOf(world, tenant)),
    PublicEndpoint: type === "Move" ? new URL(originOf(world, tenant)).host : null,
  };
}

/** An id_token about the tenant itself, without its system user token; then what the switch says. */
function bendOf({ behaviour }: World, tenant: Tenant): TokenBend {
  const bend = behaviour.stateChange;
  if (bend?.instead !== undefined) return bend;
  const claims = {
    [`${claimPrefix}system_token`]: null,
    sub: tenant.contextIdentifier,
    ...bend?.claims,
  };
  return { ...bend, claims };
}
