/**
 * Looks after tickets in memory: what other processes ended is dropped, and where a tenant is, or that it
 * stopped, is learnt from SuperOffice when what it last said is over. Nothing of it is needed for a
 * ticket that is in memory and looked after.
 */

import type { ContextId } from "../domain/context_id.ts";
import { isUnreadable } from "../domain/part_fault.ts";
import type { TenantStanding } from "../domain/tenant.ts";
import { type StoppedReason, stoppedReason } from "../domain/tenant_state.ts";
import { tenantAddresses } from "../domain/tenant_addresses.ts";
import type { Ticket } from "../domain/ticket.ts";
import type { KnownState, KnownStates } from "./known_states.ts";
import { nobodyAsked } from "./ledger.ts";
import type { Clock, Log, TenantStore } from "./ports.ts";
import type { Standings } from "./tenant_standings.ts";
import { doubt, type Held, putOff, type TicketMemory } from "./ticket_memory.ts";
import type { TicketStore } from "./ticket_ports.ts";

/** What SuperOffice says of a ticket's tenant. */
export type Whereabouts =
  | { readonly kind: "here" }
  /** The ticket has the new addresses. */
  | { readonly kind: "moved"; readonly ticket: Ticket }
  | { readonly kind: "stopped"; readonly reason: StoppedReason }
  /** No usable answer: what is known stays. */
  | { readonly kind: "unsaid" };

/** What of this process's tickets a care may end. */
export interface Cared {
  readonly memory: TicketMemory;
  /** Drops the tenant's ticket, and lets nobody join its flight. */
  forget(tenant: ContextId): void;
  /** Nothing of what is under way now gets into memory. */
  leaveAll(): void;
}

export interface TicketCare {
  /**
   * Drops what others ended since the last look.
   *
   * @throws PartFault
   */
  hearNews(cared: Cared): Promise<void>;
  /**
   * Asks where the ticket's tenant is. What is in memory is then as SuperOffice says, and so is the
   * stored ticket of the same generation.
   *
   * @param anew true: whatever is known
   * @throws PartFault when a tenant that stopped cannot be put down
   */
  locate(held: Held, cared: Cared, anew: boolean): Promise<Whereabouts>;
}

export interface TicketCareParts {
  readonly tenants: TenantStore;
  readonly store: TicketStore;
  readonly states: KnownStates;
  readonly standings: Standings;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** Changes asked for at a time, and tenants looked up at a time. */
const PAGE = 1000;
const AT_ONCE = 16;

/** Beyond every change there is: only the newest number is wanted. */
const NEWEST = Number.MAX_SAFE_INTEGER;

/** Before the end of what SuperOffice said, a part of it and at most so long, it is asked behind. */
const AHEAD_PART = 0.2;
const AHEAD_MS = 30_000;

/** Behind the answers nobody is asked about one tenant more often. */
const PAUSE_MS = 5_000;

export function createTicketCare(parts: TicketCareParts): TicketCare {
  const hearNews = createHearing(parts);
  return { hearNews, locate: (...args) => locate(parts, ...args) };
}

function createHearing(
  { tenants, states, standings, clock }: TicketCareParts,
): TicketCare["hearNews"] {
  /** Number of the last change that was heard of. */
  let heard: number | null = null;

  const obey = (cared: Cared, tenant: ContextId, standing: TenantStanding | null): void => {
    states.forget(tenant);
    const held = cared.memory.get(tenant);
    if (held === undefined || standing === null || isEnded(standing, held.ticket)) {
      cared.forget(tenant);
    } else if (standing.health === "moved") doubt(held);
    // It may have moved and been found again since: news are of the latest only.
    else if (heard !== null) held.askAt = -Infinity;
    if (standing?.health === "moved" || standing?.health === "unreachable") standings.watch(tenant);
  };

  /** Without a number to go on from, each tenant has to be looked up. */
  const begin = async (cared: Cared): Promise<void> => {
    const { newest } = await tenants.changes(NEWEST, 1);
    cared.leaveAll();
    cared.memory.mistrust(clock.now());
    const held = cared.memory.all().map(({ ticket }) => ticket.contextIdentifier);
    for (let at = 0; at < held.length; at += AT_ONCE) {
      await Promise.all(
        held.slice(at, at + AT_ONCE).map(async (tenant) =>
          obey(cared, tenant, await standingIn(tenants, tenant))
        ),
      );
    }
    heard = newest;
  };

  return async (cared) => {
    while (heard !== null) {
      const { newest, changes } = await tenants.changes(heard, PAGE);
      // A store that was set back has other changes under these numbers.
      if (newest < heard) heard = null;
      else {
        for (const { tenant, standing } of changes) obey(cared, tenant, standing);
        heard = changes.at(-1)?.number ?? newest;
        if (changes.length < PAGE) return;
      }
    }
    await begin(cared);
  };
}

/** Null for one that nobody can read, too: it keeps nobody from hearing of all the others. */
async function standingIn(store: TenantStore, tenant: ContextId): Promise<TenantStanding | null> {
  try {
    return await store.get(tenant);
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}

function isEnded({ health, ticketsFrom }: TenantStanding, { issuedAt }: Ticket): boolean {
  return health === "consent_withdrawn" || health === "suspended" || ticketsFrom > issuedAt;
}

async function locate(
  parts: TicketCareParts,
  held: Held,
  cared: Cared,
  anew: boolean,
): Promise<Whereabouts> {
  const { states, clock, log } = parts;
  const tenant = held.ticket.contextIdentifier;
  const { doubts } = held;
  const state = await (anew ? states.reread(tenant) : states.read(tenant));
  const now = held.askedAt = clock.now();
  if (state === null) {
    putOff(held, now + PAUSE_MS);
    return { kind: "unsaid" };
  }
  if (!state.isRunning) return await stop(parts, held, cared, state);
  parts.standings.located(tenant);
  // A doubt that came meanwhile is about what was just said.
  if (held.doubts === doubts) trust(held, state, now);
  const { ticket } = held;
  const addresses = tenantAddresses(state.webapiUrl, state.netserverUrl);
  if (addresses === null || isAt(ticket, addresses)) return { kind: "here" };
  held.ticket = { ...ticket, ...addresses, addressesUntil: state.validUntil };
  log.info("tickets.relocated", {
    context_identifier: tenant,
    generation: ticket.generation,
  });
  try {
    await parts.store.relocate(held.ticket);
  } catch (error) {
    // Other processes learn it from SuperOffice themselves, at the latest when its word is over.
    log.warn("tickets.not_relocated", { context_identifier: tenant, error });
  }
  return { kind: "moved", ticket: held.ticket };
}

/** Asked again ahead of the time until which SuperOffice's word holds, or at its end. */
function trust(held: Held, { validUntil }: KnownState, now: number): void {
  const ahead = Math.min(AHEAD_MS, AHEAD_PART * (validUntil - now));
  held.askFirstAt = validUntil;
  held.askAt = Math.min(validUntil, Math.max(now + PAUSE_MS, validUntil - ahead));
}

function isAt(ticket: Ticket, addresses: Pick<Ticket, "webapiUrl" | "netserverUrl">): boolean {
  return ticket.webapiUrl === addresses.webapiUrl && ticket.netserverUrl === addresses.netserverUrl;
}

/** Its ticket goes everywhere: whoever asks is told so by an exchange that does not begin. */
async function stop(
  { tenants, store, standings, clock }: TicketCareParts,
  { ticket }: Held,
  { forget }: Cared,
  { state }: KnownState,
): Promise<Whereabouts> {
  const tenant = ticket.contextIdentifier;
  const reason = stoppedReason(state);
  forget(tenant);
  const found = await tenants.get(tenant);
  if (found !== null) {
    await standings.note(found, { health: "suspended", reason, state }, nobodyAsked(tenant));
  }
  await store.invalidate(tenant, clock.now());
  return { kind: "stopped", reason };
}
