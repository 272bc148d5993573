/** Describes the commands about the ledger. */

import type { Command } from "commander";
import {
  archiveLedger,
  exportLedger,
  keepReconciliation,
  printCheckpoint,
  printKey,
  printReceipt,
} from "./ledger.ts";
import { collect, wholeNumber } from "./options.ts";
import { addReconcile } from "./reconcile.ts";
import { verifyLedger } from "./verify.ts";

/** `ledger …` */
export function addLedger(program: Command, done: (code: number) => void): void {
  const ledger = program.command("ledger").description("the ledger of every signature");
  ledger.command("key")
    .description("print the log's verifier key")
    .action(async () => done(await printKey()));
  ledger.command("checkpoint")
    .description("print a checkpoint of the whole log, just signed")
    .action(async () => done(await printCheckpoint()));
  ledger.command("export")
    .description("print the entries, one JSON object a line")
    .option("--after <index>", "only entries after this one", wholeNumber)
    .option("--checkpoint <path>", "sign one, write it there, and print just what it covers")
    .option("--tiles <folder>", "copy the whole log to a folder instead, as C2SP tlog-tiles")
    .action(async (options) => done(await exportLedger(options)));
  ledger.command("verify")
    .description("recompute every hash, and check outcomes, checkpoint and signature")
    .option("--file <path>", "an export, instead of the configured store")
    .option("--tiles <folder>", "a folder of tiles; with --file it says which line differs")
    .option("--service <url>", "a running service; its credential on standard input")
    .option("--receipt <path>", "the receipt of one tenant")
    .option("--checkpoint <path>", "a signed checkpoint that the entries must match")
    .option("--kept <path>", "an older checkpoint that the log must continue; repeatable", collect)
    .option("--key <key>", "the log's verifier key, name+hash+base64")
    .option("--json", "for machines")
    .action(async (options) => done(await verifyLedger(options)));
  ledger.command("receipt")
    .description("print every entry of one tenant, with proofs that need no other tenant's entries")
    .requiredOption("--tenant <id>", "context identifier")
    .action(async (options) => done(await printReceipt(options)));
  ledger.command("archive")
    .description("move old entries to a folder, which LEDGER_ARCHIVE then names to the service")
    .requiredOption("--to <folder>", "where to: the whole log is copied there, and verified")
    .requiredOption("--keep-days <days>", "what is younger stays in the store, too", wholeNumber)
    .action(async (options) => done(await archiveLedger(options)));
  addReconcile(ledger, done, keepReconciliation);
}
