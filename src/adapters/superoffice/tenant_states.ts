/**
 * Where a tenant is and how it is doing, as SuperOffice publishes it without credentials. Gives
 * null for anything odd, because callers can go on without: it refuses nothing and invents nothing.
 */

import { ContextId } from "../../domain/context_id.ts";
import { parseSecureUrl } from "../../domain/secure_url.ts";
import type { TenantState, TenantStates } from "../../usecases/superoffice_ports.ts";
import { jsonObject, type OutboundAnswer } from "../outbound/http.ts";
import type { Endpoints } from "./endpoints.ts";
import { type CallOptions, createCalls } from "./http.ts";

export interface TenantStatesOptions extends CallOptions {
  readonly endpoints: Endpoints;
}

export function createTenantStates(options: TenantStatesOptions): TenantStates {
  const calls = createCalls(options);
  return {
    async read(tenant, signal) {
      const url = options.endpoints.state(tenant);
      const request = { method: "GET", url, headers: { accept: "application/json" } } as const;
      const answer = await calls(request, signal).catch(() => null);
      return answer === null ? null : judgeTenantState(answer, tenant);
    },
  };
}

/**
 * Judges an answer of the state endpoint (docs.superoffice.com, "Check tenant status"). `Api` comes
 * without a final slash, unlike the address in tokens; SOAP services lie below `Endpoint`.
 */
export function judgeTenantState(answer: OutboundAnswer, tenant: ContextId): TenantState | null {
  const value = answer.status === 200 ? jsonObject(answer) : null;
  if (value === null || ContextId.parse(value.ContextIdentifier) !== tenant) return null;
  const { State: state, IsRunning: isRunning } = value;
  if (typeof state !== "string" || !/^[A-Za-z]{1,40}$/.test(state)) return null;
  if (typeof isRunning !== "boolean") return null;
  return {
    state,
    isRunning,
    webapiUrl: addressOf(value.Api, ""),
    netserverUrl: addressOf(value.Endpoint, "Remote/Services88/"),
  };
}

function addressOf(base: unknown, below: string): string | null {
  const url = parseSecureUrl(base);
  if (url === null || url.search !== "" || url.hash !== "") return null;
  return `${url.href.replace(/\/$/, "")}/${below}`;
}
