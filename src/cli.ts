/**
 * Operator commands: `deno task cli <noun> <verb>`. Results on stdout, messages on stderr. Exit codes:
 * 0 done, 1 the check says no, 2 anything else that kept it from being done.
 */

import { Command, CommanderError } from "commander";
import { checkCaller, createCaller, listCallers, rotateCaller } from "./cli/callers.ts";
import { addDoctor } from "./cli/doctor.ts";
import {
  archiveLedger,
  exportLedger,
  keepReconciliation,
  printCheckpoint,
  printKey,
  printReceipt,
} from "./cli/ledger.ts";
import { addKeys } from "./cli/key.ts";
import { addTo, collect, list, wholeNumber } from "./cli/options.ts";
import { addReconcile } from "./cli/reconcile.ts";
import { addStore } from "./cli/store.ts";
import { addTenants } from "./cli/tenants.ts";
import { addTicket } from "./cli/ticket.ts";
import { verifyLedger } from "./cli/verify.ts";
import { addWebhooks } from "./cli/webhooks.ts";
import { PERMISSIONS } from "./domain/caller.ts";
import { UnfitFile } from "./adapters/storage/sqlite_schema.ts";
import { PartFault } from "./domain/part_fault.ts";
import { SignerFault } from "./domain/signer_fault.ts";
import { print } from "./print.ts";
import { UsageFault } from "./usage_fault.ts";

function buildProgram(done: (code: number) => void): Command {
  const program = new Command("deno task cli")
    .description("Operator commands of Box Office")
    .configureOutput({
      writeErr: (text) => print.error(text.trimEnd()),
      // What is not understood may be a key that was pasted into the wrong place.
      outputError: (text, write) => write(text.length > LONGEST_ERROR ? UNREPEATED : text),
    })
    .exitOverride();
  addCallers(program, done);
  addLedger(program, done);
  addDoctor(program, done);
  addKeys(program, done);
  addStore(program, done);
  addTenants(program, done);
  addTicket(program, done);
  addWebhooks(program, done);
  return program;
}

function addCallers(program: Command, done: (code: number) => void): void {
  const caller = program.command("caller").description("who may ask, and for what");
  caller.command("create")
    .description("make an API key and the caller entry that goes with it")
    .requiredOption("--id <id>", "name of the caller in log and ledger")
    .requiredOption("--may <permissions>", `comma-separated: ${PERMISSIONS.join(", ")}`, addTo)
    .option("--tenants <ids>", "comma-separated context identifiers, or *", list, ["*"])
    .option("--requests-per-minute <count>", "how often it may ask; else no limit", wholeNumber)
    .option("--json", "for machines")
    .action((options) => done(createCaller(options)));
  caller.command("rotate")
    .description("make a second API key for a configured caller; both work until one is taken out")
    .requiredOption("--id <id>", "the caller")
    .option("--json", "for machines")
    .action((options) => done(rotateCaller(options)));
  caller.command("list")
    .description("print the configured callers")
    .option("--json", "for machines")
    .action((options) => done(listCallers(options)));
  caller.command("check")
    .description("say whether the credential on standard input may do that, and which rule says so")
    .requiredOption("--may <permission>", PERMISSIONS.join(", "))
    .option("--tenant <id>", "context identifier")
    .option("--json", "for machines")
    .action(async (options) => done(await checkCaller(options)));
}

function addLedger(program: Command, done: (code: number) => void): void {
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

/** Longer than whatever commander says without an argument that is long itself. */
const LONGEST_ERROR = 200;
const UNREPEATED =
  "error: there is an argument that this command does not take, too long to repeat. If it was a key, other processes and the shell's history have it: make a new one";

/** Constant: what such an error says may repeat a path or a value. */
const UNFORESEEN = "Cannot run the command: its files or its store are not as they must be";

/** Runs one command line. @returns the exit code */
export async function runCli(args: readonly string[]): Promise<number> {
  let code = 0;
  try {
    await buildProgram((result) => code = result).parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isOurs = error instanceof UsageFault || error instanceof PartFault ||
      error instanceof SignerFault || error instanceof UnfitFile;
    // Code 1 is a verdict, so whatever else went wrong must not end with it.
    print.error(isOurs ? error.message : UNFORESEEN);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await runCli(Deno.args));
