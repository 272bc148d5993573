/**
 * Commands about the app's key in Cloud KMS. `import` takes the private key that the Developer Portal
 * shows once, from standard input or a file and never from an argument, which other processes see.
 */

import { type Command, Option } from "commander";
import { importKey, type KeyImportOptions, planKeyImport } from "../adapters/signing/key_import.ts";
import { KeyImportFault } from "../adapters/signing/key_import_fault.ts";
import { openImportMaterial } from "../adapters/signing/key_import_material.ts";
import { createWaiting } from "../adapters/signing/key_import_waiting.ts";
import { fingerprintOf } from "../adapters/signing/key_proof.ts";
import type { LeastProtection } from "../adapters/signing/kms_checks.ts";
import { runAttest } from "./key_attest.ts";
import { gcloudCeremony } from "./key_gcloud.ts";
import { readKeyOctets } from "./key_input.ts";
import { isRecorded, type Watch, withRecords } from "./key_ledger.ts";
import { kmsTools, pause, readPlaces, requireCryptoKey, sayingWhy } from "./key_place.ts";
import { FORMATS, runShow } from "./key_show.ts";
import { addKeyRotate } from "./key_rotate.ts";
import { planJson, planLines, resultJson, resultLines } from "./key_words.ts";
import { isResourceId } from "../domain/crypto_key_name.ts";
import { print } from "../print.ts";
import { systemClock } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";

/** Describes the commands. */
export function addKeys(program: Command, done: (code: number) => void): void {
  const key = program.command("key").description("the app's signing key and client secret");
  key.command("import")
    .description("import the Developer Portal's private key, RSAXML or PEM, from standard input")
    .requiredOption("--key <name>", "projects/…/locations/…/keyRings/…/cryptoKeys/…")
    .option("--file <path>", "read the key from there instead")
    .option(
      "--import-job <id>",
      "in the key's ring; else one is made that has the date in its name",
    )
    .addOption(
      new Option("--protection-level <level>", "where the key is to live")
        .choices(["HSM", "SOFTWARE"]).default("HSM"),
    )
    .option("--timeout <seconds>", "how long to wait for Cloud KMS, all in all", seconds, 300)
    .option("--ledger", "the proof's signature must go into the configured ledger")
    .option("--no-ledger", "it must not; else it does where a ledger is configured")
    .option("--dry-run", "read and check the key, look what is there, and change nothing")
    .option(
      "--print-gcloud",
      "print the ceremony as gcloud commands; reads no key, changes nothing",
    )
    .option("--json", "for machines")
    // Otherwise what is too much would be repeated in a message, and it may be the key.
    .allowExcessArguments(true)
    .allowUnknownOption(true)
    .action(async (options, command: Command) => {
      refuseArguments(command.args);
      done(await runImport(options));
    });
  key.command("show")
    .description("print the public key in every form, its SHA-256, state and protection level")
    .option("--key-version <name>", "projects/…/cryptoKeyVersions/N; else KMS_KEY_VERSION")
    .addOption(new Option("--format <format>", "just the public key, as").choices(FORMATS))
    .option("--json", "for machines")
    .action(async (options) => done(await runShow(options)));
  key.command("attest")
    .description("verify what the HSM itself says of the key, and who certified the HSM")
    .option("--key-version <name>", "projects/…/cryptoKeyVersions/N; else KMS_KEY_VERSION")
    .option("--save <folder>", "keep attestation, certificates and public key there")
    .option("--attestation <path>", "a saved attestation; then Cloud KMS is not asked")
    .option("--certificates <path>", "its certificates, PEM")
    .option("--public-key <path>", "the key it must be about, PEM")
    .option("--manufacturer-root <path>", "PEM, instead of the one that is known")
    .option("--owner-root <path>", "PEM, instead of the one that is known")
    .option("--json", "for machines")
    .action(async (options) => done(await runAttest(options)));
  addKeyRotate(key, done);
}

function refuseArguments([first]: readonly string[]): void {
  if (first === undefined) return;
  if (/^--[a-z-]{1,24}$/.test(first)) throw new UsageFault(`Cannot use ${first}: no such option`);
  throw new UsageFault(ARGUED);
}

const ARGUED =
  "Cannot take an argument: the key comes from standard input or --file. If that was the key, other processes and the shell's history have it: make a new one in the Developer Portal";

/** In an option's place a key is as well seen as anywhere else. */
function refusePasted(...values: readonly (string | undefined)[]): void {
  const isKey = (text = "") => /RSAKeyValue|PRIVATE KEY/.test(text);
  if (values.some(isKey)) throw new UsageFault(ARGUED);
}

export interface ImportOptions {
  readonly key: string;
  readonly file?: string;
  readonly importJob?: string;
  readonly protectionLevel: LeastProtection;
  /** Seconds. */
  readonly timeout: number;
  readonly dryRun?: true;
  readonly printGcloud?: true;
  /** Undefined: as the environment has it. */
  readonly ledger?: boolean;
  readonly json?: true;
}

/** @returns 0, or 1 if what Cloud KMS holds is not the key that was read */
export async function runImport(options: ImportOptions): Promise<number> {
  const { key, file, importJob, protectionLevel, timeout, ledger, dryRun, json } = options;
  refusePasted(key, file, importJob);
  const cryptoKey = requireCryptoKey(key);
  if (importJob !== undefined && !isResourceId(importJob)) {
    throw new UsageFault("Cannot use --import-job: it is no id of letters, digits, _ and -");
  }
  const now = systemClock.now();
  const importJobId = importJob ?? null;
  if (options.printGcloud) {
    print.line(gcloudCeremony({ cryptoKey, protectionLevel, importJobId, now }));
    return 0;
  }
  const places = readPlaces();
  if (protectionLevel === "SOFTWARE") print.error(SOFTWARE);
  const hasRecords = isRecorded(ledger, places.endpoint);
  const run = (watch: Watch | undefined) =>
    sayingWhy(async () => {
      const material = openImportMaterial(readKeyOctets(file ?? null));
      // From here on: whoever pastes the key may take his time.
      const waiting = createWaiting(timeout * 1000, () => performance.now(), pause);
      const { admin, proving } = kmsTools(key, places, protectionLevel, waiting.leftMs);
      const say = (step: string) => print.error(step);
      say(`read a private key of ${material.bits} bits, SHA-256 of its public half:`);
      say(`  ${fingerprintOf(material.publicKey)}`);
      // After a rehearsal the only copy of the real key would go there.
      if (places.endpoint !== null) {
        say(`KMS_ENDPOINT is set: this is ${places.endpoint.origin}, and not Google's Cloud KMS`);
      }
      const importing: KeyImportOptions = {
        admin,
        proving: watch === undefined ? proving : { ...proving, watch },
        material,
        cryptoKey,
        protectionLevel,
        importJobId,
        now,
        waiting,
        tell: say,
      };
      try {
        return dryRun
          ? await showPlan(importing, hasRecords, json)
          : await doImport(importing, places.keyVersion, json);
      } finally {
        material.forget();
      }
    });
  // A dry run signs nothing; it opens the ledger only if it is to be tried as well.
  const isOpened = hasRecords && (!dryRun || ledger === true);
  return isOpened ? await withRecords(key, ledger, run) : await run(undefined);
}

const SOFTWARE =
  "Warning: a SOFTWARE key is not in an HSM, and the service refuses it unless KMS_PROTECTION_LEVEL=SOFTWARE.";

async function showPlan(
  importing: KeyImportOptions,
  hasRecords: boolean,
  json: true | undefined,
): Promise<number> {
  const plan = await planKeyImport(importing);
  if (json) print.line(JSON.stringify(planJson(plan, importing, hasRecords)));
  else for (const line of planLines(plan, importing, hasRecords)) print.line(line);
  return 0;
}

async function doImport(
  importing: KeyImportOptions,
  configured: string | null,
  json: true | undefined,
): Promise<number> {
  try {
    const result = await importKey(importing);
    if (json) print.line(JSON.stringify(resultJson(result, importing)));
    else for (const line of resultLines(result, importing, configured)) print.line(line);
    return 0;
  } catch (error) {
    if (!(error instanceof KeyImportFault) || error.problem !== "other_key") throw error;
    print.error(error.message);
    return 1;
  }
}

function seconds(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw new UsageFault("Cannot use --timeout: it is no whole number of seconds");
}
