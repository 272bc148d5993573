/**
 * Operator commands: `deno task cli <noun> <verb>`. Results on stdout, messages on stderr. Exit codes:
 * 0 done, 1 the check says no, 2 anything else that kept it from being done.
 */

import { Command, CommanderError } from "commander";
import { UnfitFile } from "./adapters/storage/sqlite_schema.ts";
import { PartFault } from "./domain/part_fault.ts";
import { SignerFault } from "./domain/signer_fault.ts";
import { print } from "./print.ts";
import { UsageFault } from "./usage_fault.ts";

type Add = (program: Command, done: (code: number) => void) => void;

/** By its first word: what a command needs is loaded for it alone. */
const NOUNS: Readonly<Record<string, () => Promise<Add>>> = {
  caller: async () => (await import("./cli/caller_commands.ts")).addCallers,
  ledger: async () => (await import("./cli/ledger_commands.ts")).addLedger,
  doctor: async () => (await import("./cli/doctor.ts")).addDoctor,
  key: async () => (await import("./cli/key.ts")).addKeys,
  store: async () => (await import("./cli/store.ts")).addStore,
  tenant: async () => (await import("./cli/tenants.ts")).addTenants,
  ticket: async () => (await import("./cli/ticket.ts")).addTicket,
  webhook: async () => (await import("./cli/webhooks.ts")).addWebhooks,
};

/** @param first of the words given: if it is no noun, everything there is may be asked for */
async function buildProgram(
  first: string | undefined,
  done: (code: number) => void,
): Promise<Command> {
  const program = new Command("deno task cli")
    .description("Operator commands of Box Office")
    .configureOutput({
      writeErr: (text) => print.error(text.trimEnd()),
      // What is not understood may be a key that was pasted into the wrong place.
      outputError: (text, write) => write(text.length > LONGEST_ERROR ? UNREPEATED : text),
    })
    .exitOverride();
  const isNoun = first !== undefined && Object.hasOwn(NOUNS, first);
  for (const load of isNoun ? [NOUNS[first]!] : Object.values(NOUNS)) (await load())(program, done);
  return program;
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
    const program = await buildProgram(args[0], (result) => code = result);
    await program.parseAsync([...args], { from: "user" });
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
