/** What `key import` says of what it would do and of what it did. */

import type {
  KeyImportOptions,
  KeyImportPlan,
  KeyImportResult,
} from "../adapters/signing/key_import.ts";
import { fingerprintOf } from "../adapters/signing/key_proof.ts";

/** What would be done, a line each. @param hasRecords whether the proof would be in a ledger */
export function planLines(
  plan: KeyImportPlan,
  { cryptoKey }: KeyImportOptions,
  hasRecords: boolean,
): string[] {
  const where = `Its signature would be in ${hasRecords ? "the configured ledger" : "no ledger"}.`;
  if (plan.keyVersion !== null) {
    const held = `${plan.keyVersion} holds this key already`;
    return [`${held}: it would be proved, and nothing imported. ${where}`];
  }
  const word = (isThere: boolean) => isThere ? "is there:      " : "would be made: ";
  return [
    `${word(plan.keyRing === "there")}${cryptoKey.keyRing}`,
    `${word(plan.cryptoKey === "there")}${cryptoKey.name}`,
    `${word(plan.isJobThere)}${plan.importJob}`,
    ...(plan.importOnly
      ? []
      : ["The key is not import-only: Cloud KMS can make versions in it that no portal knows."]),
    `Then the key would be wrapped, imported and proved. ${where}`,
    "Nothing was changed.",
  ];
}

/** The same for machines. */
export function planJson(
  plan: KeyImportPlan,
  { material }: KeyImportOptions,
  hasRecords: boolean,
) {
  return {
    dry_run: true,
    fingerprint: fingerprintOf(material.publicKey),
    key_ring: plan.keyRing,
    crypto_key: plan.cryptoKey,
    import_only: plan.importOnly,
    import_job: plan.importJob,
    import_job_exists: plan.isJobThere,
    key_version: plan.keyVersion,
    proof_in_ledger: hasRecords,
  };
}

/**
 * What was done, and what comes next. A key that SuperOffice does not know yet must not take the place
 * of the one that signs.
 *
 * @param configured `KMS_KEY_VERSION`, if there is one
 */
export function resultLines(
  result: KeyImportResult,
  { material, proving }: KeyImportOptions,
  configured: string | null,
): string[] {
  const { keyVersion, fingerprint, digest, isNew } = result;
  const isRotation = configured !== null && configured !== keyVersion;
  const variable = isRotation ? "KMS_STANDBY_KEY_VERSION" : "KMS_KEY_VERSION";
  const otherwise = configured === null && !keyVersion.endsWith("/1")
    ? " (KMS_STANDBY_KEY_VERSION where another key signs already)"
    : "";
  return [
    isNew ? "Imported and proved." : "It was there already, and is proved. Nothing was imported.",
    `${variable}=${keyVersion}`,
    `algorithm    ${material.algorithm}`,
    `public key   SHA-256 ${fingerprint}`,
    `proof        the version signed the digest ${digest}`,
    proving.watch === undefined
      ? "ledger       none is configured here, or it was left out: a reconciliation finds one signature unexplained"
      : "ledger       holds the signature's intent and outcome",
    `Next: set ${variable}${otherwise}; clear the clipboard, and delete every copy of the private key.`,
  ];
}

/** The same for machines. */
export function resultJson(result: KeyImportResult, options: KeyImportOptions) {
  const { material, protectionLevel, proving } = options;
  return {
    key_version: result.keyVersion,
    imported: result.isNew,
    algorithm: material.algorithm,
    protection_level: protectionLevel,
    fingerprint: result.fingerprint,
    proof_digest_sha256: result.digest,
    proof_in_ledger: proving.watch !== undefined,
  };
}
