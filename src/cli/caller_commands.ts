/** Describes the commands about callers. */

import type { Command } from "commander";
import { PERMISSIONS } from "../domain/caller.ts";
import { checkCaller, createCaller, listCallers, rotateCaller } from "./callers.ts";
import { addTo, list, wholeNumber } from "./options.ts";

/** `caller …` */
export function addCallers(program: Command, done: (code: number) => void): void {
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
