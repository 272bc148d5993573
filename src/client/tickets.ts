/** Tickets of a client: remembered for a minute, and asked for once by all who need one at once. */

import { tenantPath } from "./addresses.ts";
import { readTicket } from "./answers.ts";
import { within } from "./deadline.ts";
import { TicketProblem } from "./problem.ts";
import type { Send } from "./requests.ts";
import type { SecretSource, Ticket, TicketRequest } from "./types.ts";

const REMEMBERED_MS = 60_000;
const MAX_TENANTS = 1000;

/**
 * How long others wait for a request that one of them makes. On Workers it dies with the request that
 * it was made for, and whoever waits for it would never hear of it.
 */
const SHARED_MS = 1000;

/** A ticket, or the request of one, until an instant of `performance.now()`. */
interface Known<T> {
  readonly value: T;
  readonly until: number;
}

/** A ticket that somebody asked for. */
export interface Obtained {
  readonly ticket: Ticket;
  /** SuperOffice gave it out for this request: nobody can have met it before. */
  readonly isNew: boolean;
}

/** `TicketClient.ticket`, which says also whether the ticket is new. */
export type Obtain = (contextIdentifier: string, request?: TicketRequest) => Promise<Obtained>;

export interface TicketParts {
  readonly base: URL;
  readonly credential: SecretSource;
  readonly timeoutMs: number;
  readonly send: Send;
}

export function createTickets(parts: TicketParts): Obtain {
  const { timeoutMs } = parts;
  const held = createMemory<Ticket>();
  const flights = createMemory<Promise<Obtained>>();

  const lead = (key: string, path: string, rejected: number | undefined): Promise<Obtained> => {
    const flight = request(parts, key, path, rejected);
    flights.set(key, flight, SHARED_MS);
    flight.then(
      ({ ticket }) => {
        flights.forget(key, flight);
        // An older request may end later. What was rejected gives way to anything.
        const before = held.get(key)?.value.generation ?? 0;
        if (before > ticket.generation && before > (rejected ?? 0)) return;
        // A clock that is wrong makes this shorter, never longer.
        held.set(key, ticket, Math.min(REMEMBERED_MS, ticket.expiresAt.getTime() - Date.now()));
      },
      () => flights.forget(key, flight),
    );
    return flight;
  };

  const obtain = async (
    key: string,
    path: string,
    rejected: number | undefined,
  ): Promise<Obtained> => {
    const isWanted = ({ generation }: Ticket) => rejected === undefined || generation > rejected;
    while (true) {
      const known = held.get(key);
      if (known !== undefined && isWanted(known.value)) {
        return { ticket: known.value, isNew: false };
      }
      const flight = flights.get(key);
      // Whoever comes first asks; the others wait for that.
      if (flight === undefined) return await lead(key, path, rejected);
      const obtained = await beforeInstant(flight.until, flight.value);
      if (obtained !== null && isWanted(obtained.ticket)) return obtained;
    }
  };

  return async (context, { rejectedGeneration, signal } = {}) => {
    const path = `${tenantPath(context)}/ticket`;
    const key = context.toLowerCase();
    const late = () => new TicketProblem("timeout", `There was no ticket within ${timeoutMs} ms.`);
    // The request itself has a deadline of its own: whoever leaves does not end it for the others.
    return await within(timeoutMs, signal, late, () => obtain(key, path, rejectedGeneration));
  };
}

function request(
  { base, credential, timeoutMs, send }: TicketParts,
  context: string,
  path: string,
  rejected: number | undefined,
): Promise<Obtained> {
  const init = rejected === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rejected_generation: rejected }),
  };
  const secrets = [["authorization", "Bearer ", credential]] as const;
  return send(
    { to: "Box Office", url: new URL(path, base), init, secrets, timeoutMs },
    async (answer) => ({
      ticket: await readTicket(answer, context),
      isNew: answer.headers.get("x-ticket-source") === "exchange",
    }),
  );
}

/** @returns null if nothing comes of it until then */
function beforeInstant<T>(until: number, promise: Promise<T>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), Math.max(0, until - performance.now()));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function createMemory<T>() {
  const entries = new Map<string, Known<T>>();
  return {
    get(key: string): Known<T> | undefined {
      const known = entries.get(key);
      if (known === undefined || known.until > performance.now()) return known;
      entries.delete(key);
      return undefined;
    },
    set(key: string, value: T, forMs: number): void {
      entries.delete(key);
      entries.set(key, { value, until: performance.now() + forMs });
      if (entries.size > MAX_TENANTS) entries.delete(entries.keys().next().value!);
    },
    /** Only that value: a newer one stays. */
    forget(key: string, value: T): void {
      if (entries.get(key)?.value === value) entries.delete(key);
    },
  };
}
