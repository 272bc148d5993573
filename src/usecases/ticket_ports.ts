/**
 * What the use cases need from the store of tickets that processes share. The same promises hold for
 * every implementation, and the same arithmetic (`domain/renewal.ts`) decides. A store that does not
 * work throws `PartFault`: a throw is never an answer.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { Generation, Ticket } from "../domain/ticket.ts";

/** What a lease request may be answered. */
export type LeaseAnswer =
  /** A stored ticket that the request accepts. */
  | { readonly kind: "hit"; readonly ticket: Ticket }
  /** The asker, alone, may exchange until the lease ends; publishes under this generation. */
  | { readonly kind: "lease"; readonly generation: Generation }
  /** Another holds the lease, for at most so many milliseconds more. */
  | { readonly kind: "wait"; readonly ms: number }
  /** A recent exchange was refused; asking SuperOffice again is pointless until then. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** To a renewal: an exchange was begun lately; not before so many milliseconds. */
  | { readonly kind: "later"; readonly ms: number }
  /** To a rejection: too many of the tenant's tickets were; not before so many milliseconds. */
  | { readonly kind: "limited"; readonly ms: number };

export interface LeaseRequest {
  /** Unguessable name of the asker. The same owner asking again gets the same lease again. */
  readonly owner: string;
  /**
   * `miss`: there is no usable ticket. `renewal`: there is one, and it grows old; keeps its distance
   * to every exchange that was begun before. `rejection`: SuperOffice answered 401 to the one there
   * is; a lease for it is taken from the tenant's budget.
   */
  readonly why: "miss" | "renewal" | "rejection";
  /** Must outlast signing and exchange together. */
  readonly leaseMs: number;
  /**
   * The generation that the asker wants replaced: only a stored ticket of a newer one is a hit. Null
   * accepts any stored ticket, and so does a generation above every one ever given out for the
   * tenant: nobody can have been refused with it.
   */
  readonly replaces: Generation | null;
  /** Short name of all that SuperOffice would be asked with. */
  readonly credentials: string;
  readonly now: number;
}

/** What an exchange came to that brought no ticket. */
export interface RefusedExchange {
  /** Of the lease. */
  readonly owner: string;
  readonly refusal: Refusal;
  /** How long the refusal answers those who would ask with the same `credentials`. Milliseconds. */
  readonly forMs: number;
  readonly credentials: string;
  /** True if the stored ticket must not be handed out any more either. */
  readonly endsTicket: boolean;
  readonly now: number;
}

/**
 * Tickets shared between processes. May forget at any time. Never returns a ticket past its
 * `expiresAt`. Generations of a tenant only grow, also across `invalidate`, for at least a week.
 * While the store is up there is one lease at a time per tenant.
 */
export interface TicketStore {
  get(tenant: ContextId, now: number): Promise<Ticket | null>;
  lease(tenant: ContextId, request: LeaseRequest): Promise<LeaseAnswer>;
  /**
   * Stores a ticket and ends the owner's lease, unless the stored generation (of a ticket or of an
   * invalidation) is not older: then the answer is `fenced` and nothing changes.
   */
  publish(tenant: ContextId, owner: string, ticket: Ticket): Promise<"published" | "fenced">;
  /**
   * Ends the owner's lease and answers lease requests with the refusal. Does nothing if the owner's
   * lease is gone, so a late refusal cannot follow a newer consent.
   */
  refuse(tenant: ContextId, refused: RefusedExchange): Promise<void>;
  /**
   * Forgets everything but the generations, and fences exchanges under way: what they publish later
   * is refused.
   */
  invalidate(tenant: ContextId, now: number): Promise<void>;
  /**
   * Gives the stored ticket of this very generation the addresses of the given one. Does nothing if
   * there is none, or one of another generation.
   */
  relocate(ticket: Ticket): Promise<void>;
}
