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
}

/** An empty store of tickets. Both functions answer in milliseconds. */
export function createTickets(now: () => number, lifetime: () => number): Tickets {
  const rows = new Map<string, Row>();
  return {
    issue(owner) {
      const text = `${hex(32)};${randomInt(1, 2 ** 31)};${owner.contextIdentifier}`;
      const ticket = "7T:" + Buffer.from(text, "utf16le").toString("base64");
      rows.set(ticket, { ...owner, until: now() + lifetime() });
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
      row.until = now() + lifetime();
      return row.username;
    },
    deleteAll(contextIdentifier) {
      let deleted = 0;
      for (const [ticket, row] of rows) {
        if (row.contextIdentifier === contextIdentifier && rows.delete(ticket)) deleted++;
      }
      return deleted;
    },
  };
}

/** Whom a ticket is for. */
export interface TicketOwner {
  readonly clientId: string;
  readonly contextIdentifier: string;
  readonly username: string;
}

interface Row extends TicketOwner {
  until: number;
}
