/**
 * The durable part of the simulator and its snapshot. Tickets, codes and access tokens are not here:
 * they may be lost at any time, as SuperOffice's may.
 */
import type { KeyObject } from "node:crypto";
import { parseAppPublicKey, publicPemOf } from "./app_key.ts";
import { generateLoginKey, type LoginKey, readLoginKey } from "./login_key.ts";
import { digits, hex } from "./random.ts";
import type { Authorization, Person, Tenant } from "./tenant.ts";

export interface State {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly appName: string;
  /** The company that the approval page names as the app's maker. */
  readonly appVendor: string;
  appPublicKey: KeyObject | undefined;
  readonly redirectUrls: string[];
  readonly people: Person[];
  readonly tenants: Map<string, Tenant>;
  readonly authorizations: Map<string, Authorization>;
  /** The first signs; the others are still published. */
  loginKeys: readonly [LoginKey, ...LoginKey[]];
  readonly refreshTokens: Map<string, RefreshToken>;
}

/** Per person and app; reusable until revoked. */
export interface RefreshToken {
  readonly contextIdentifier: string;
  readonly username: string;
}

/** A new vendor: one tenant, one administrator, one who is not, and nobody has consented. */
export async function createState(): Promise<State> {
  const first: Tenant = {
    contextIdentifier: "Cust12345",
    companyName: "Example Tenant AS",
    serial: digits(10),
    state: "Running",
  };
  return {
    clientId: hex(32),
    clientSecret: hex(32),
    appName: "Box Office",
    appVendor: "Box Office Makers AS",
    appPublicKey: undefined,
    redirectUrls: [],
    people: defaultPeople(),
    tenants: new Map([[first.contextIdentifier, first]]),
    authorizations: new Map(),
    loginKeys: [await generateLoginKey()],
    refreshTokens: new Map(),
  };
}

/** JSON from which `readSnapshot` makes the same state again. Holds secrets: keep it private. */
export function writeSnapshot(state: State): string {
  const snapshot: Snapshot = {
    version: 1,
    client_id: state.clientId,
    client_secret: state.clientSecret,
    app_name: state.appName,
    app_vendor: state.appVendor,
    app_public_key: state.appPublicKey ? publicPemOf(state.appPublicKey) : null,
    redirect_urls: state.redirectUrls,
    people: state.people,
    tenants: [...state.tenants.values()],
    authorizations: [...state.authorizations.values()],
    login_keys: state.loginKeys.map((key) => key.pem),
    refresh_tokens: [...state.refreshTokens],
  };
  return JSON.stringify(snapshot);
}

/** Reads what `writeSnapshot` wrote. Throws when it is something else. */
export function readSnapshot(text: string): State {
  const snapshot = JSON.parse(text) as Partial<Snapshot> | null;
  const [current, ...older] = (snapshot?.login_keys ?? []).map(readLoginKey);
  if (snapshot?.version !== 1 || !current || !snapshot.client_id || !snapshot.client_secret) {
    throw new Error("Cannot read simulator snapshot: not a version 1 snapshot");
  }
  const { tenants = [], authorizations = [] } = snapshot;
  return {
    clientId: snapshot.client_id,
    clientSecret: snapshot.client_secret,
    appName: snapshot.app_name ?? "Box Office",
    appVendor: snapshot.app_vendor ?? "Box Office Makers AS",
    appPublicKey: snapshot.app_public_key ? parseAppPublicKey(snapshot.app_public_key) : undefined,
    redirectUrls: [...snapshot.redirect_urls ?? []],
    people: [...snapshot.people ?? defaultPeople()],
    tenants: new Map(tenants.map((tenant) => [tenant.contextIdentifier, tenant])),
    authorizations: new Map(authorizations.map((record) => [record.contextIdentifier, record])),
    loginKeys: [current, ...older],
    refreshTokens: new Map(snapshot.refresh_tokens ?? []),
  };
}

interface Snapshot {
  readonly version: 1;
  readonly client_id: string;
  readonly client_secret: string;
  readonly app_name: string;
  readonly app_vendor: string;
  readonly app_public_key: string | null;
  readonly redirect_urls: readonly string[];
  readonly people: readonly Person[];
  readonly tenants: readonly Tenant[];
  readonly authorizations: readonly Authorization[];
  readonly login_keys: readonly string[];
  readonly refresh_tokens: readonly (readonly [string, RefreshToken])[];
}

function defaultPeople(): Person[] {
  return [
    {
      username: "admin@example.test",
      firstName: "Ada",
      lastName: "Admin",
      initials: "AA",
      associateId: 7,
      administrator: true,
    },
    {
      username: "user@example.test",
      firstName: "Ulf",
      lastName: "User",
      initials: "UU",
      associateId: 8,
      administrator: false,
    },
  ];
}
