/**
 * When tickets in memory are looked after: behind the answers, or before them where too much time has
 * passed. What cannot be asked is waited for once; until it answers again, nobody is kept waiting.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Ticket } from "../domain/ticket.ts";
import { isWithin } from "../domain/within.ts";
import type { Clock, Log } from "./ports.ts";
import type { Cared, TicketCare, Whereabouts } from "./ticket_care.ts";
import type { Flights } from "./ticket_flights.ts";
import { doubt, type Held, heldOf, isDoubted, putOff, type TicketMemory } from "./ticket_memory.ts";

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
  /** What is looked after in place of this ticket: the one in memory, if it is of its generation. */
  heldFor(ticket: Ticket): Held;
  /** Asks SuperOffice anew, whatever is known, unless others have learnt of a move a moment ago. */
  locate(ticket: Ticket): Promise<Whereabouts>;
  /**
   * The ticket in memory is located before it is handed out again.
   *
   * @param pauseMs not if it was so short a time ago
   */
  doubt(tenant: ContextId, pauseMs: number): void;
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

export function createLooks(parts: LooksParts, memory: TicketMemory, flights: Flights): Looks {
  const { clock } = parts;
  const forget = (tenant: ContextId): void => {
    // Whoever asks from now on must not get what an older flight brings.
    flights.leave(tenant);
    memory.drop(tenant, clock.now());
  };
  const cared = { memory, forget, leaveAll: () => flights.leaveAll() };
  const news = createNews(parts, cared, flights);
  const { ofAddresses, locate } = createLocating(parts, cared, flights);

  const heldFor = (ticket: Ticket): Held => {
    const present = memory.get(ticket.contextIdentifier);
    return present?.ticket.generation === ticket.generation ? present : heldOf(ticket);
  };

  return {
    forget,
    ofAddresses,
    heldFor,
    async locate(ticket) {
      const held = heldFor(ticket);
      const isElsewhere = () => held.ticket.webapiUrl !== ticket.webapiUrl;
      if (isElsewhere()) return { kind: "moved", ticket: held.ticket };
      const found = await locate(held);
      const isNews = found.kind === "here" && isElsewhere();
      return isNews ? { kind: "moved", ticket: held.ticket } : found;
    },
    doubt(tenant, pauseMs) {
      const held = memory.get(tenant);
      if (held !== undefined && !isWithin(held.askedAt, pauseMs, clock.now())) doubt(held);
    },
    async hearNews() {
      if (!memory.isEmpty()) await news.hear();
    },
    of(held, now) {
      const first = news.of(now);
      const asking = ofAddresses(held, now);
      return first === null || asking === null ? first ?? asking : Promise.all([first, asking]);
    },
  };
}

/** Other processes' changes, of all tenants at once. */
function createNews({ care, clock, log }: LooksParts, cared: Cared, flights: Flights) {
  let heardAt = clock.now();
  /** Null: the last look was answered. */
  let failedAt: number | null = null;
  let hearing: Promise<void> | null = null;

  const listen = async (): Promise<void> => {
    const began = clock.now();
    try {
      await care.hearNews(cared);
      [heardAt, failedAt] = [began, null];
    } catch (error) {
      failedAt = clock.now();
      log.debug("tickets.no_news", { error });
    } finally {
      hearing = null;
    }
  };

  /** Never rejects. */
  const hear = (): Promise<void> => {
    if (hearing === null) {
      hearing = listen();
      flights.follow(hearing);
    }
    return hearing;
  };

  return {
    hear,
    /** @returns what must be waited for; null: nothing */
    of(now: number): Promise<void> | null {
      if (isWithin(heardAt, NEWS_DUE_MS, now)) return null;
      if (failedAt !== null) {
        if (!isWithin(failedAt, AGAIN_MS, now)) void hear();
        return null;
      }
      const heard = hear();
      return isWithin(heardAt, NEWS_LATE_MS, now) ? null : heard;
    },
  };
}

/** Where one ticket's tenant is: asked once at a time. */
function createLocating({ care, clock, log }: LooksParts, cared: Cared, flights: Flights) {
  const asked = new Map<Held, Promise<Whereabouts | null>>();

  /** Null: it failed. */
  const ask = (held: Held): Promise<Whereabouts | null> => {
    const present = asked.get(held);
    if (present !== undefined) return present;
    // Ahead of time, or in doubt, what is known is what is to be asked about.
    const anew = clock.now() < held.askFirstAt || isDoubted(held);
    const asking = care.locate(held, cared, anew)
      .catch((error): null => {
        putOff(held, clock.now() + AGAIN_MS);
        log.debug("tickets.not_located", { error });
        return null;
      })
      .finally(() => asked.delete(held));
    asked.set(held, asking);
    flights.follow(asking);
    return asking;
  };

  return {
    ofAddresses(held: Held, now: number): Promise<Whereabouts | null> | null {
      if (now < held.askAt) return null;
      const isFirst = now >= held.askFirstAt;
      const asking = ask(held);
      return isFirst ? asking : null;
    },
    async locate(held: Held): Promise<Whereabouts> {
      // One that is under way may go by what is known.
      await asked.get(held);
      doubt(held);
      return await ask(held) ?? { kind: "unsaid" };
    },
  };
}
