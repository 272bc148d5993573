/**
 * A system user ticket and the windows of its life. Pure: the instant is always passed in.
 *
 *     issued ── fresh ──► renewAt ── usable ──► unusableAt ── dead ──► expiresAt
 *
 * SuperOffice's tickets slide: each use grants the full lifetime again. `expiresAt` is therefore a
 * lower bound, counted from the exchange.
 */

import type { ContextId } from "./context_id.ts";
import type { Secret } from "./secret.ts";

declare const brand: unique symbol;

/** Number of a ticket within its tenant: grows with each exchange, never repeats. */
export type Generation = number & { readonly [brand]: "Generation" };

export const Generation = {
  /** @returns the generation, or null unless the value is a whole number from 1. */
  parse(value: unknown): Generation | null {
    return Number.isSafeInteger(value) && (value as number) >= 1 ? value as Generation : null;
  },
};

/** A ticket as handed out. Instants are milliseconds since the epoch. */
export interface Ticket {
  readonly contextIdentifier: ContextId;
  readonly ticket: Secret;
  readonly generation: Generation;
  readonly issuedAt: number;
  /** Lower bound: use extends a ticket's life on SuperOffice's side. */
  readonly expiresAt: number;
  readonly webapiUrl: string;
  readonly netserverUrl: string;
  /** Until then the addresses hold, says SuperOffice. Milliseconds since the epoch. */
  readonly addressesUntil: number;
}

/** Part of the lifetime after which a ticket is renewed behind the answer. */
const FRESH_PART = 0.8;

/** A process renews up to so much of the lifetime earlier or later, so that not all renew at once. */
const MAX_SHIFT = 0.05;

/** A ticket this close to its end is not handed out: a caller must still be able to use it. */
const MARGIN_MS = 60_000;

/** For very short lifetimes (tests, odd tenants) the margin may not eat the whole life. */
const MARGIN_PART = 0.1;

/**
 * What one process adds to the part of the lifetime after which it renews.
 *
 * @param random from 0 to 1, drawn once
 * @returns -0.05 to 0.05: every ticket is usable for another twentieth of its life after it
 */
export function renewalShift(random: number): number {
  return (2 * random - 1) * MAX_SHIFT;
}

/**
 * True while the ticket needs no renewal.
 *
 * @param shift this process's `renewalShift`
 */
export function isFresh(ticket: Ticket, shift: number, now: number): boolean {
  return now < ticket.issuedAt + (FRESH_PART + shift) * (ticket.expiresAt - ticket.issuedAt);
}

/** True while the ticket may be handed out. */
export function isUsable(ticket: Ticket, now: number): boolean {
  const margin = Math.min(MARGIN_MS, MARGIN_PART * (ticket.expiresAt - ticket.issuedAt));
  return now < ticket.expiresAt - margin;
}
