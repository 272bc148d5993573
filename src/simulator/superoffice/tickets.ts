/**
 * The tickets a tenant's web services accept. A ticket names a row in that tenant's database; it lives
 * for a while after its last use. Every exchange adds one; nothing limits their number.
 */
import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import { hex } from "./random.ts";

export interface Tickets {
  /** A new ticket, `7T:` and base64 of UTF-16LE `{32 hex};{integer};{CustNNNNN}`. */
  issue(owner: TicketOwner): string;
  /** Whose ticket this is for this app and tenant; the use makes it live its whole life again. */
  use(ticket: string, clientId: string, contextIdentifier: string): string | undefined;
  /** Forgets every ticket of a tenant. Returns how many there were. */
  deleteAll(contextIdentifier: string): number;
  /** How many of a tenant's tickets are alive. */
  count(contextIdentifier: string): number;
}

/**
 * Tickets over the rows of a snapshot. `now` and `lifetime` are in milliseconds; `changed` is called when
 * the rows are worth keeping: not for every use, which would be for every call.
 */
export function createTickets(
  { rows, now, lifetime, changed }: {
    rows: Map<string, TicketRow>;
    now: () => number;
    lifetime: () => number;
    changed: () => void;
  },
): Tickets {
  return {
    issue(owner) {
      const text = `${hex(32)};${randomInt(1, 2 ** 31)};${owner.contextIdentifier}`;
      const ticket = "7T:" + Buffer.from(text, "utf16le").toString("base64");
      rows.set(ticket, { ...owner, until: now() + lifetime() });
      changed();
      return ticket;
    },
    use(ticket, clientId, contextIdentifier) {
      const row = rows.get(ticket);
      if (row?.clientId !== clientId || row.contextIdentifier !== contextIdentifier) {
        return undefined;
      }
      if (now() >= row.until) {
        rows.delete(ticket);
        return undefined;
      }
      const before = row.until;
      row.until = now() + lifetime();
      if (Math.floor(row.until / 60_000) !== Math.floor(before / 60_000)) changed();
      return row.username;
    },
    deleteAll(contextIdentifier) {
      let deleted = 0;
      for (const [ticket, row] of rows) {
        if (row.contextIdentifier === contextIdentifier && rows.delete(ticket)) deleted++;
      }
      if (deleted > 0) changed();
      return deleted;
    },
    count: (contextIdentifier) =>
      [...rows.values()].filter((row) =>
        row.contextIdentifier === contextIdentifier && now() < row.until
      ).length,
  };
}

/** Whom a ticket is for. */
export interface TicketOwner {
  readonly clientId: string;
  readonly contextIdentifier: string;
  readonly username: string;
}

/** A ticket as the tenant's database has it. */
export interface TicketRow extends TicketOwner {
  until: number;
}
