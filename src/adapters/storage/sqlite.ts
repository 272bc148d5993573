/**
 * The embedded store: everything in one SQLite file, shared by the processes of one machine. Not
 * for network file systems, where SQLite's locks do not hold.
 */

import { createCredentialNotes } from "./credential_notes.ts";
import { createLateResealing } from "./resealing.ts";
import type { Sealing } from "./sealing.ts";
import { openConnection } from "./sqlite_connection.ts";
import { createSqliteConsents } from "./sqlite_consents.ts";
import { createSqliteLedger } from "./sqlite_ledger.ts";
import { createSqliteNotices } from "./sqlite_notices.ts";
import { createSqliteTenants } from "./sqlite_tenants.ts";
import { createSqliteTickets } from "./sqlite_tickets.ts";
import type { Stores } from "./stores.ts";

export interface SqliteOptions {
  /** A file, made if missing, or `:memory:` for a store that ends with `close`. */
  readonly path: string;
  readonly sealing: Sealing;
  /** Environment and application. The file keeps its first owner and refuses every other. */
  readonly owner: string;
  /** How long a call waits, blocking, for another process's transaction. Two seconds if not set. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the embedded store. Calls fail with PartFault `busy` when another process holds the file
 * for too long, `full` when the disk is full, `command` for anything else.
 *
 * @throws PartFault if the file cannot be used, Error if a newer version of the program wrote it or
 * it is another owner's
 */
export function openSqlite(
  { path, sealing, owner, busyTimeoutMs = 2_000 }: SqliteOptions,
): Stores {
  const connection = openConnection(path, owner, busyTimeoutMs);
  const probe = connection.prepare("SELECT size FROM ledger_head");
  const ledger = createSqliteLedger(connection);
  return {
    tenants: createSqliteTenants(connection, sealing),
    tickets: createSqliteTickets(connection, sealing),
    ledger,
    consents: createSqliteConsents(connection, sealing),
    credentials: createCredentialNotes(ledger),
    notices: createSqliteNotices(connection, sealing),
    usage: null,
    probe: {
      name: "store",
      check: () => connection.read(() => void probe.get()),
    },
    resealing: createLateResealing(
      sealing.keyIds,
      async () =>
        (await import("./sqlite_resealing.ts")).createSqliteResealing(connection, sealing),
    ),
    close: () => connection.close(),
  };
}
