/**
 * Everything one running simulator shares between its doors: the durable state, what it may forget,
 * the switches and the clock. Built once by the server, handed to each door.
 */
import { type Behaviour, defaultBehaviour } from "./behaviour.ts";
import { collected } from "./collected.ts";
import { createExchangeLog, type ExchangeLog } from "./exchange_log.ts";
import type { App } from "./app.ts";
import { writeSnapshot } from "./snapshot.ts";
import { authorizationKey, firstApp, type State } from "./state.ts";
import { type Authorization, parseContextIdentifier, type Person, type Tenant } from "./tenant.ts";
import { createTickets, type Tickets } from "./tickets.ts";

export interface World {
  /** Origin and issuer: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Origins of the hosts of tenants' web services; `Tenant.host` is an index of these. */
  readonly tenantUrls: readonly [string, string];
  readonly state: State;
  readonly behaviour: Behaviour;
  /** Milliseconds, offset included. */
  readonly now: () => number;
  clockOffsetMs: number;
  /** To be called after every durable change. */
  readonly changed: () => void;
  readonly tickets: Tickets;
  readonly codes: Map<string, AuthorizationCode>;
  readonly accessTokens: Map<string, AccessToken>;
  readonly contacts: Map<string, Map<number, ContactEntity>>;
  readonly exchangeLog: ExchangeLog;
  /** Aborted when the simulator closes: ends delayed and silent answers. */
  readonly closing: AbortSignal;
}

/** One authorization code: ten minutes, once. */
export interface AuthorizationCode {
  readonly clientId: string;
  readonly contextIdentifier: string;
  readonly username: string;
  readonly redirectUri: string;
  readonly nonce: string | undefined;
  readonly challenge: { readonly value: string; readonly method: "S256" | "plain" } | undefined;
  readonly until: number;
}

export interface AccessToken {
  readonly clientId: string;
  readonly contextIdentifier: string;
  readonly username: string;
  readonly until: number;
}

/** A company, which the API calls a contact. */
export type ContactEntity = Record<string, unknown> & { ContactId: number; Name: string };

/** Puts a world together. `clock` is in milliseconds. */
export function createWorld(
  parts: {
    url: string;
    tenantUrls: readonly [string, string];
    state: State;
    clock: () => number;
    onChange: ((snapshot: string) => void) | undefined;
    changeDelayMs: number;
    closing: AbortSignal;
  },
): World {
  const { url, tenantUrls, state, clock, onChange, changeDelayMs, closing } = parts;
  const world: World = {
    url,
    tenantUrls,
    state,
    behaviour: defaultBehaviour(),
    now: () => clock() + world.clockOffsetMs,
    clockOffsetMs: 0,
    changed: collected(
      () => onChange?.(writeSnapshot(state, world.now())),
      changeDelayMs,
      closing,
    ),
    tickets: createTickets({
      rows: state.tickets,
      now: () => world.now(),
      lifetime: () => world.behaviour.ticketTtlSeconds * 1000,
      changed: () => world.changed(),
    }),
    codes: new Map(),
    accessTokens: new Map(),
    contacts: state.contacts,
    exchangeLog: createExchangeLog(),
    closing,
  };
  return world;
}

/** The host where a tenant lives, as an origin. */
export function originOf(world: World, tenant: Tenant): string {
  return tenant.origin ?? world.tenantUrls[tenant.host ?? 0];
}

/** Where a tenant's web services live: no trailing slash. */
export function endpointOf(world: World, tenant: Tenant): string {
  return `${originOf(world, tenant)}/${tenant.contextIdentifier}`;
}

/** A tenant by any spelling of its context identifier. */
export function findTenant(world: World, contextIdentifier: string): Tenant | undefined {
  return world.state.tenants.get(parseContextIdentifier(contextIdentifier) ?? "");
}

/** A tenant that must be there. Throws otherwise. */
export function requireTenant(world: World, contextIdentifier: string): Tenant {
  const tenant = findTenant(world, contextIdentifier);
  if (!tenant) throw new Error(`Cannot find tenant ${contextIdentifier}: unknown`);
  return tenant;
}

/** A person by user name, in any case. */
export function findPerson(world: World, username: string): Person | undefined {
  const wanted = username.toLowerCase();
  return world.state.people.find((person) => person.username.toLowerCase() === wanted);
}

/** The first administrator there is. Throws when there is none. */
export function administratorOf(world: World): Person {
  const person = world.state.people.find(({ administrator }) => administrator);
  if (!person) throw new Error("Cannot find administrator: this world has none");
  return person;
}

/** An app that must be there; the first one when none is named. Throws otherwise. */
export function requireApp({ state }: World, clientId?: string): App {
  const app = clientId === undefined ? firstApp(state) : state.apps.get(clientId);
  if (!app) throw new Error(`Cannot find app ${clientId}: unknown`);
  return app;
}

/** The app that a client secret identifies. */
export function findAppBySecret({ state }: World, secret: string | null): App | undefined {
  return [...state.apps.values()].find(({ clientSecret }) => clientSecret === secret);
}

/** What ties an app to a tenant, whether or not it still holds. */
export function authorizationOf(
  { state }: World,
  { clientId }: App,
  contextIdentifier: string,
): Authorization | undefined {
  return state.authorizations.get(authorizationKey(clientId, contextIdentifier));
}

/** Whether the tenant has authorised the app and it still holds. */
export function isAuthorized(world: World, app: App, contextIdentifier: string): boolean {
  return authorizationOf(world, app, contextIdentifier)?.status === "active";
}
