/**
 * Calls of a tenant's web API on a caller's behalf: the caller sees neither ticket nor client secret.
 * SuperOffice's 401 brings a new ticket once, its 421 the tenant's new address once; then the call is
 * repeated, if all of its body is still at hand. A path that leads elsewhere costs no ticket.
 */

import { type Caller, may } from "../domain/caller.ts";
import type { ContextId } from "../domain/context_id.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { belowApi, isRelayable, relayTarget } from "../domain/relay_target.ts";
import type { Ticket } from "../domain/ticket.ts";
import type { Log } from "./ports.ts";
import type { RelayAnswer, RelayCall, RelayTransport } from "./superoffice_ports.ts";
import type { Standings } from "./tenant_standings.ts";
import type { Tickets } from "./tickets.ts";

/** A caller's request. */
export interface RelayRequest {
  /** Path and query below the tenant's web API, as the caller wrote them. */
  readonly rest: string;
  /** All else of it, which is read when it may be sent. */
  read(): Promise<RelayCall>;
}

/** SuperOffice's answer. */
export interface Relayed extends RelayAnswer {
  /** Where it redirects to, as path and query below the web API. Null if nowhere, or not below it. */
  readonly location: string | null;
}

export interface Relay {
  /** Permission `relay` and path are judged before anything is looked up, and before the body is read. */
  forward(
    caller: Caller,
    tenant: ContextId,
    requestId: string,
    request: RelayRequest,
  ): Promise<Outcome<Relayed>>;
}

export interface RelayParts {
  readonly tickets: Pick<Tickets, "get" | "replace" | "locate" | "doubt">;
  readonly standings: Pick<Standings, "trouble" | "answered">;
  readonly transport: RelayTransport;
  readonly log: Log;
}

const UNAUTHORIZED = 401;
const MISDIRECTED = 421;
const UNAVAILABLE = 503;

/** However often a tenant says that it is unavailable, SuperOffice is not asked about it more often. */
const DOUBT_MS = 5_000;

/**
 * Where another caller or instance had a ticket renewed, the first renewal may bring that one, which can
 * be refused just as well.
 */
const MAX_RENEWALS = 2;

export function createRelay(parts: RelayParts): Relay {
  const { tickets, log } = parts;
  const forward = createForwarding(parts);

  const judge: Relay["forward"] = async (caller, tenant, requestId, { rest, read }) => {
    if (!may(caller, "relay", tenant)) return refuse("caller_forbidden", "relay");
    if (!isRelayable(rest)) return refuse("invalid_request", "relay_path");
    const handout = await tickets.get(caller, tenant, requestId, "relay");
    if (!handout.ok) return handout;
    const call = await read();
    try {
      return await forward({ caller, requestId, rest, call }, handout.value.ticket);
    } catch (error) {
      if (!(error instanceof PartFault)) throw error;
      // A caller who left has ended the call: that is nobody's fault.
      if (call.signal.aborted) return refuse("upstream_unavailable", "caller_left");
      log.warn("relay.fault", {
        reason: error.reason,
        context_identifier: tenant,
        caller: caller.id,
        request_id: requestId,
      });
      return refuse("upstream_unavailable", error.reason, retryAfterSeconds(error, 2));
    }
  };

  return {
    async forward(caller, tenant, requestId, request) {
      const outcome = await judge(caller, tenant, requestId, request);
      if (!outcome.ok) {
        const { code, reason } = outcome.refusal;
        log.info("relay.refused", {
          code,
          reason,
          caller: caller.id,
          context_identifier: tenant,
          request_id: requestId,
        });
      }
      return outcome;
    },
  };
}

/** A caller's request that may be sent. */
interface Forwarded {
  readonly caller: Caller;
  readonly requestId: string;
  readonly rest: string;
  readonly call: RelayCall;
}

/** Sends, mends what can be mended, and sends again. */
function createForwarding(parts: RelayParts) {
  const { tickets, standings, log } = parts;
  const send = createSending(parts);

  return async (
    { caller, requestId, rest, call }: Forwarded,
    ticket: Ticket,
  ): Promise<Outcome<Relayed>> => {
    const tenant = ticket.contextIdentifier;
    let current = ticket;
    let renewalsLeft = MAX_RENEWALS;
    let isLocated = false;
    while (true) {
      const api = current.webapiUrl;
      const target = relayTarget(api, rest);
      if (target === null) return refuse("invalid_request", "relay_path");
      const answer = await send(target, current, call);
      if (answer.status === UNAUTHORIZED && renewalsLeft > 0) {
        const { generation } = current;
        const newer = await tickets.replace(caller, tenant, generation, requestId, "relay")
          .catch(lettingGo(answer));
        // Who is refused with good tickets is refused for another reason: that is the answer.
        if (!newer.ok && newer.refusal.code === "rate_limited") return relayed(answer, api, target);
        await answer.cancel();
        if (!newer.ok) return newer;
        current = newer.value.ticket;
        // Nobody can have met it before, so a refusal of this one has another reason, too.
        renewalsLeft = newer.value.source === "exchange" ? 0 : renewalsLeft - 1;
      } else if (answer.status === MISDIRECTED && !isLocated) {
        isLocated = true;
        const found = await tickets.locate(current).catch(lettingGo(answer));
        if (found.kind === "stopped") {
          await answer.cancel();
          return refuse("tenant_suspended", found.reason, 30);
        }
        if (found.kind !== "moved") {
          standings.trouble(tenant, { health: "moved", reason: "misdirected" });
          return relayed(answer, api, target);
        }
        log.info("relay.moved", { context_identifier: tenant });
        await answer.cancel();
        current = found.ticket;
      } else {
        // A tenant in maintenance says this, too: whoever comes next is told so.
        if (answer.status === UNAVAILABLE) tickets.doubt(tenant, DOUBT_MS);
        else if (answer.status !== MISDIRECTED) standings.answered(tenant);
        return relayed(answer, api, target);
      }
      // What is gone cannot be sent again; the caller can, and will meet what was mended now.
      if (call.body instanceof ReadableStream) {
        return refuse("upstream_unavailable", "relay_body_gone", 1);
      }
    }
  };
}

function createSending({ tickets, standings, transport }: RelayParts) {
  return (target: URL, ticket: Ticket, call: RelayCall): Promise<RelayAnswer> =>
    transport.send(target, ticket.ticket, call).catch((error: unknown) => {
      // Where nobody answers is not where the tenant is, or it is nowhere at the moment.
      if (!call.signal.aborted && error instanceof PartFault) {
        const tenant = ticket.contextIdentifier;
        tickets.doubt(tenant, 0);
        standings.trouble(tenant, { health: "unreachable", reason: error.reason });
      }
      throw error;
    });
}

/** @returns what passes a fault on, without the answer that nobody will read any more */
function lettingGo(answer: RelayAnswer): (fault: unknown) => Promise<never> {
  return async (fault) => {
    await answer.cancel();
    throw fault;
  };
}

function relayed(answer: RelayAnswer, api: string, target: URL): Outcome<Relayed> {
  const text = answer.headers.get("location");
  const url = text !== null && URL.canParse(text, target.href) ? new URL(text, target) : null;
  return accept({ ...answer, location: url === null ? null : belowApi(api, url) });
}
