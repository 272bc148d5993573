/**
 * The levers of the simulated SuperOffice: what an administrator, the vendor's operations or bad luck
 * would do, as verbs. The HTTP control API is a table over the same verbs. Nothing here is part of the
 * real service.
 */
import { parseAppPublicKey } from "./app_key.ts";
import { approve, endAuthorization } from "./authorization.ts";
import { type Behaviour, defaultBehaviour, type TokenBend } from "./behaviour.ts";
import type { ExchangeRecord } from "./exchange_log.ts";
import { generateLoginKey } from "./login_key.ts";
import { digits } from "./random.ts";
import { type StateChange, stateChangeOf, type StateChangeType } from "./state_change.ts";
import {
  type AuthorizationStatus,
  parseContextIdentifier,
  type Person,
  type Tenant,
  type TenantStateName,
  tenantStates,
} from "./tenant.ts";
import { mintToken } from "./tokens.ts";
import { type ContactEntity, findPerson, requireTenant, type World } from "./world.ts";

/** Every verb takes a context identifier in any case and throws when the tenant is not known. */
export interface SuperOfficeControl {
  /** PEM or RSAXML, public or private; only the public half is kept. */
  registerPublicKey(key: string): void;
  registerRedirectUrl(url: string): void;
  /** A new tenant that runs and has not consented. */
  addTenant(tenant?: NewTenant): TenantView;
  tenants(): readonly TenantView[];
  /** Authorises the app as the administrator would, without a browser. */
  approve(ctx: string): { readonly system_user_token: string };
  revoke(ctx: string): void;
  expireAuthorization(ctx: string): void;
  /** As when the app came to need more than was approved. */
  requireReapproval(ctx: string): void;
  suspend(ctx: string): void;
  resume(ctx: string): void;
  /** The tenant is Deleted, its authorization and tickets gone. */
  remove(ctx: string): void;
  setTenantState(ctx: string, state: TenantStateName): void;
  /** Its web services answer at `origin` only, 421 elsewhere; null: anywhere, at the simulator. */
  moveTenant(ctx: string, origin: string | null): void;
  /** As restoring a backup of the tenant's database does. Returns how many there were. */
  deleteTickets(ctx: string): number;
  /** A new login key signs; with `overlap` the older ones stay published. */
  rotateLoginKey(options?: { readonly overlap?: boolean }): Promise<void>;
  /** Shifts the simulator's clock, its `Date` header included. */
  clockOffsetMs(milliseconds: number): void;
  /** Changes some switches. Throws on a name that is none. */
  set(switches: Partial<Behaviour>): Behaviour;
  /** All switches back to their defaults. */
  resetSwitches(): void;
  mintIdToken(options: MintIdToken): string;
  mintExchangeToken(options: MintExchangeToken): string;
  mintLegacyToken(options: MintIdToken): string;
  /** The JSON SuperOffice would POST to the app when a tenant changes. */
  mintStateChange(options: { readonly ctx: string; readonly type: StateChangeType }): StateChange;
  exchanges(): readonly ExchangeRecord[];
  exchangeCount(): number;
  contacts(ctx: string): readonly ContactEntity[];
  /** Forgets the recorded exchanges. */
  resetCounters(): void;
}

export interface NewTenant {
  readonly contextIdentifier?: string;
  readonly companyName?: string;
  readonly serial?: string;
}

export interface TenantView extends Readonly<Tenant> {
  readonly authorization: AuthorizationStatus | null;
}

/** What is not given is as a right token has it. */
export interface MintIdToken extends TokenBend {
  readonly ctx: string;
  readonly nonce?: string;
  readonly username?: string;
  /** The code to hash into `c_hash`. */
  readonly code?: string;
}

export interface MintExchangeToken extends TokenBend {
  readonly ctx: string;
  readonly ticket?: string;
}

/** The levers of one world. */
export function createControl(world: World): SuperOfficeControl {
  return {
    ...registration(world),
    ...tenantVerbs(world),
    ...authorizationVerbs(world),
    ...mints(world),
    async rotateLoginKey({ overlap = true } = {}) {
      const older = overlap ? world.state.loginKeys : [];
      world.state.loginKeys = [await generateLoginKey(), ...older];
      world.changed();
    },
    clockOffsetMs(milliseconds) {
      world.clockOffsetMs = milliseconds;
    },
    set(switches) {
      const unknown = Object.keys(switches).find((name) => !Object.hasOwn(world.behaviour, name));
      if (unknown !== undefined) throw new Error(`Cannot set switch ${unknown}: unknown`);
      return Object.assign(world.behaviour, switches);
    },
    resetSwitches() {
      Object.assign(world.behaviour, defaultBehaviour());
    },
    exchanges: () => world.exchangeLog.records(),
    exchangeCount: () => world.exchangeLog.count(),
    resetCounters: () => world.exchangeLog.reset(),
    contacts(ctx) {
      const { contextIdentifier } = requireTenant(world, ctx);
      return [...world.contacts.get(contextIdentifier)?.values() ?? []];
    },
  };
}

function registration(world: World) {
  return {
    registerPublicKey(key: string) {
      world.state.appPublicKey = parseAppPublicKey(key);
      world.changed();
    },
    registerRedirectUrl(url: string) {
      if (!world.state.redirectUrls.includes(url)) world.state.redirectUrls.push(url);
      world.changed();
    },
  };
}

function tenantVerbs(world: World) {
  const setTenantState = (ctx: string, state: TenantStateName) => {
    if (!Object.hasOwn(tenantStates, state)) {
      throw new Error(`Cannot set tenant state ${state}: unknown`);
    }
    requireTenant(world, ctx).state = state;
    world.changed();
  };
  return {
    addTenant(options: NewTenant = {}) {
      const tenant = newTenant(world, options);
      world.state.tenants.set(tenant.contextIdentifier, tenant);
      world.changed();
      return viewOf(world, tenant);
    },
    tenants: () => [...world.state.tenants.values()].map((tenant) => viewOf(world, tenant)),
    setTenantState,
    suspend: (ctx: string) => setTenantState(ctx, "Suspended"),
    resume: (ctx: string) => setTenantState(ctx, "Running"),
    remove(ctx: string) {
      const { contextIdentifier } = requireTenant(world, ctx);
      world.state.authorizations.delete(contextIdentifier);
      world.tickets.deleteAll(contextIdentifier);
      setTenantState(contextIdentifier, "Deleted");
    },
    moveTenant(ctx: string, origin: string | null) {
      const tenant = requireTenant(world, ctx);
      if (origin === null) delete tenant.origin;
      else tenant.origin = new URL(origin).origin;
      world.changed();
    },
    deleteTickets: (ctx: string) =>
      world.tickets.deleteAll(requireTenant(world, ctx).contextIdentifier),
  };
}

function authorizationVerbs(world: World) {
  return {
    approve(ctx: string) {
      const { systemUserToken } = approve(world, ctx, administratorOf(world).username);
      return { system_user_token: systemUserToken };
    },
    revoke: (ctx: string) => endAuthorization(world, ctx, "revoked"),
    expireAuthorization: (ctx: string) => endAuthorization(world, ctx, "expired"),
    requireReapproval: (ctx: string) => endAuthorization(world, ctx, "needs_reapproval"),
  };
}

function mints(world: World) {
  const mint = (kind: "id_token" | "legacy", options: MintIdToken) => {
    const { ctx, nonce, username, code, ...bend } = options;
    const person = username === undefined ? administratorOf(world) : findPerson(world, username);
    if (!person) throw new Error(`Cannot mint token for ${username}: unknown`);
    return mintToken(world, kind, { tenant: requireTenant(world, ctx), person, nonce, code }, bend);
  };
  return {
    mintIdToken: (options: MintIdToken) => mint("id_token", options),
    mintLegacyToken: (options: MintIdToken) => mint("legacy", options),
    mintExchangeToken({ ctx, ticket, ...bend }: MintExchangeToken) {
      const tenant = requireTenant(world, ctx);
      const person = administratorOf(world);
      return mintToken(world, "exchange", { tenant, person, ticket }, bend);
    },
    mintStateChange: ({ ctx, type }: { readonly ctx: string; readonly type: StateChangeType }) =>
      stateChangeOf(world, requireTenant(world, ctx), type),
  };
}

function administratorOf(world: World): Person {
  const person = world.state.people.find(({ administrator }) => administrator);
  if (!person) throw new Error("Cannot find administrator: this world has none");
  return person;
}

function newTenant(world: World, { contextIdentifier, companyName, serial }: NewTenant): Tenant {
  const numbers = [...world.state.tenants.keys()].map((key) => Number(key.slice(4)));
  const asked = contextIdentifier ?? `Cust${Math.max(12344, ...numbers) + 1}`;
  const ctx = parseContextIdentifier(asked);
  if (ctx === undefined) throw new Error(`Cannot add tenant ${asked}: not a context identifier`);
  if (world.state.tenants.has(ctx)) throw new Error(`Cannot add tenant ${ctx}: already there`);
  return {
    contextIdentifier: ctx,
    companyName: companyName ?? `Example Tenant ${ctx.slice(4)} AS`,
    serial: serial ?? digits(10),
    state: "Running",
  };
}

function viewOf(world: World, tenant: Tenant): TenantView {
  const status = world.state.authorizations.get(tenant.contextIdentifier)?.status ?? null;
  return { ...tenant, authorization: status };
}
