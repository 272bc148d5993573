/** How often a tenant's ticket may be exchanged anew although there is one. Pure: time is passed in. */

import type { Rate } from "./rate.ts";

/** Between the last exchange that was begun for a tenant and a renewal behind the answer. */
export const RENEWAL_SPACING_MS = 60_000;

/**
 * Exchanges of one tenant because a caller says that SuperOffice rejected the ticket: thirty at once,
 * then one a minute, over all instances.
 */
export const REJECTIONS: Rate = { count: 30, periodMs: 30 * 60_000 };

/**
 * How long a renewal has to wait. Milliseconds, 0 if not at all; never more than the whole pause,
 * whatever another clock wrote.
 *
 * @param leasedAt when an exchange was last begun; null if nobody knows of one
 */
export function renewalWaitMs(leasedAt: number | null, now: number): number {
  if (leasedAt === null) return 0;
  return Math.max(0, Math.min(leasedAt + RENEWAL_SPACING_MS - now, RENEWAL_SPACING_MS));
}
