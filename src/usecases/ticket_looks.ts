/**
 * When tickets in memory are looked after: behind the answers, or before them where too much time has
 * passed. What cannot be asked is waited for once; until it answers again, nobody is kept waiting.
 */

import type { ContextId } from "../domain/context_id.ts";
import { isWithin } from "../domain/within.ts";
import type { Clock, Log } from "./ports.ts";
import type { TicketCare, Whereabouts } from "./ticket_care.ts";
import type { Flights } from "./ticket_flights.ts";
import type { Held, TicketMemory } from "./ticket_memory.ts";

export interface LooksParts {
  readonly care: TicketCare;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Looks {
  /** @returns what must be waited for before this ticket is handed out; null: nothing */
  of(held: Held, now: number): Promise<unknown> | null;
  /** The same without other processes' changes: for a ticket that was just read. */
  ofAddresses(held: Held, now: number): Promise<Whereabouts | null> | null;
  /** Asks SuperOffice anew, whatever is known. */
  locate(held: Held): Promise<Whereabouts>;
  /** Looks for other processes' changes now, if there is anything in memory. Never throws. */
  hearNews(): Promise<void>;
  /** Drops a tenant's ticket, and lets nobody join its flight. */
  forget(tenant: ContextId): void;
}

/** Other processes' changes are looked for so often, */
const NEWS_DUE_MS = 45_000;
/** and before an answer if they were not for so long: what was ended elsewhere is over within a minute. */
const NEWS_LATE_MS = 60_000;
/** After what failed. */
const AGAIN_MS = 5_000;

export function createLooks(
  { care, clock, log }: LooksParts,
  memory: TicketMemory,
  flights: Flights,
): Looks {
  const forget = (tenant: ContextId): void => {
    // Whoever asks from now on must not get what an older flight brings.
    flights.leave(tenant);
    memory.drop(tenant, clock.now());
  };
  const cared = { memory, forget, leaveAll: () => flights.leaveAll() };
  let heardAt = clock.now();
  /** Null: the last look was answered. */
  let failedAt: number | null = null;
  let news: Promise<void> | null = null;

  const hear = async (): Promise<void> => {
    const began = clock.now();
    try {
      await care.hearNews(cared);
      [heardAt, failedAt] = [began, null];
    } catch (error) {
      failedAt = clock.now();
      log.debug("tickets.no_news", { error });
    } finally {
      news = null;
    }
  };
  const hearNews = (): Promise<void> => {
    if (news === null) {
      news = hear();
      flights.follow(news);
    }
    return news;
  };

  const asked = new Map<Held, Promise<Whereabouts | null>>();
  const ask = (held: Held): Promise<Whereabouts | null> => {
    const present = asked.get(held);
    if (present !== undefined) return present;
    // Ahead of time, or in doubt, what is known is what is to be asked about.
    const anew = clock.now() < held.askFirstAt || held.askFirstAt === -Infinity;
    const asking = care.locate(held, cared, anew)
      .catch((error): null => {
        [held.askAt, held.askFirstAt] = [clock.now() + AGAIN_MS, Infinity];
        log.debug("tickets.not_located", { error });
        return null;
      })
      .finally(() => asked.delete(held));
    asked.set(held, asking);
    flights.follow(asking);
    return asking;
  };

  const ofAddresses: Looks["ofAddresses"] = (held, now) => {
    if (now < held.askAt) return null;
    const isFirst = now >= held.askFirstAt;
    const asking = ask(held);
    return isFirst ? asking : null;
  };

  return {
    forget,
    ofAddresses,
    async locate(held) {
      // One that is under way may go by what is known.
      await asked.get(held);
      held.askFirstAt = held.askAt = -Infinity;
      return await ask(held) ?? { kind: "unsaid" };
    },
    async hearNews() {
      if (memory.all().length > 0) await hearNews();
    },
    of(held, now) {
      let first: Promise<unknown> | null = null;
      if (!isWithin(heardAt, NEWS_DUE_MS, now)) {
        if (failedAt === null) {
          const hearing = hearNews();
          if (!isWithin(heardAt, NEWS_LATE_MS, now)) first = hearing;
        } else if (!isWithin(failedAt, AGAIN_MS, now)) void hearNews();
      }
      if (now < held.askAt) return first;
      const asking = ofAddresses(held, now);
      return first === null || asking === null ? first ?? asking : Promise.all([first, asking]);
    },
  };
}
