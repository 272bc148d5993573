/** The levers of tenants: make them, look at them, and put them into any state. */
import { inSnakeCase, text, type Verbs } from "../../control/verbs.ts";
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
  /** Any state of the published table. No app is told. */
  setTenantState(ctx: string, state: TenantStateName): void;
  /** Nothing but that; no app is told. Returns how many there were. */
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
  return {
    addTenant(options = {}) {
      const tenant = newTenant(world, options);
      world.state.tenants.set(tenant.contextIdentifier, tenant);
      world.changed();
      return viewOf(world, tenant);
    },
    tenants: () => [...world.state.tenants.values()].map((tenant) => viewOf(world, tenant)),
    setTenantState(ctx, state) {
      if (!Object.hasOwn(tenantStates, state)) {
        throw new Error(`Cannot set tenant state ${state}: unknown`);
      }
      requireTenant(world, ctx).state = state;
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
        inSnakeCase(levers.addTenant({
          ...(ctx in body ? { contextIdentifier: text(body, ctx) } : {}),
          ...("company_name" in body ? { companyName: text(body, "company_name") } : {}),
          ...("serial" in body ? { serial: text(body, "serial") } : {}),
        })),
    },
    tenants: { takes: [], reads: true, call: () => inSnakeCase(levers.tenants()) },
    delete_tickets: ofTenant((tenant) => ({ deleted: levers.deleteTickets(tenant) })),
    contacts: { ...ofTenant((tenant) => levers.contacts(tenant)), reads: true },
    set_tenant_state: {
      takes: [ctx, "state"],
      call: (body) =>
        levers.setTenantState(text(body, ctx), text(body, "state") as TenantStateName),
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

function viewOf(world: World, tenant: Tenant): TenantView {
  const first = authorizationOf(world, requireApp(world), tenant.contextIdentifier);
  return {
    ...tenant,
    endpoint: endpointOf(world, tenant),
    authorization: first?.status ?? null,
  };
}
