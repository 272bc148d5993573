/**
 * Where a tenant is and how it is doing, as SuperOffice publishes it without credentials. Gives
 * null for anything odd, because callers can go on without: it refuses nothing and invents nothing.
 */

import { ContextId } from "../../domain/context_id.ts";
import { millisOf, parseInstant } from "../../domain/instant.ts";
import type { TenantState, TenantStates } from "../../usecases/superoffice_ports.ts";
import { jsonObject, type OutboundAnswer } from "../outbound/http.ts";
import type { Endpoints } from "./endpoints.ts";
import { type CallOptions, createCalls } from "./http.ts";
import type { TenantHosts } from "./tenant_hosts.ts";

export interface TenantStatesOptions extends CallOptions {
  readonly endpoints: Endpoints;
}

export function createTenantStates(options: TenantStatesOptions): TenantStates {
  const calls = createCalls(options);
  const { tenantHosts } = options.endpoints;
  return {
    async read(tenant, signal) {
      const url = options.endpoints.state(tenant);
      const request = { method: "GET", url, headers: { accept: "application/json" } } as const;
      const answer = await calls(request, signal).catch(() => null);
      return answer === null ? null : judgeTenantState(answer, tenant, tenantHosts);
    },
  };
}

/**
 * Judges an answer of the state endpoint (docs.superoffice.com, "Check tenant status"). `Api` comes
 * without a final slash, unlike the address in tokens; SOAP services lie below `Endpoint`. An address where
 * no tenant can be is none.
 */
export function judgeTenantState(
  answer: OutboundAnswer,
  tenant: ContextId,
  hosts: TenantHosts,
): TenantState | null {
  const value = answer.status === 200 ? jsonObject(answer) : null;
  if (value === null || ContextId.parse(value.ContextIdentifier) !== tenant) return null;
  const { State: state, IsRunning: isRunning } = value;
  if (typeof state !== "string" || !/^[A-Za-z]{1,40}$/.test(state)) return null;
  if (typeof isRunning !== "boolean") return null;
  return {
    state,
    isRunning,
    webapiUrl: addressOf(hosts.parse(value.Api), ""),
    netserverUrl: addressOf(hosts.parse(value.Endpoint), "Remote/Services88/"),
    validUntil: instantOf(value.ValidUntil),
  };
}

function addressOf(base: URL | null, below: string): string | null {
  return base === null ? null : `${base.href.replace(/\/$/, "")}/${below}`;
}

/** As .NET writes it: UTC, with up to seven fractional digits. */
function instantOf(text: unknown): number | null {
  if (typeof text !== "string" || !/^[\d:T-]{19}(?:\.\d{1,7})?Z$/.test(text)) return null;
  const instant = parseInstant(text);
  return instant === null ? null : millisOf(instant);
}
