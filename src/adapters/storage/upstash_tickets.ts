/**
 * Tickets in Upstash Redis. Everything here has an expiry and may be evicted; the counter is
 * repaired from the stored ticket. `get` is one plain read: a replica that lags gives an older
 * ticket or a miss, and the lease, decided on the primary, settles it.
 */

import type { ContextId } from "../../domain/context_id.ts";
import { REJECTIONS, RENEWAL_SPACING_MS } from "../../domain/renewal.ts";
import type { Ticket } from "../../domain/ticket.ts";
import type {
  LeaseAnswer,
  LeaseRequest,
  RefusedExchange,
  TicketStore,
} from "../../usecases/ticket_ports.ts";
import {
  readGeneration,
  readRecord,
  readRefusal,
  readTicket,
  readWhole,
  ticketPlace,
  unreadable,
} from "./records.ts";
import type { Sealing } from "./sealing.ts";
import type { Client } from "./upstash_client.ts";
import { readNumber } from "./upstash_reply.ts";
import { INVALIDATE, LEASE, PUBLISH, REFUSE, RELOCATE } from "./upstash_ticket_scripts.ts";

/** Generations are remembered this long after a tenant's last change: far beyond any lifetime. */
const REMEMBERED_MS = 7 * 24 * 60 * 60 * 1000;

/** Keys outlive the times in their records: clocks differ, and the records decide. */
const SLACK_MS = 60_000;

/** As long as the pace can matter: the pause before a renewal, a budget that was used up. */
const PACE_MS = Math.max(RENEWAL_SPACING_MS, REJECTIONS.periodMs);

/** The key of a tenant's ticket. */
export function ticketKey(prefix: string, tenant: string): string {
  return keyOf(prefix, "ticket", tenant);
}

function keyOf(prefix: string, kind: string, tenant: string): string {
  return `${prefix}:${kind}:{${tenant}}`;
}

/** Makes the ticket store of a client. Seals tickets. */
export function createUpstashTickets(
  client: Client,
  sealing: Sealing,
  prefix: string,
): TicketStore {
  const key = (kind: string, tenant: ContextId) => keyOf(prefix, kind, tenant);
  const keys = (tenant: ContextId, ...kinds: Kind[]) => kinds.map((kind) => key(kind, tenant));

  const read = (tenant: ContextId, text: unknown): Promise<Ticket> =>
    readTicket(readRecord(text), tenant, sealing, key("ticket", tenant));

  const write = async (tenant: ContextId, ticket: Ticket): Promise<string> => {
    const place = ticketPlace(key("ticket", tenant), ticket);
    return ticketText(ticket, await sealing.seal(place, ticket.ticket.reveal()));
  };

  return {
    async get(tenant, now) {
      const text = await client.get(key("ticket", tenant));
      if (text === null) return null;
      const record = readRecord(text);
      // An older program's ticket: nobody said how long its addresses hold, and it would not open.
      const isOld = record.addresses_until === undefined;
      if (readWhole(record.expires_at) <= now || isOld) return null;
      return await read(tenant, text);
    },
    async lease(tenant, request): Promise<LeaseAnswer> {
      const [word, value] = await client.run(LEASE, keys(tenant, ...ALL), leaseArgs(request));
      return word === "HIT"
        ? { kind: "hit", ticket: await read(tenant, value) }
        : readWithoutTicket(word, value);
    },
    async publish(tenant, owner, ticket) {
      const call = crypto.randomUUID();
      const text = await write(tenant, ticket);
      const [word] = await client.run(
        PUBLISH,
        keys(tenant, "ticket", "lease"),
        [String(ticket.generation), owner, call, text, String(expiry(ticket.expiresAt))],
      );
      return word === "PUBLISHED" ? "published" : "fenced";
    },
    async refuse(tenant, refused) {
      const { owner, forMs, endsTicket, now } = refused;
      const lives = [expiry(forMs), endsTicket ? REMEMBERED_MS : 0];
      const args = [owner, now, refusalText(refused), ...lives].map(String);
      await client.run(REFUSE, keys(tenant, "lease", "refusal", "ticket"), args);
    },
    async invalidate(tenant) {
      await client.run(INVALIDATE, keys(tenant, ...ALL), [String(REMEMBERED_MS)]);
    },
    async relocate(ticket) {
      const { contextIdentifier: tenant, generation, issuedAt, expiresAt } = ticket;
      const args = [generation, issuedAt, expiresAt, await write(tenant, ticket)].map(String);
      await client.run(RELOCATE, keys(tenant, "ticket"), args);
    },
  };
}

const ALL = ["ticket", "refusal", "lease", "generation", "pace"] as const;

type Kind = typeof ALL[number];

function leaseArgs({ owner, why, leaseMs, replaces, credentials, now }: LeaseRequest): string[] {
  const lives = [expiry(leaseMs), REMEMBERED_MS, expiry(PACE_MS)];
  const pace = [RENEWAL_SPACING_MS, REJECTIONS.count, REJECTIONS.periodMs];
  return [owner, why, leaseMs, replaces ?? 0, credentials, now, ...lives, ...pace].map(String);
}

/** @param word any but `HIT` */
function readWithoutTicket(word: unknown, value: unknown): LeaseAnswer {
  switch (word) {
    case "REFUSED":
      return { kind: "refused", refusal: readRefusal(readRecord(value)) };
    case "LEASE":
      return { kind: "lease", generation: readGeneration(readNumber(value)) };
    case "LATER":
      return { kind: "later", ms: readNumber(value) };
    case "WAIT":
      return { kind: "wait", ms: readNumber(value) };
    case "LIMITED":
      return { kind: "limited", ms: readNumber(value) };
    default:
      return unreadable();
  }
}

function ticketText(ticket: Ticket, sealedTicket: string): string {
  return JSON.stringify({
    generation: ticket.generation,
    ticket: sealedTicket,
    issued_at: ticket.issuedAt,
    expires_at: ticket.expiresAt,
    webapi_url: ticket.webapiUrl,
    netserver_url: ticket.netserverUrl,
    addresses_until: ticket.addressesUntil,
  });
}

function refusalText({ refusal, forMs, credentials, now }: RefusedExchange): string {
  return JSON.stringify({
    refusal_code: refusal.code,
    refusal_reason: refusal.reason,
    refusal_retry_after_seconds: refusal.retryAfterSeconds,
    credentials,
    until: now + forMs,
  });
}

/** For spans and instants alike. Whole, or Redis refuses it. */
function expiry(ms: number): number {
  return Math.ceil(ms) + SLACK_MS;
}
