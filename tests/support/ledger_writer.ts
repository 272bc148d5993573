/**
 * One of several processes that write the same ledger, for `ledger_processes_test.ts`: opens the store
 * that its environment names, says that it is ready, waits for SIGUSR1, records many entries without
 * waiting for one before the next, signs checkpoints all the while, and prints what became of it as JSON.
 *
 *     deno run -A tests/support/ledger_writer.ts NAME COUNT
 */

import { createJsonLog } from "../../src/adapters/logging/json_lines.ts";
import { createThreadHost } from "../../src/adapters/signing/kms_host.ts";
import { parseConfig } from "../../src/config.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { openLedger } from "../../src/parts.ts";
import { openStores } from "../../src/parts_stores.ts";
import { systemClock, systemIds } from "../../src/system.ts";
import { createLedger, LedgerFault } from "../../src/usecases/ledger.ts";

/** What a writer prints in the end. */
export interface Written {
  /** Request ids of entries that are durable, as `record` said. */
  readonly recorded: readonly string[];
  /** Request ids of entries of which `record` could not say so. */
  readonly rejected: readonly string[];
  /** Every checkpoint that was signed. */
  readonly notes: readonly string[];
  /** Why checkpoints were not signed, one word each. */
  readonly unsigned: readonly string[];
}

/** Entries that are begun within one turn of the event loop: enough appends to get in each other's way. */
const AT_ONCE = 12;

async function write(name: string, count: number): Promise<Written> {
  const parsed = parseConfig(Deno.env.toObject(), () => null);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const stores = await openStores(parsed.config);
  const log = createJsonLog({ level: "off" });
  const url = new URL("http://localhost");
  const { checkpoints } = await openLedger(parsed.config, url, stores, log, createThreadHost());
  const ledger = createLedger({ store: stores.ledger, clock: systemClock, ids: systemIds, log });
  await checkpoints.key();
  await stores.ledger.head();

  const started = Promise.withResolvers<void>();
  const start = () => started.resolve();
  Deno.addSignalListener("SIGUSR1", start);
  await say("ready");
  await started.promise;
  Deno.removeSignalListener("SIGUSR1", start);

  const [recorded, rejected]: string[][] = [[], []];
  const record = (requestId: string) =>
    ledger.record(
      { requestId, caller: name, contextIdentifier: "Cust12345" },
      { kind: "tenant_removed", reason: "requested" },
    ).then(() => recorded!.push(requestId), (error: unknown) => {
      if (!(error instanceof LedgerFault)) throw error;
      rejected!.push(requestId);
    });
  const pending: Promise<unknown>[] = [];
  let isWriting = true;
  const signing = signAll(() => isWriting, async () => (await checkpoints.current()).note);
  for (let number = 0; number < count; number++) {
    pending.push(record(`${name}-${number}`));
    if (number % AT_ONCE === AT_ONCE - 1) await systemClock.sleep(0);
  }
  await Promise.all(pending);
  isWriting = false;
  const { notes, unsigned } = await signing;
  stores.close();
  return { recorded: recorded!, rejected: rejected!, notes, unsigned };
}

/** One checkpoint after another, and one more when everything is written. */
async function signAll(goesOn: () => boolean, sign: () => Promise<string>) {
  const notes: string[] = [];
  const unsigned: string[] = [];
  for (let isLast = false; !isLast;) {
    isLast = !goesOn();
    try {
      notes.push(await sign());
    } catch (error) {
      if (!(error instanceof PartFault)) throw error;
      unsigned.push(error.reason);
    }
  }
  return { notes, unsigned };
}

async function say(line: string): Promise<void> {
  await new Blob([`${line}\n`]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
}

if (import.meta.main) {
  const [name = "writer", count = "0"] = Deno.args;
  await say(JSON.stringify(await write(name, Number(count))));
}
