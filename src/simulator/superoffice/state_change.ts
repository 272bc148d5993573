/**
 * The message SuperOffice pushes to an app when one of its tenants changes: JSON with a JWT that proves
 * where it comes from. Audience and lifetime of that JWT are unpublished; these copy the id_token.
 */
import type { App } from "./app.ts";
import type { Tenant } from "./tenant.ts";
import { mintToken } from "./tokens.ts";
import { originOf, type World } from "./world.ts";

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
  /** Host only, as on a move. */
  readonly PublicEndpoint: string;
}

/** The message to one app about one tenant. */
export function stateChangeOf(
  world: World,
  app: App,
  tenant: Tenant,
  type: StateChangeType,
): StateChange {
  if (!Object.hasOwn(stateChangeTypes, type)) {
    throw new Error(`Cannot mint state change ${type}: unknown`);
  }
  const [person] = world.state.people;
  if (!person) throw new Error("Cannot mint state change: nobody lives in this world");
  const claims = {
    "http://schemes.superoffice.net/identity/system_token": null,
    sub: tenant.contextIdentifier,
  };
  return {
    ChangeType: stateChangeTypes[type],
    ContextIdentifier: tenant.contextIdentifier,
    VersionName: "Release_11.10_2026.02.24-02",
    FileVersion: "11.10.0.0",
    Token: mintToken(world, "id_token", { app, tenant, person }, { claims }),
    PublicEndpoint: new URL(originOf(world, tenant)).host,
  };
}
