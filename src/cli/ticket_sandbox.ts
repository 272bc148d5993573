/**
 * The sandbox's SuperOffice lives in the service's own process, where no command can reach it. This is a
 * copy of it, as the service last saved it, for an exchange that can be watched: what it issues is good
 * at the copy only, so nothing of it gets into the service's store. The ledger's entries do: the key
 * is the service's, and was used.
 */

import { createSealing } from "../adapters/storage/sealing.ts";
import type { OpenedBooks } from "./stores.ts";
import type { TicketWorld } from "./ticket_parts.ts";
import { isFile } from "../parts_stores.ts";
import { print } from "../print.ts";
import { UsageFault } from "../usage_fault.ts";

export interface EnteredSandbox {
  readonly world: TicketWorld;
  close(): Promise<void>;
}

/** Starts the copy. @throws UsageFault if the sandbox never ran here */
export async function enterSandbox({ config, stores }: OpenedBooks): Promise<EnteredSandbox> {
  if (!isFile(config, "simulator.json")) {
    throw new UsageFault("Cannot exchange: the sandbox never ran with this DATA_DIR");
  }
  const [{ startSandbox }, { openSqlite }] = await Promise.all([
    import("../sandbox.ts"),
    import("../adapters/storage/sqlite.ts"),
  ]);
  print.error(
    "Sandbox: SuperOffice is simulated inside the service. This exchange is with a copy of",
  );
  print.error("it, made for this command: its ticket is good nowhere else and is not stored.");
  const key = crypto.getRandomValues(new Uint8Array(32));
  const sealing = createSealing([{ id: "copy", key }]);
  const scratch = openSqlite({ path: ":memory:", sealing, owner: "copy" });
  try {
    const { superoffice, close } = await startSandbox(config, true);
    return {
      world: {
        // How the tenant does at a copy is no news of the tenant.
        tenants: { ...stores.tenants, mark: () => Promise.resolve(true) },
        store: scratch.tickets,
        superoffice,
      },
      async close() {
        await close();
        scratch.close();
      },
    };
  } catch (error) {
    scratch.close();
    const isDamaged = error instanceof Error && error.message.includes("simulator.json");
    throw isDamaged ? new UsageFault(error.message) : error;
  }
}
