/**
 * Calls of a tenant's web API on a caller's behalf: the caller sees neither ticket nor client secret.
 * SuperOffice's 401 brings a new ticket once, its 421 the tenant's new address once; then the call is
 * repeated, if all of its body is still at hand.
 */

import type { Caller } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { belowApi, relayTarget } from "../domain/relay_target.ts";
import type { Ticket } from "../domain/ticket.ts";
import type { Log } from "./ports.ts";
import type { RelayAnswer, RelayCall, RelayTransport, TenantStates } from "./superoffice_ports.ts";
import type { Tickets } from "./tickets.ts";

/** A caller's request. */
export interface RelayRequest extends RelayCall {
  /** Path and query below the tenant's web API, as the caller wrote them. */
  readonly rest: string;
}

/** SuperOffice's answer. */
export interface Relayed extends RelayAnswer {
  /** Where it redirects to, as path and query below the web API. Null if nowhere, or not below it. */
  readonly location: string | null;
}

export interface Relay {
  /**
   * Permission `relay` is judged before anything is looked up, and before the body is read.
   *
   * @param read gives the request once the caller may send it
   */
  forward(
    caller: Caller,
    tenant: ContextId,
    requestId: string,
    read: () => Promise<RelayRequest>,
  ): Promise<Outcome<Relayed>>;
}

export interface RelayParts {
  readonly tickets: Pick<Tickets, "get" | "replace">;
  readonly states: TenantStates;
  readonly transport: RelayTransport;
  readonly log: Log;
  /** Tenants whose new address is remembered until their next ticket brings it. */
  readonly maxTenants: number;
}

const UNAUTHORIZED = 401;
const MISDIRECTED = 421;

export function createRelay(parts: RelayParts): Relay {
  const { tickets, log } = parts;
  const moves = createMoves(parts);

  const forward = async (
    caller: Caller,
    ticket: Ticket,
    requestId: string,
    request: RelayRequest,
  ): Promise<Outcome<Relayed>> => {
    const tenant = ticket.contextIdentifier;
    let current = ticket;
    let isRenewed = false;
    let isResolved = false;
    while (true) {
      const api = moves.addressOf(current);
      const target = relayTarget(api, request.rest);
      if (target === null) return refuse("invalid_request", "relay_path");
      const answer = await parts.transport.send(target, current.ticket, request)
        .catch((error: unknown) => {
          // Where nobody answers is not where the tenant is: the next call asks the ticket's own address.
          if (!request.signal.aborted) moves.forget(tenant);
          throw error;
        });
      if (answer.status === UNAUTHORIZED && !isRenewed) {
        isRenewed = true;
        const { generation } = current;
        const newer = await tickets.replace(caller, tenant, generation, requestId, "relay");
        // Who is refused with good tickets is refused for another reason: that is the answer.
        if (!newer.ok && newer.refusal.code === "rate_limited") return relayed(answer, api, target);
        await answer.cancel();
        if (!newer.ok) return newer;
        current = newer.value.ticket;
      } else if (answer.status === MISDIRECTED && !isResolved) {
        isResolved = true;
        if (!await moves.resolve(current)) return relayed(answer, api, target);
        await answer.cancel();
      } else return relayed(answer, api, target);
      // What is gone cannot be sent again; the caller can, and will meet what was mended now.
      if (request.body instanceof ReadableStream) {
        return refuse("upstream_unavailable", "relay_body_gone", 1);
      }
    }
  };

  return {
    async forward(caller, tenant, requestId, read) {
      const handout = await tickets.get(caller, tenant, requestId, "relay");
      if (!handout.ok) return handout;
      const { ticket } = handout.value;
      const request = await read();
      try {
        return await forward(caller, ticket, requestId, request);
      } catch (error) {
        if (!(error instanceof PartFault)) throw error;
        // A caller who left has ended the call: that is nobody's fault.
        if (!request.signal.aborted) {
          log.warn("relay.fault", {
            reason: error.reason,
            context_identifier: tenant,
            caller: caller.id,
            request_id: requestId,
          });
        }
        return refuse("upstream_unavailable", error.reason, retryAfterSeconds(error, 2));
      }
    },
  };
}

function relayed(answer: RelayAnswer, api: string, target: URL): Outcome<Relayed> {
  const text = answer.headers.get("location");
  const url = text !== null && URL.canParse(text, target.href) ? new URL(text, target) : null;
  return accept({ ...answer, location: url === null ? null : belowApi(api, url) });
}

/** Addresses that are newer than the tickets that we have. */
function createMoves({ states, log, maxTenants }: RelayParts) {
  const moved = new Map<ContextId, { readonly from: string; readonly to: string }>();
  const addressOf = ({ contextIdentifier, webapiUrl }: Ticket): string => {
    const move = moved.get(contextIdentifier);
    return move?.from === webapiUrl ? move.to : webapiUrl;
  };
  return {
    addressOf,
    forget: (tenant: ContextId): void => void moved.delete(tenant),
    /** @returns false if SuperOffice knows of no other address than the one that was asked */
    async resolve(ticket: Ticket): Promise<boolean> {
      const { contextIdentifier: tenant, webapiUrl: from } = ticket;
      const to = (await states.read(tenant))?.webapiUrl ?? null;
      if (to === null || to === addressOf(ticket)) return false;
      log.info("relay.moved", { context_identifier: tenant });
      moved.delete(tenant);
      moved.set(tenant, { from, to });
      if (moved.size > maxTenants) moved.delete(moved.keys().next().value!);
      return true;
    },
  };
}
