/**
 * The levers of a tenant's life: what the vendor's operations do to it. Every one is told to the apps
 * that the tenant has authorised; no lever waits for them.
 */
import { text, type Verbs } from "../../control/verbs.ts";
import { forgetAuthorizations } from "../authorization.ts";
import type { Pushes } from "../pushes.ts";
import type { StateChangeType } from "../state_change.ts";
import type { Tenant } from "../tenant.ts";
import { requireTenant, type World } from "../world.ts";
import { ctx, ofTenant } from "./of_tenant.ts";

/** All throw when the tenant is Deleted. */
export interface TenantLifeLevers {
  suspend(ctx: string): void;
  /** It runs, whatever held it. */
  resume(ctx: string): void;
  /** The tenant is Deleted, what it authorised and its tickets gone. */
  remove(ctx: string): void;
  /**
   * Its database is as it was when the tenant was made: no ticket of before works, companies made since
   * are gone. What it authorised stays, as that is not in its database.
   */
  restore(ctx: string): void;
  /** It runs the next release. */
  upgrade(ctx: string): void;
  /**
   * From now on its web services answer at another host, and 421 where they were. Without `to`: the
   * other tenant host; an origin: there; null: back to the first tenant host.
   */
  moveTenant(ctx: string, to?: string | null): void;
}

export function tenantLifeLevers(world: World, pushes: Pushes): TenantLifeLevers {
  const change = (ctx: string, type: StateChangeType, make: (tenant: Tenant) => void) => {
    const tenant = requireTenant(world, ctx);
    if (tenant.state === "Deleted") {
      throw new Error(`Cannot change tenant ${tenant.contextIdentifier}: deleted`);
    }
    // Asked before the change, because a deleted tenant has authorised nobody.
    const recipients = pushes.recipientsOf(tenant);
    make(tenant);
    world.changed();
    for (const app of recipients) void pushes.push(app, tenant, type);
  };
  return {
    suspend: (ctx) => change(ctx, "Suspend", (tenant) => tenant.state = "Suspended"),
    resume: (ctx) => change(ctx, "Resume", (tenant) => tenant.state = "Running"),
    remove: (ctx) =>
      change(ctx, "Delete", (tenant) => {
        forgetAuthorizations(world, tenant.contextIdentifier);
        world.tickets.deleteAll(tenant.contextIdentifier);
        tenant.state = "Deleted";
      }),
    restore: (ctx) =>
      change(ctx, "BackupRestored", ({ contextIdentifier }) => {
        world.tickets.deleteAll(contextIdentifier);
        world.contacts.delete(contextIdentifier);
      }),
    upgrade: (ctx) =>
      change(ctx, "Upgrade", (tenant) => tenant.upgrades = (tenant.upgrades ?? 0) + 1),
    moveTenant: (ctx, to) => change(ctx, "Move", (tenant) => place(world, tenant, to)),
  };
}

export function tenantLifeVerbs(levers: TenantLifeLevers): Verbs {
  return {
    suspend: ofTenant((tenant) => levers.suspend(tenant)),
    resume: ofTenant((tenant) => levers.resume(tenant)),
    remove: ofTenant((tenant) => levers.remove(tenant)),
    restore: ofTenant((tenant) => levers.restore(tenant)),
    upgrade: ofTenant((tenant) => levers.upgrade(tenant)),
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

/** A tenant host is kept by its index: its port is another one after a restart. */
function place(world: World, tenant: Tenant, to: string | null | undefined): void {
  if (typeof to !== "string") {
    const isAtFirst = tenant.origin === undefined && tenant.host !== 1;
    tenant.host = to === undefined && isAtFirst ? 1 : 0;
    delete tenant.origin;
    return;
  }
  const { contextIdentifier } = tenant;
  const { origin, href } = URL.canParse(to) ? new URL(to) : { origin: "null", href: to };
  if (!/^https?:/.test(origin) || href !== `${origin}/`) {
    throw new Error(`Cannot move tenant ${contextIdentifier}: not an origin of http or https`);
  }
  const own = world.tenantUrls.indexOf(origin);
  if (own === 0 || own === 1) {
    tenant.host = own;
    delete tenant.origin;
  } else tenant.origin = origin;
}
