/**
 * Tickets in the embedded store: one row per tenant holds ticket, lease, refusal and the two
 * generation numbers, so one row lock decides everything. Publishing is fenced against the stored
 * generation only; a newer lease alone fences nobody, or slow exchanges would chase each other.
 */

import type { ContextId } from "../../domain/context_id.ts";
import type { Generation, Ticket } from "../../domain/ticket.ts";
import type { LeaseAnswer, LeaseRequest, TicketStore } from "../../usecases/ports.ts";
import {
  readGeneration,
  readRefusal,
  readTicket,
  readWhole,
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
  const readLive = (row: Row | undefined, tenant: ContextId, now: number): Ticket | null => {
    if (row === undefined || row.ticket === null || readWhole(row.expires_at) <= now) return null;
    return readTicket(row, tenant, sealing, place(tenant));
  };

  let prunedAt = 0;
  const prune = (now: number): void => {
    if (now < prunedAt + PRUNE_EVERY_MS) return;
    sql.dropExpired.run(now - SLACK_MS);
    sql.dropForgotten.run(now - REMEMBERED_MS);
    prunedAt = now;
  };

  /** Everything but a new lease, which alone needs a change. */
  const look = (tenant: ContextId, request: LeaseRequest): LeaseAnswer | Row | undefined => {
    const row = sql.get.get(tenant);
    if (row === undefined) return undefined;
    const { now, replaces, owner } = request;
    const ticket = isReplaced(row, replaces) ? null : readLive(row, tenant, now);
    if (ticket !== null) return { kind: "hit", ticket };
    if (isLater(row.refused_until, now)) return { kind: "refused", refusal: readRefusal(row) };
    if (!isLater(row.lease_until, now)) return row;
    if (row.lease_owner === owner) {
      return { kind: "lease", generation: readGeneration(row.lease_generation) };
    }
    return { kind: "wait", ms: readWhole(row.lease_until) - now };
  };

  const grant = (tenant: ContextId, request: LeaseRequest): LeaseAnswer => {
    prune(request.now);
    const seen = look(tenant, request);
    if (isAnswer(seen)) return seen;
    const generation = readGeneration(nextGeneration(seen));
    const { owner, now, leaseMs } = request;
    sql.lease.run(tenant, generation, owner, generation, now + leaseMs, now);
    return { kind: "lease", generation };
  };

  return {
    get: (tenant, now) => connection.read(() => readLive(sql.get.get(tenant), tenant, now)),
    async lease(tenant, request) {
      const seen = await connection.read(() => look(tenant, request));
      return isAnswer(seen) ? seen : connection.write(() => grant(tenant, request));
    },
    publish: (tenant, owner, ticket) =>
      connection.write(() => {
        const stored = sql.get.get(tenant);
        if (stored !== undefined && readWhole(stored.generation) >= ticket.generation) {
          return "fenced";
        }
        const sealed = sealing.seal(ticketPlace(place(tenant), ticket), ticket.ticket.reveal());
        const { generation, issuedAt, expiresAt, webapiUrl, netserverUrl } = ticket;
        const values = [generation, sealed, issuedAt, expiresAt, webapiUrl, netserverUrl, issuedAt];
        sql.publish.run(tenant, generation, ...values);
        sql.endLease.run(tenant, owner);
        return "published";
      }),
    refuse: (tenant, owner, refusal, forMs, now) =>
      connection.write(() => {
        const { code, reason, retryAfterSeconds } = refusal;
        sql.refuse.run(code, reason, retryAfterSeconds, now + forMs, now, tenant, owner, now);
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
  };
}

function place(tenant: ContextId): string {
  return `tickets/${tenant}`;
}

/** Not newer than the one that was rejected, which must be one that was given out. */
function isReplaced(row: Row, replaces: Generation | null): boolean {
  return replaces !== null && readWhole(row.generation) <= replaces &&
    replaces <= readWhole(row.counter);
}

function isLater(until: unknown, now: number): boolean {
  return until !== null && readWhole(until) > now;
}

function isAnswer(seen: LeaseAnswer | Row | undefined): seen is LeaseAnswer {
  return seen !== undefined && "kind" in seen;
}

function nextGeneration(row: Row | undefined): number {
  // Publishing keeps the counter at least as high as the stored generation.
  return row === undefined ? 1 : readWhole(row.counter) + 1;
}

function prepare(connection: Connection) {
  return {
    get: connection.prepare("SELECT * FROM tickets WHERE context_identifier = ?"),
    lease: connection.prepare(`
      INSERT INTO tickets (context_identifier, counter, generation,
        lease_owner, lease_generation, lease_until, touched_at)
      VALUES (?, ?, 0, ?, ?, ?, ?)
      ON CONFLICT (context_identifier) DO UPDATE SET counter = excluded.counter,
        lease_owner = excluded.lease_owner, lease_generation = excluded.lease_generation,
        lease_until = excluded.lease_until, touched_at = excluded.touched_at`),
    publish: connection.prepare(`
      INSERT INTO tickets (context_identifier, counter, generation, ticket, issued_at, expires_at,
        webapi_url, netserver_url, touched_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (context_identifier) DO UPDATE SET counter = max(counter, excluded.counter),
        generation = excluded.generation, ticket = excluded.ticket,
        issued_at = excluded.issued_at, expires_at = excluded.expires_at,
        webapi_url = excluded.webapi_url, netserver_url = excluded.netserver_url,
        touched_at = max(touched_at, excluded.touched_at)`),
    endLease: connection.prepare(`
      UPDATE tickets SET lease_owner = NULL, lease_generation = NULL, lease_until = NULL
      WHERE context_identifier = ? AND lease_owner = ?`),
    refuse: connection.prepare(`
      UPDATE tickets SET refusal_code = ?, refusal_reason = ?, refusal_retry_after_seconds = ?,
        refused_until = ?, touched_at = ?,
        lease_owner = NULL, lease_generation = NULL, lease_until = NULL
      WHERE context_identifier = ? AND lease_owner = ? AND lease_until > ?`),
    invalidate: connection.prepare(`
      INSERT INTO tickets (context_identifier, counter, generation, touched_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (context_identifier) DO UPDATE SET counter = excluded.counter,
        generation = excluded.generation, touched_at = excluded.touched_at,
        ticket = NULL, issued_at = NULL, expires_at = NULL, webapi_url = NULL,
        netserver_url = NULL, lease_owner = NULL, lease_generation = NULL, lease_until = NULL,
        refusal_code = NULL, refusal_reason = NULL, refusal_retry_after_seconds = NULL,
        refused_until = NULL`),
    dropExpired: connection.prepare(`
      UPDATE tickets SET ticket = NULL, issued_at = NULL, expires_at = NULL, webapi_url = NULL,
        netserver_url = NULL
      WHERE ticket IS NOT NULL AND expires_at <= ?`),
    dropForgotten: connection.prepare(
      "DELETE FROM tickets WHERE touched_at <= ? AND ticket IS NULL",
    ),
  };
}
