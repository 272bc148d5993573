/** What commands about keys take from the environment: where Cloud KMS is, and which key is meant. */

import { createThreadHost } from "../adapters/signing/kms_host.ts";
import { KeyFileFault } from "../adapters/signing/key_file_fault.ts";
import { KeyImportFault } from "../adapters/signing/key_import_fault.ts";
import type { ProofOptions } from "../adapters/signing/key_proof.ts";
import { createKmsAdmin, type KmsAdmin } from "../adapters/signing/kms_admin.ts";
import { KmsAdminFault } from "../adapters/signing/kms_admin_fault.ts";
import type { LeastProtection } from "../adapters/signing/kms_checks.ts";
import { type GoogleConfig, readGoogle } from "../config_google.ts";
import { createReader } from "../config_reader.ts";
import { type CryptoKeyName, parseCryptoKeyName } from "../domain/crypto_key_name.ts";
import { isKeyVersionName } from "../domain/key_version.ts";
import { commandAccess } from "../parts_google.ts";
import { systemClock } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import { LedgerFault } from "../usecases/ledger.ts";

export interface KmsPlaces {
  /** Null for Google's. */
  readonly endpoint: URL | null;
  /** `KMS_KEY_VERSION`, if there is one. */
  readonly keyVersion: string | null;
  readonly google: GoogleConfig;
}

/** @throws UsageFault */
export function readPlaces(environment = Deno.env.toObject()): KmsPlaces {
  const reader = createReader(environment);
  const places = {
    endpoint: reader.origin("KMS_ENDPOINT"),
    keyVersion: reader.text(VERSION),
    google: readGoogle(reader),
  };
  const [problem] = reader.problems;
  if (problem === undefined) return places;
  throw new UsageFault(`Cannot use the environment: ${problem.name} ${problem.problem}`);
}

const VERSION = "KMS_KEY_VERSION";

/** @throws UsageFault */
export function requireCryptoKey(text: string): CryptoKeyName {
  const name = parseCryptoKeyName(text);
  if (name !== null) return name;
  throw new UsageFault(
    /^projects\/\d+\//.test(text)
      ? "Cannot use --key: it names the project by its number, which Cloud KMS refuses; use its id"
      : "Cannot use --key: it is not projects/…/locations/…/keyRings/…/cryptoKeys/…",
  );
}

/** @returns what was asked for, or else what the service signs with @throws UsageFault */
export function requireKeyVersion(asked: string | undefined, { keyVersion }: KmsPlaces): string {
  const name = asked ?? keyVersion;
  if (name === null) {
    throw new UsageFault("Cannot tell which key: neither --key-version nor KMS_KEY_VERSION is set");
  }
  if (isKeyVersionName(name)) return name;
  const which = asked === undefined ? VERSION : "--key-version";
  throw new UsageFault(`Cannot use ${which}: it is not projects/…/cryptoKeyVersions/N`);
}

export interface KmsTools {
  readonly admin: KmsAdmin;
  readonly proving: ProofOptions;
}

/**
 * Nothing is connected before the first call.
 *
 * @param name of a key or anything in its project
 * @param leftMs until all of it has to be over
 */
export function kmsTools(
  name: string,
  { endpoint, google }: KmsPlaces,
  protectionLevel: LeastProtection,
  leftMs: () => number = () => Infinity,
): KmsTools {
  const projectId = name.split("/")[1]!;
  const access = commandAccess(google);
  const shared = { endpoint, timeoutMs: CALL_MS, leftMs, userAgent: USER_AGENT, pause };
  return {
    admin: createKmsAdmin({ ...shared, projectId, access }),
    proving: { ...shared, host: createThreadHost(access), protectionLevel },
  };
}

/** A command has time, and Google's client is loaded within its first call. */
const CALL_MS = 15_000;
const USER_AGENT = "box-office-cli/0.1.0";

/** Milliseconds, of this machine's own clock. */
export function pause(ms: number): Promise<void> {
  return systemClock.sleep(ms);
}

/** What a refusal says is for the operator as it is. @returns what the work returns @throws UsageFault */
export async function sayingWhy<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KeyFileFault) throw new UsageFault(`${error.message}; ${hint(error)}`);
    if (error instanceof LedgerFault) throw new UsageFault(UNWRITTEN);
    const isSaid = error instanceof KeyImportFault || error instanceof KmsAdminFault;
    throw isSaid ? new UsageFault(error.message) : error;
  }
}

const UNWRITTEN =
  "Cannot prove the key: its signature could not be written into the ledger, so it was not made or not noted; run the command again, what is imported stays";

/** What to do about a key that cannot be read. */
function hint({ problem }: KeyFileFault): string {
  switch (problem) {
    case "empty":
      return "pipe the key into the command, or name its file with --file";
    case "xml_form":
    case "xml_base64":
    case "damaged":
      return "copy it again, from its first character to its last, with nothing added";
    case "public_key":
    case "certificate":
      return "the private key is needed, which the Developer Portal shows once; make a new one there if it is lost";
    case "encrypted":
      return "`openssl pkey -in FILE | deno task cli key import …` does that without a second file";
    case "other_format":
      return "`ssh-keygen -p -m PKCS8 -f COPY` or `openssl pkey` converts it";
    case "wrong_size":
      return "Cloud KMS holds 2048, 3072 and 4096 bits";
    case "inconsistent":
      return "copy it again; if it stays so, make a new key in the Developer Portal";
    case "several":
    case "not_a_key":
    case "not_rsa":
      return "give just the key that the Developer Portal showed, as RSAXML or PEM";
  }
}
