/** The levers of tenants: how they come, go, move and change state. */
import { text, type Verbs } from "../../control/verbs.ts";
import { forgetAuthorizations } from "../authorization.ts";
import { digits } from "../random.ts";
import {
  type AuthorizationStatus,
  parseContextIdentifier,
  type Tenant,
  type TenantStateName,
  tenantStates,
} from "../tenant.ts";
import {
  authorizationOf,
  type ContactEntity,
  endpointOf,
  requireApp,
  requireTenant,
  type World,
} from "../world.ts";
import { ctx, ofTenant } from "./of_tenant.ts";

export interface TenantLevers {
  /** A new tenant that runs and has not consented. */
  addTenant(tenant?: NewTenant): TenantView;
  tenants(): readonly TenantView[];
  suspend(ctx: string): void;
  resume(ctx: string): void;
  /** The tenant is Deleted, its authorization and tickets gone. */
  remove(ctx: string): void;
  setTenantState(ctx: string, state: TenantStateName): void;
  /**
   * From now on its web services answer at another host, and 421 where they were. Without `to`: the
   * other tenant host; an origin: there; null: back to the first tenant host.
   */
  moveTenant(ctx: string, to?: string | null): void;
  /** As restoring a backup of the tenant's database does. Returns how many there were. */
  deleteTickets(ctx: string): number;
  contacts(ctx: string): readonly ContactEntity[];
}

export interface NewTenant {
  readonly contextIdentifier?: string;
  readonly companyName?: string;
  readonly serial?: string;
}

export interface TenantView extends Readonly<Tenant> {
  /** Where its web services live: no trailing slash. */
  readonly endpoint: string;
  /** Of the first app. */
  readonly authorization: AuthorizationStatus | null;
}

export function tenantLevers(world: World): TenantLevers {
  const setTenantState = (ctx: string, state: TenantStateName) => {
    if (!Object.hasOwn(tenantStates, state)) {
      throw new Error(`Cannot set tenant state ${state}: unknown`);
    }
    requireTenant(world, ctx).state = state;
    world.changed();
  };
  return {
    addTenant(options = {}) {
      const tenant = newTenant(world, options);
      world.state.tenants.set(tenant.contextIdentifier, tenant);
      world.changed();
      return viewOf(world, tenant);
    },
    tenants: () => [...world.state.tenants.values()].map((tenant) => viewOf(world, tenant)),
    setTenantState,
    suspend: (ctx) => setTenantState(ctx, "Suspended"),
    resume: (ctx) => setTenantState(ctx, "Running"),
    remove(ctx) {
      const { contextIdentifier } = requireTenant(world, ctx);
      forgetAuthorizations(world, contextIdentifier);
      world.tickets.deleteAll(contextIdentifier);
      setTenantState(contextIdentifier, "Deleted");
    },
    moveTenant(ctx, to) {
      place(world, requireTenant(world, ctx), to);
      world.changed();
    },
    deleteTickets: (ctx) => world.tickets.deleteAll(requireTenant(world, ctx).contextIdentifier),
    contacts(ctx) {
      const { contextIdentifier } = requireTenant(world, ctx);
      return [...world.contacts.get(contextIdentifier)?.values() ?? []];
    },
  };
}

export function tenantVerbs(levers: TenantLevers): Verbs {
  return {
    add_tenant: {
      takes: [`${ctx}?`, "company_name?", "serial?"],
      call: (body) =>
        levers.addTenant({
          ...(ctx in body ? { contextIdentifier: text(body, ctx) } : {}),
          ...("company_name" in body ? { companyName: text(body, "company_name") } : {}),
          ...("serial" in body ? { serial: text(body, "serial") } : {}),
        }),
    },
    tenants: { takes: [], reads: true, call: () => levers.tenants() },
    suspend: ofTenant((tenant) => levers.suspend(tenant)),
    resume: ofTenant((tenant) => levers.resume(tenant)),
    remove: ofTenant((tenant) => levers.remove(tenant)),
    delete_tickets: ofTenant((tenant) => ({ deleted: levers.deleteTickets(tenant) })),
    contacts: { ...ofTenant((tenant) => levers.contacts(tenant)), reads: true },
    set_tenant_state: {
      takes: [ctx, "state"],
      call: (body) =>
        levers.setTenantState(text(body, ctx), text(body, "state") as TenantStateName),
    },
    move_tenant: {
      takes: [ctx, "origin?"],
      call: (body) => {
        const { origin } = body;
        const isName = origin !== undefined && origin !== null;
        levers.moveTenant(text(body, ctx), isName ? text(body, "origin") : origin);
      },
    },
  };
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

/** A tenant host is kept by its index: its port is another one after a restart. */
function place(world: World, tenant: Tenant, to: string | null | undefined): void {
  if (typeof to !== "string") {
    const isAtFirst = tenant.origin === undefined && tenant.host !== 1;
    tenant.host = to === undefined && isAtFirst ? 1 : 0;
    delete tenant.origin;
    return;
  }
  const { contextIdentifier } = tenant;
  if (!URL.canParse(to)) throw new Error(`Cannot move tenant ${contextIdentifier}: not an origin`);
  const { origin } = new URL(to);
  const own = world.tenantUrls.indexOf(origin);
  if (own === 0 || own === 1) {
    tenant.host = own;
    delete tenant.origin;
  } else tenant.origin = origin;
}

function viewOf(world: World, tenant: Tenant): TenantView {
  const first = authorizationOf(world, requireApp(world), tenant.contextIdentifier);
  return {
    ...tenant,
    endpoint: endpointOf(world, tenant),
    authorization: first?.status ?? null,
  };
}
