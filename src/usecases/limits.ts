/**
 * How many requests a caller may make in a minute, and how many all callers together for one tenant.
 * Counted here in memory; what the other instances let through is heard by way of the store.
 */

import type { Caller } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { after } from "../domain/after.ts";
import type { Rate } from "../domain/rate.ts";
import { createMeter, type Meter, type Reading } from "./meter.ts";
import type { Clock, Log, UsageStore } from "./ports.ts";

/** What one limit said of one request. */
export interface Toll extends Reading {
  readonly limit: "caller" | "tenant";
  readonly rate: Rate;
}

export interface Limits {
  /** Counts one request of the caller. @returns null if it has no limit */
  ofCaller(caller: Caller): Toll | null | Promise<Toll>;
  /** Counts one request for the tenant, of whomever. @returns null if there is no limit */
  ofTenant(tenant: ContextId): Toll | null | Promise<Toll>;
  /** Resolves when nothing is being told to the store any more. */
  drain(): Promise<void>;
}

export interface LimitsParts {
  /** By caller's id. Who is not there has no limit. */
  readonly callersPerMinute: ReadonlyMap<string, number>;
  /** Null: no limit. */
  readonly tenantsPerMinute: number | null;
  /** Null where instances share none. */
  readonly store: UsageStore | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Of so many tenants the requests are remembered: those that were asked for last. */
  readonly maxTenants: number;
}

const MINUTE_MS = 60_000;

export function createLimits(parts: LimitsParts): Limits {
  const { callersPerMinute, tenantsPerMinute, maxTenants } = parts;
  const flights = new Set<Promise<void>>();
  const follow = (flight: Promise<void>) => {
    flights.add(flight);
    void flight.finally(() => flights.delete(flight));
  };
  const meter = (name: string, rate: Rate) => createMeter({ ...parts, name, rate, follow });

  const callers = new Map(
    [...callersPerMinute].map(([id, count]) => [id, {
      rate: perMinute(count),
      meter: meter(`caller:${id}`, perMinute(count)),
    }]),
  );
  const ofTenants = tenantsPerMinute === null ? null : perMinute(tenantsPerMinute);
  /** The one that was asked for longest ago comes first. */
  const tenants = new Map<ContextId, Meter>();

  const meterOf = (tenant: ContextId, rate: Rate): Meter => {
    const known = tenants.get(tenant) ?? meter(`tenant:${tenant}`, rate);
    tenants.delete(tenant);
    tenants.set(tenant, known);
    if (tenants.size > maxTenants) tenants.delete(tenants.keys().next().value!);
    return known;
  };

  return {
    ofCaller({ id }) {
      const found = callers.get(id);
      if (found === undefined) return null;
      const { rate } = found;
      return after(found.meter.take(), (reading) => ({ limit: "caller", rate, ...reading }));
    },
    ofTenant(tenant) {
      if (ofTenants === null) return null;
      const taken = meterOf(tenant, ofTenants).take();
      return after(taken, (reading) => ({ limit: "tenant", rate: ofTenants, ...reading }));
    },
    drain: async () => void await Promise.all(flights),
  };
}

function perMinute(count: number): Rate {
  return { count, periodMs: MINUTE_MS };
}
