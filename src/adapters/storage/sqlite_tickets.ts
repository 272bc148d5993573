/**
 * Tickets in the embedded store: one row per tenant holds ticket, lease, refusal, pace and the two
 * generation numbers, so one row lock decides everything. Publishing is fenced against the stored
 * generation only; a newer lease alone fences nobody, or slow exchanges would chase each other.
 */

import type { ContextId } from "../../domain/context_id.ts";
import { UNUSED, type Usage, use } from "../../domain/rate.ts";
import { REJECTIONS, renewalWaitMs } from "../../domain/renewal.ts";
import type { Generation, Ticket } from "../../domain/ticket.ts";
import type { LeaseAnswer, LeaseRequest, TicketStore } from "../../usecases/ticket_ports.ts";
import {
  readGeneration,
  readRefusal,
  readTicket,
  readWhole,
  readWholeOrNull,
  type Row,
  ticketPlace,
} from "./records.ts";
import type { Sealing } from "./sealing.ts";
import type { Connection } from "./sqlite_connection.ts";

/** Generations are remembered this long after a tenant's last change: far beyond any lifetime. */
const REMEMBERED_MS = 7 * 24 * 60 * 60 * 1000;

/** Expired tickets are removed at most this often. */
const PRUNE_EVERY_MS = 60_000;

/** Tickets outlive their end by this much: another process's clock may be behind. */
const SLACK_MS = 60_000;

/** Makes the ticket store of a connection. Seals tickets. */
export function createSqliteTickets(connection: Connection, sealing: Sealing): TicketStore {
  const sql = prepare(connection);
  const read = (row: Row, tenant: ContextId): Promise<Ticket> =>
    readTicket(row, tenant, sealing, place(tenant));

  const prune = createPruning(sql);
  const { look, grant } = createLeasing(sql, prune);
  const seal = (tenant: ContextId, ticket: Ticket): Promise<string> =>
    sealing.seal(ticketPlace(place(tenant), ticket), ticket.ticket.reveal());

  return {
    async get(tenant, now) {
      const row = await connection.read(() => sql.get.get(tenant));
      return row !== undefined && isLive(row, now) ? await read(row, tenant) : null;
    },
    async lease(tenant, request): Promise<LeaseAnswer> {
      const looked = await connection.read(() => look(tenant, request));
      const seen = isSeen(looked) ? looked : await connection.write(() => grant(tenant, request));
      return seen.kind === "hit" ? { kind: "hit", ticket: await read(seen.row, tenant) } : seen;
    },
    async publish(tenant, owner, ticket) {
      const sealed = await seal(tenant, ticket);
      return await connection.write(() => {
        const stored = sql.get.get(tenant);
        if (stored !== undefined && readWhole(stored.generation) >= ticket.generation) {
          return "fenced";
        }
        const { generation, issuedAt, expiresAt } = ticket;
        const values = [generation, issuedAt, expiresAt, sealed, ...addressesOf(ticket), issuedAt];
        sql.publish.run(tenant, generation, ...values);
        sql.endLease.run(tenant, owner);
        return "published";
      });
    },
    refuse: (tenant, { owner, refusal, forMs, credentials, endsTicket, now }) =>
      connection.write(() => {
        if (endsTicket) sql.endTicket.run(tenant, owner, now);
        const { code, reason, retryAfterSeconds } = refusal;
        const values = [code, reason, retryAfterSeconds, credentials, now + forMs, now];
        sql.refuse.run(...values, tenant, owner, now);
      }),
    invalidate: (tenant, now) =>
      connection.write(() => {
        prune(now);
        const stored = sql.get.get(tenant);
        // Where nothing ever was there is nothing to forget, and no exchange to fence.
        if (stored === undefined) return;
        const generation = nextGeneration(stored);
        sql.invalidate.run(tenant, generation, generation, now);
      }),
    async relocate(ticket) {
      const { contextIdentifier: tenant, generation, issuedAt, expiresAt } = ticket;
      const sealed = await seal(tenant, ticket);
      const values = [sealed, ...addressesOf(ticket), tenant, generation, issuedAt, expiresAt];
      await connection.write(() => void sql.relocate.run(...values));
    },
  };
}

/** @returns what drops from time to time what nobody needs any more */
function createPruning(sql: Statements): (now: number) => void {
  let prunedAt = 0;
  return (now: number): void => {
    if (now < prunedAt + PRUNE_EVERY_MS) return;
    sql.dropExpired.run(now - SLACK_MS);
    sql.dropForgotten.run(now - REMEMBERED_MS);
    prunedAt = now;
  };
}

/** `look` only reads; `grant` wants a transaction of the caller's. */
function createLeasing(sql: Statements, prune: (now: number) => void) {
  /** Everything but a new lease, which alone needs a change. */
  const look = (tenant: ContextId, request: LeaseRequest): Seen | Row | undefined => {
    const row = sql.get.get(tenant);
    if (row === undefined) return undefined;
    const { now, replaces, owner, why, credentials } = request;
    if (isLive(row, now) && !isReplaced(row, replaces)) return { kind: "hit", row };
    if (isLater(row.refused_until, now) && row.refusal_credentials === credentials) {
      return { kind: "refused", refusal: readRefusal(row) };
    }
    const isBusy = isLater(row.lease_until, now);
    if (isBusy && row.lease_owner === owner) {
      return { kind: "lease", generation: readGeneration(row.lease_generation) };
    }
    const pause = why === "renewal" ? renewalWaitMs(readWholeOrNull(row.leased_at), now) : 0;
    if (pause > 0) return { kind: "later", ms: pause };
    return isBusy ? { kind: "wait", ms: readWhole(row.lease_until) - now } : row;
  };

  const grant = (tenant: ContextId, request: LeaseRequest): Seen => {
    prune(request.now);
    const seen = look(tenant, request);
    if (isSeen(seen)) return seen;
    const { owner, now, leaseMs, why } = request;
    let usage = usageOf(seen);
    if (why === "rejection") {
      const used = use(REJECTIONS, usage, now);
      if (used.waitMs > 0) return { kind: "limited", ms: used.waitMs };
      usage = used.usage;
    }
    const generation = readGeneration(nextGeneration(seen));
    const lease = [owner, generation, now + leaseMs];
    sql.lease.run(tenant, generation, ...lease, now, usage.at, usage.used, now);
    return { kind: "lease", generation };
  };

  return { look, grant };
}

/** Where a secret of the tenant is sealed to, before what stands beside it. */
export function place(tenant: ContextId): string {
  return `tickets/${tenant}`;
}

/** In the order of the statements. */
function addressesOf({ webapiUrl, netserverUrl, addressesUntil }: Ticket): (string | number)[] {
  return [webapiUrl, netserverUrl, addressesUntil];
}

/** Not newer than the one that was rejected, which must be one that was given out. */
function isReplaced(row: Row, replaces: Generation | null): boolean {
  return replaces !== null && readWhole(row.generation) <= replaces &&
    replaces <= readWhole(row.counter);
}

function isLater(until: unknown, now: number): boolean {
  return until !== null && readWhole(until) > now;
}

/** An answer whose ticket is not opened yet: that takes longer than a transaction should. */
type Seen =
  | Exclude<LeaseAnswer, { readonly kind: "hit" }>
  | { readonly kind: "hit"; readonly row: Row };

function isSeen(seen: Seen | Row | undefined): seen is Seen {
  return seen !== undefined && "kind" in seen;
}

function isLive(row: Row, now: number): boolean {
  return row.ticket !== null && readWhole(row.expires_at) > now;
}

function nextGeneration(row: Row | undefined): number {
  // Publishing keeps the counter at least as high as the stored generation.
  return row === undefined ? 1 : readWhole(row.counter) + 1;
}

/** What the tenant's budget of rejections has been used. */
function usageOf(row: Row | undefined): Usage {
  const at = row === undefined ? null : readWholeOrNull(row.rejections_at);
  return at === null ? UNUSED : { at, used: readWhole(row?.rejections_used) };
}

const NO_TICKET = `ticket = NULL, issued_at = NULL, expires_at = NULL, webapi_url = NULL,
  netserver_url = NULL, addresses_until = NULL`;

type Statements = ReturnType<typeof prepare>;

function prepare(connection: Connection) {
  return {
    get: connection.prepare("SELECT * FROM tickets WHERE context_identifier = ?"),
    lease: connection.prepare(`
      INSERT INTO tickets (context_identifier, counter, generation,
        lease_owner, lease_generation, lease_until, leased_at, rejections_at, rejections_used,
        touched_at)
      VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (context_identifier) DO UPDATE SET counter = excluded.counter,
        lease_owner = excluded.lease_owner, lease_generation = excluded.lease_generation,
        lease_until = excluded.lease_until, leased_at = excluded.leased_at,
        rejections_at = excluded.rejections_at, rejections_used = excluded.rejections_used,
        touched_at = excluded.touched_at`),
    publish: connection.prepare(`
      INSERT INTO tickets (context_identifier, counter, generation, issued_at, expires_at, ticket,
        webapi_url, netserver_url, addresses_until, touched_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (context_identifier) DO UPDATE SET counter = max(counter, excluded.counter),
        generation = excluded.generation, issued_at = excluded.issued_at,
        expires_at = excluded.expires_at, ticket = excluded.ticket,
        webapi_url = excluded.webapi_url, netserver_url = excluded.netserver_url,
        addresses_until = excluded.addresses_until,
        touched_at = max(touched_at, excluded.touched_at)`),
    // All that a sealed ticket is bound to is asked for: what does not fit it would never open.
    relocate: connection.prepare(`
      UPDATE tickets SET ticket = ?, webapi_url = ?, netserver_url = ?, addresses_until = ?
      WHERE context_identifier = ? AND generation = ? AND issued_at = ? AND expires_at = ?
        AND ticket IS NOT NULL`),
    endLease: connection.prepare(`
      UPDATE tickets SET lease_owner = NULL, lease_generation = NULL, lease_until = NULL
      WHERE context_identifier = ? AND lease_owner = ?`),
    endTicket: connection.prepare(`
      UPDATE tickets SET generation = max(generation, lease_generation), ${NO_TICKET}
      WHERE context_identifier = ? AND lease_owner = ? AND lease_until > ?`),
    refuse: connection.prepare(`
      UPDATE tickets SET refusal_code = ?, refusal_reason = ?, refusal_retry_after_seconds = ?,
        refusal_credentials = ?, refused_until = ?, touched_at = ?,
        lease_owner = NULL, lease_generation = NULL, lease_until = NULL
      WHERE context_identifier = ? AND lease_owner = ? AND lease_until > ?`),
    invalidate: connection.prepare(`
      INSERT INTO tickets (context_identifier, counter, generation, touched_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (context_identifier) DO UPDATE SET counter = excluded.counter,
        generation = excluded.generation, touched_at = excluded.touched_at,
        ${NO_TICKET}, lease_owner = NULL, lease_generation = NULL, lease_until = NULL,
        refusal_code = NULL, refusal_reason = NULL, refusal_retry_after_seconds = NULL,
        refusal_credentials = NULL, refused_until = NULL, leased_at = NULL,
        rejections_at = NULL, rejections_used = NULL`),
    dropExpired: connection.prepare(`
      UPDATE tickets SET ${NO_TICKET} WHERE ticket IS NOT NULL AND expires_at <= ?`),
    dropForgotten: connection.prepare(
      "DELETE FROM tickets WHERE touched_at <= ? AND ticket IS NULL",
    ),
  };
}
