/**
 * What a ticket store must answer, told from the history of one tenant: whole lists of what happened,
 * no folded state, so that it is another telling than the stores' own.
 */

import { REJECTIONS } from "../../../src/domain/renewal.ts";
import type { ContextId } from "../../../src/domain/context_id.ts";
import type { Generation, Ticket } from "../../../src/domain/ticket.ts";
import type { LeaseRequest } from "../../../src/usecases/ticket_ports.ts";
import { NOW } from "./samples.ts";

const MINUTE = 60_000;

interface Lease {
  readonly owner: string;
  readonly generation: number;
  readonly until: number;
  isOver: boolean;
}

/** What the model expects of a lease request. */
export type Expected =
  | { readonly kind: "hit" | "lease"; readonly generation: number }
  | { readonly kind: "wait" | "later" | "limited"; readonly ms: number }
  | { readonly kind: "refused" };

export interface Model {
  now: number;
  readonly tenant: ContextId;
  /** Every lease ever granted, oldest first. */
  readonly leases: Lease[];
  /** Tickets that were published, by generation, with the addresses they were given since. */
  readonly tickets: Map<number, Ticket>;
  /** Every generation that stands or stood in the ticket's place: a publish must be newer. */
  readonly stored: number[];
  /** Every generation ever given out, to leases and invalidations. */
  readonly given: number[];
  refusal: { readonly credentials: string; readonly until: number } | null;
  /** Since the last invalidation: when leases were granted, and which of them for a rejection. */
  leasedAt: number[];
  rejectedAt: number[];
}

export function createModel(tenant: ContextId): Model {
  return {
    now: NOW,
    tenant,
    leases: [],
    tickets: new Map(),
    stored: [],
    given: [],
    refusal: null,
    leasedAt: [],
    rejectedAt: [],
  };
}

export const newest = (generations: readonly number[]): number => Math.max(0, ...generations);

/** The ticket that may be handed out now, or null. */
export function liveTicket({ tickets, stored, now }: Model): Ticket | null {
  const ticket = tickets.get(newest(stored));
  return ticket !== undefined && ticket.expiresAt > now ? ticket : null;
}

export function liveLease({ leases, now }: Model): Lease | undefined {
  return leases.findLast((lease) => !lease.isOver && lease.until > now);
}

/** So many at once and one a minute: no stretch of time holds more, whichever grant it begins with. */
function isWithinBudget(rejectedAt: readonly number[], now: number): boolean {
  return rejectedAt.every((from, index) =>
    rejectedAt.length - index + 1 <= REJECTIONS.count + (now - from) / MINUTE
  );
}

/** The first instant from now on, to the millisecond, that the budget allows one more. */
function budgetWaitMs(rejectedAt: readonly number[], now: number): number {
  const least = rejectedAt.map((from, index) =>
    from + (rejectedAt.length - index + 1 - REJECTIONS.count) * MINUTE - now
  );
  return Math.max(0, ...least);
}

export function expectLease(
  model: Model,
  { owner, why, replaces, credentials }: Pick<
    LeaseRequest,
    "owner" | "why" | "replaces" | "credentials"
  >,
): Expected {
  const { now, refusal } = model;
  const ticket = liveTicket(model)?.generation ?? null;
  const wasGiven = (generation: Generation) =>
    generation <= newest([...model.given, ...model.stored]);
  if (ticket !== null && (replaces === null || ticket > replaces || !wasGiven(replaces))) {
    return { kind: "hit", generation: ticket };
  }
  if (refusal !== null && refusal.until > now && refusal.credentials === credentials) {
    return { kind: "refused" };
  }
  const held = liveLease(model);
  if (held?.owner === owner) return { kind: "lease", generation: held.generation };
  const last = model.leasedAt.at(-1);
  if (why === "renewal" && last !== undefined && now - last < MINUTE) {
    return { kind: "later", ms: last + MINUTE - now };
  }
  if (held !== undefined) return { kind: "wait", ms: held.until - now };
  if (why === "rejection" && !isWithinBudget(model.rejectedAt, now)) {
    return { kind: "limited", ms: budgetWaitMs(model.rejectedAt, now) };
  }
  return { kind: "lease", generation: newest([...model.given, ...model.stored]) + 1 };
}
