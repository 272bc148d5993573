/**
 * `doctor`: checks of everything that has to be right for tickets to be handed out, and to be accounted
 * for. Each says what it found and what to do. Changes nothing that anybody would miss.
 */

import type { Command } from "commander";
import { UnfitFile } from "../adapters/storage/sqlite_schema.ts";
import { credentialChecks, exchangeChecks } from "./doctor_exchange.ts";
import { keyChecks } from "./doctor_key.ts";
import { ledgerChecks } from "./doctor_ledger.ts";
import { policyChecks } from "./doctor_policies.ts";
import { storeChecks } from "./doctor_store.ts";
import { superOfficeChecks } from "./doctor_superoffice.ts";
import { NotMadeYet, openWard, type Ward } from "./doctor_ward.ts";
import { collect } from "./options.ts";
import { requireTenant } from "./stores.ts";
import { tableLines } from "./table.ts";
import { requireConfig } from "../main.ts";
import { print } from "../print.ts";
import { UsageFault } from "../usage_fault.ts";
import { type Check, type CheckedFinding, runChecks, type Said } from "../usecases/doctor.ts";

/** Describes the command. */
export function addDoctor(program: Command, done: (code: number) => void): void {
  program.command("doctor")
    .description("check keys, policies, SuperOffice, store and ledger, and say what to do")
    .option("--tenant <id>", "exchange for a new ticket of this tenant, too")
    .option("--signer <member>", "IAM member that is this service's; repeatable", collect, [])
    .option("--skip <check>", "leave this check out; repeatable", collect, [])
    .option("--json", "for machines")
    .action(async (options) => done(await runDoctor(options)));
}

interface DoctorOptions {
  readonly tenant?: string;
  readonly signer: readonly string[];
  readonly skip: readonly string[];
  readonly json?: true;
}

/** @returns 1 if there is any problem; warnings are none */
async function runDoctor({ tenant, signer, skip, json }: DoctorOptions): Promise<number> {
  const config = requireConfig();
  const chosen = tenant === undefined ? null : requireTenant(tenant);
  const ward = openWard(config, { tenant: chosen, signers: signer });
  try {
    const findings = await examine(ward, skip);
    const isWell = findings.every(({ level }) => level !== "problem");
    if (json) print.line(JSON.stringify({ ok: isWell, checks: findings.map(jsonOf) }));
    else for (const line of tableLines(findings.map(rowOf))) print.line(line);
    return isWell ? 0 : 1;
  } finally {
    ward.close();
  }
}

/** Makes every check but those left out. @throws UsageFault for a name that is none of theirs */
export async function examine(
  ward: Ward,
  skip: readonly string[] = [],
): Promise<readonly CheckedFinding[]> {
  return await runChecks(chosenChecks(ward, skip), ward.clock, sayable);
}

/** What these say is ours, and holds no value. */
function sayable(error: unknown): Said | null {
  if (error instanceof UnfitFile) return { text: error.message, remedy: ANOTHER };
  if (!(error instanceof UsageFault)) return null;
  return { text: error.message, remedy: error instanceof NotMadeYet ? NONE_YET : null };
}

const ANOTHER =
  "Look at DATA_DIR, SUPEROFFICE_ENVIRONMENT and SUPEROFFICE_CLIENT_ID, and at the program's version";
const NONE_YET = "Start the service once, or look at DATA_DIR";

function chosenChecks(ward: Ward, skip: readonly string[]): Check[] {
  const checks = [
    ...keyChecks(ward),
    ...policyChecks(ward),
    ...superOfficeChecks(ward),
    ...storeChecks(ward),
    ...ledgerChecks(ward),
    ...credentialChecks(ward),
    ...exchangeChecks(ward),
  ];
  const unknown = skip.find((name) => !checks.some((check) => check.name === name));
  // Whoever leaves out a check that is none would think that it was left out.
  if (unknown !== undefined) {
    const names = checks.map(({ name }) => name).join(", ");
    throw new UsageFault(`Cannot skip: there is no check of that name here, but ${names}`);
  }
  return checks.filter(({ name }) => !skip.includes(name));
}

function jsonOf({ check, level, text, remedy, ms }: CheckedFinding) {
  return { check, level, text, remedy, ms };
}

function rowOf({ check, level, text, remedy }: CheckedFinding): string[] {
  return [level, check, remedy === null ? `${text}.` : `${text}. ${remedy.replace(/\.?$/, ".")}`];
}
