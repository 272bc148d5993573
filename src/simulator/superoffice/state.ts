/**
 * The durable part of the simulator: what the vendor would find in its databases tomorrow. Codes,
 * access tokens and switches are not here: they may be lost at any time.
 */
import { type App, createApp } from "./app.ts";
import { generateLoginKey, type LoginKey } from "./login_key.ts";
import { digits } from "./random.ts";
import type { Authorization, Person, Tenant } from "./tenant.ts";
import type { TicketRow } from "./tickets.ts";
import type { ContactEntity } from "./world.ts";

export interface State {
  /** By client id, in the order of registration; never empty. */
  readonly apps: Map<string, App>;
  readonly people: Person[];
  readonly tenants: Map<string, Tenant>;
  /** By `authorizationKey`: an app is authorised by each tenant on its own. */
  readonly authorizations: Map<string, Authorization>;
  /** The first signs; the others are still published. */
  loginKeys: readonly [LoginKey, ...LoginKey[]];
  readonly refreshTokens: Map<string, RefreshToken>;
  /** In the tenants' databases, as are their companies. */
  readonly tickets: Map<string, TicketRow>;
  /** By tenant, then by id. */
  readonly contacts: Map<string, Map<number, ContactEntity>>;
}

/** Per person and app; reusable until revoked. */
export interface RefreshToken {
  readonly clientId: string;
  readonly contextIdentifier: string;
  readonly username: string;
}

/** Where an authorization is found. */
export function authorizationKey(clientId: string, contextIdentifier: string): string {
  return `${clientId} ${contextIdentifier}`;
}

/** A new vendor: one app, one tenant, one administrator, one who is not, and nobody has consented. */
export async function createState(): Promise<State> {
  const app = createApp({ name: "Box Office" });
  const first: Tenant = {
    contextIdentifier: "Cust12345",
    companyName: "Example Tenant AS",
    serial: digits(10),
    state: "Running",
  };
  return {
    apps: new Map([[app.clientId, app]]),
    people: defaultPeople(),
    tenants: new Map([[first.contextIdentifier, first]]),
    authorizations: new Map(),
    loginKeys: [await generateLoginKey()],
    refreshTokens: new Map(),
    tickets: new Map(),
    contacts: new Map(),
  };
}

/** The app that was registered first: the one a lever means that names none. */
export function firstApp(state: State): App {
  const [app] = state.apps.values();
  if (!app) throw new Error("Cannot find app: none is registered");
  return app;
}

/** Who can sign in at a new vendor. */
export function defaultPeople(): Person[] {
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
