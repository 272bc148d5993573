/** Commands that read the configured ledger: key, checkpoint, export, archive, receipt. */

import { createJsonLog } from "../adapters/logging/json_lines.ts";
import { createThreadHost, type KmsHost } from "../adapters/signing/kms_host.ts";
import { createTileFolder } from "../adapters/tiles/folder.ts";
import { badText } from "./files.ts";
import type { Config } from "../config.ts";
import { readUnverified } from "../domain/checkpoint.ts";
import { ContextId } from "../domain/context_id.ts";
import { PartFault } from "../domain/part_fault.ts";
import type { ReconciliationSummary } from "../domain/reconciliation.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { requireConfig } from "../main.ts";
import { type LedgerParts, missingKeyFile, openLedger, readLedgerKey } from "../parts.ts";
import { commandAccess } from "../parts_google.ts";
import { hasStore, openStores } from "../parts_stores.ts";
import { print } from "../print.ts";
import { systemClock } from "../system.ts";
import { type ArchiveAnswer, createArchive } from "../usecases/archive.ts";
import type { LedgerStore } from "../usecases/ports.ts";
import { makeReceipt } from "../usecases/receipts.ts";
import { UsageFault } from "../usage_fault.ts";

/** The configured ledger: its readers' parts, and the store without its archive. */
export interface OpenedLedger extends LedgerParts {
  readonly unarchived: LedgerStore;
}

/** Does something with the configured ledger and lets go of it. */
export async function withLedger<T>(deed: (ledger: OpenedLedger) => Promise<T>): Promise<T> {
  const config = requireConfig();
  // Reading must not make what it reads: an auditor's folder stays as it was.
  if (!hasStore(config)) throw new UsageFault("Cannot read the ledger: no store under DATA_DIR");
  const missing = missingKeyFile(config);
  if (missing !== null) {
    throw new UsageFault(`Cannot read the ledger: no ${missing} under DATA_DIR`);
  }
  const stores = await openStores(config);
  try {
    const log = createJsonLog({ level: "error" });
    const parts = await openLedger(config, publicUrlOf(config), stores, log, hostFor(config));
    await requireOwnName(stores.ledger, parts.origin);
    return await deed({ ...parts, unarchived: stores.ledger });
  } catch (error) {
    if (!(error instanceof PartFault) || error.reason !== "archived") throw error;
    throw new UsageFault("Cannot read the ledger: LEDGER_ARCHIVE must name its archive's folder");
  } finally {
    stores.close();
  }
}

/**
 * Another shell's PORT or PUBLIC_URL would make another log of it in the eyes of every auditor.
 *
 * @param origin what it would be called
 * @throws UsageFault
 */
export async function requireOwnName(store: LedgerStore, origin: string): Promise<void> {
  const note = await store.note("checkpoint");
  const name = note === null ? origin : readUnverified(note)?.origin ?? origin;
  if (name === origin) return;
  throw new UsageFault(
    `Cannot use the ledger as ${origin}: its checkpoints are signed as ${name}; give the command the service's PUBLIC_URL or LEDGER_ORIGIN`,
  );
}

/** Where Google's client runs, for a ledger key in Cloud KMS. */
function hostFor({ google }: Config): KmsHost {
  return createThreadHost(commandAccess(google));
}

/** Where browsers find the service. */
export function publicUrlOf(config: Config): URL {
  return config.publicUrl ?? new URL(`http://localhost:${config.port}`);
}

/** The configured log's verifier key. @throws UsageFault if it is yet to be made */
export async function configuredKey(): Promise<string> {
  const config = requireConfig();
  const key = await readLedgerKey(config, publicUrlOf(config), hostFor(config));
  if (key === null) throw new UsageFault("Cannot read the ledger key: none under DATA_DIR yet");
  return key;
}

/** Prints the verifier key. */
export async function printKey(): Promise<number> {
  print.line(await configuredKey());
  return 0;
}

/** Prints a signed checkpoint. */
export async function printCheckpoint(): Promise<number> {
  return await withLedger(async ({ checkpoints }) => {
    try {
      print.line((await checkpoints.current()).note.trimEnd());
      return 0;
    } catch (error) {
      if (!(error instanceof PartFault) && !(error instanceof SignerFault)) throw error;
      if (error.reason !== "inconsistent") {
        throw new UsageFault("Cannot sign a checkpoint: store or ledger key does not answer");
      }
      print.error("BAD: the stored log does not continue its last checkpoint. Nothing was signed.");
      return 1;
    }
  });
}

export interface ExportOptions {
  readonly after?: number;
  readonly tiles?: string;
  readonly checkpoint?: string;
}

/** Prints the entries after an index, or copies the whole log as tiles. */
export async function exportLedger({ after, tiles, checkpoint }: ExportOptions): Promise<number> {
  if (tiles !== undefined) return await copyTiles(tiles, null);
  return await withLedger(async ({ audit, checkpoints }) => {
    const signed = checkpoint === undefined ? null : await checkpoints.current();
    if (checkpoint !== undefined) writeText(checkpoint, signed!.note);
    let index = after ?? -1;
    for await (const leaf of audit.leaves(index)) {
      // What others append meanwhile is not covered.
      if (++index === signed?.checkpoint.size) break;
      print.line(leaf);
    }
    return 0;
  });
}

function writeText(path: string, text: string): void {
  try {
    Deno.writeTextFileSync(path, text);
  } catch {
    throw new UsageFault(`Cannot write ${path}: no such folder, or not writable`);
  }
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Moves entries that are older than so many days to a folder. */
export async function archiveLedger(
  { to, keepDays }: { readonly to: string; readonly keepDays: number },
): Promise<number> {
  return await copyTiles(to, systemClock.now() - keepDays * DAY_MS);
}

/** @param olderThan what is moved, not only copied; null for nothing */
async function copyTiles(folder: string, olderThan: number | null): Promise<number> {
  return await withLedger(async ({ store: whole, unarchived, checkpoints }) => {
    const store = olderThan === null ? whole : unarchived;
    const archive = createArchive({ store, shelf: createTileFolder(folder), checkpoints });
    const work = olderThan === null ? archive.copy() : archive.move(olderThan);
    const answer = await work.catch((error: unknown) => {
      if (!(error instanceof PartFault) || error.reason !== "archived") throw error;
      throw new UsageFault("Cannot archive: another archiving is at work. Nothing is lost");
    });
    if (olderThan === null) return sayArchived(answer);
    const code = sayArchived(answer);
    if (answer.kind === "archived" && answer.to === answer.from) {
      print.error("Nothing was moved: no whole bundle of 256 more entries is that old.");
    }
    return code;
  });
}

function sayArchived(answer: ArchiveAnswer): number {
  switch (answer.kind) {
    case "archived": {
      const moved = answer.to - answer.from;
      print.line(`The folder holds all ${answer.size} entries, and they verify.`);
      if (moved > 0) {
        print.line(`Moved ${moved}. Entries 0 to ${answer.to - 1} are now there only.`);
      }
      return 0;
    }
    case "busy":
      print.error("Cannot archive now: other instances are keeping older checkpoints. Try again.");
      return 1;
    case "foreign":
      print.error(`Cannot write to the folder: its ${answer.path} is another log's, or damaged`);
      return 1;
    case "unverified": {
      const bad = badText(answer.verdict);
      print.error(`Nothing was removed: the folder does not verify. ${bad}`);
      print.error("It must be the folder that holds what was archived before, or LEDGER_ARCHIVE.");
      return 1;
    }
  }
}

/** Keeps what a reconciliation found beside the log, for those who look at it in the console. */
export async function keepReconciliation(summary: ReconciliationSummary): Promise<void> {
  const { matched, unwitnessed, unexplained } = summary;
  // Nothing was compared: that is no news, and must not take the place of some.
  if (matched + unwitnessed + unexplained === 0) return;
  await withLedger(async ({ unarchived: store }) => {
    const last = await store.note("reconciliation");
    await store.keepNote("reconciliation", last, JSON.stringify(summary));
  });
}

/** Prints the receipt of a tenant. */
export async function printReceipt({ tenant }: { readonly tenant: string }): Promise<number> {
  const contextIdentifier = ContextId.parse(tenant);
  if (contextIdentifier === null) {
    throw new UsageFault("Cannot use --tenant: it is no context identifier (Cust and digits)");
  }
  return await withLedger(async (ledger) => {
    const receipt = await makeReceipt(ledger, contextIdentifier);
    if (receipt.entries.length === 0) {
      print.error(`The ledger has no entry of ${contextIdentifier}.`);
      return 1;
    }
    print.line(JSON.stringify(receipt, null, 2));
    return 0;
  });
}
