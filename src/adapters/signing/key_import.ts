/**
 * A private key on its way into Cloud KMS: what is missing is made, the key is wrapped and imported, and
 * what Cloud KMS holds then is proved to be that key. Imports nothing twice: a version that holds the
 * key already is found and proved instead. Changes nothing else that is there.
 */

import type { CryptoKeyName } from "../../domain/crypto_key_name.ts";
import { KeyImportFault } from "./key_import_fault.ts";
import {
  findImportJob,
  importJobId,
  type ImportJobOptions,
  wrappingKeyOf,
} from "./key_import_job.ts";
import type { ImportMaterial } from "./key_import_material.ts";
import { findVersion, waitForVersion } from "./key_import_versions.ts";
import { type KeyProof, type ProofOptions, proveVersion } from "./key_proof.ts";
import type { Waiting } from "./key_import_waiting.ts";
import type { KmsAdmin } from "./kms_admin.ts";
import { KmsAdminFault } from "./kms_admin_fault.ts";
import type { LeastProtection } from "./kms_checks.ts";

export interface KeyImportOptions {
  readonly admin: KmsAdmin;
  readonly proving: ProofOptions;
  readonly material: ImportMaterial;
  readonly cryptoKey: CryptoKeyName;
  readonly protectionLevel: LeastProtection;
  /** Null: one of our own naming. */
  readonly importJobId: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly waiting: Waiting;
  /** Told what is done, before it is done. Nothing of it is secret. */
  readonly tell: (step: string) => void;
}

/** What an import would do. */
export interface KeyImportPlan {
  readonly keyRing: "there" | "missing";
  readonly cryptoKey: "there" | "missing";
  /** False for a key in which Cloud KMS would make versions of its own, too. */
  readonly importOnly: boolean;
  readonly importJob: string;
  readonly isJobThere: boolean;
  /** The version that holds the key already. */
  readonly keyVersion: string | null;
}

export interface KeyImportResult extends KeyProof {
  /** False if it was there already. */
  readonly isNew: boolean;
}

/** Looks, and changes nothing. @throws KeyImportFault, KmsAdminFault */
export async function planKeyImport(options: KeyImportOptions): Promise<KeyImportPlan> {
  const { admin, cryptoKey, protectionLevel } = options;
  const hasRing = await admin.hasKeyRing(cryptoKey.keyRing);
  const held = hasRing ? await admin.cryptoKey(cryptoKey.name) : null;
  if (held !== null && held.purpose !== "ASYMMETRIC_SIGN") {
    throw new KeyImportFault("other_purpose", `${cryptoKey.name} is for ${held.purpose}`);
  }
  if (held !== null && held.protectionLevel !== protectionLevel) {
    const what = `${cryptoKey.name} is ${held.protectionLevel}, not ${protectionLevel}`;
    throw new KeyImportFault("other_protection", what);
  }
  const version = held === null ? null : await findVersion(options);
  const { id, job } = hasRing
    ? await findImportJob(admin, jobOptions(options))
    : { id: options.importJobId ?? importJobId(jobOptions(options)), job: null };
  return {
    keyRing: hasRing ? "there" : "missing",
    cryptoKey: held === null ? "missing" : "there",
    importOnly: held?.importOnly ?? true,
    importJob: `${cryptoKey.keyRing}/importJobs/${id}`,
    isJobThere: job !== null,
    keyVersion: version,
  };
}

/** Does what is missing. @throws KeyImportFault, KmsAdminFault */
export async function importKey(options: KeyImportOptions): Promise<KeyImportResult> {
  const { material, proving, tell } = options;
  const plan = await planKeyImport(options);
  const keyVersion = plan.keyVersion ?? await importAnew(options, plan);
  material.forget();
  tell(`proving ${keyVersion}: its public key, and a signature, against the key that was read`);
  const proof = await proveVersion(keyVersion, material.publicKey, proving);
  return { ...proof, isNew: plan.keyVersion === null };
}

/** @returns the name of the version, which is ENABLED */
async function importAnew(options: KeyImportOptions, plan: KeyImportPlan): Promise<string> {
  const { admin, material, cryptoKey, waiting, tell } = options;
  await makeMissing(options, plan);
  const { importJob } = plan;
  const wrappingKey = await wrappingKeyOf(admin, importJob, jobOptions(options), waiting);
  const wrappedKey = material.wrap(wrappingKey);
  material.forget();
  tell(`importing into ${cryptoKey.name}, wrapped for ${importJob}`);
  const { name: parent } = cryptoKey;
  const { algorithm } = material;
  try {
    const name = await admin.importVersion({ parent, algorithm, importJob, wrappedKey });
    await waitForVersion(name, options);
    return name;
  } catch (error) {
    if (!(error instanceof KmsAdminFault) || !error.retryable) throw error;
    // The answer is lost, the import perhaps not.
    const found = await findVersion(options);
    if (found === null) throw error;
    return found;
  }
}

async function makeMissing(options: KeyImportOptions, plan: KeyImportPlan): Promise<void> {
  const { admin, material, cryptoKey, protectionLevel, tell } = options;
  const { location, keyRing, keyRingId, cryptoKeyId } = cryptoKey;
  if (plan.keyRing === "missing") {
    tell(`creating the key ring ${keyRing}, which can never be deleted`);
    await admin.createKeyRing(location, keyRingId);
  }
  if (plan.cryptoKey === "missing") {
    tell(`creating the import-only key ${cryptoKey.name}, ${protectionLevel}`);
    const { algorithm } = material;
    await admin.createCryptoKey(keyRing, cryptoKeyId, { algorithm, protectionLevel });
  }
  if (!plan.isJobThere) {
    tell(`creating the import job ${plan.importJob}, which lives three days`);
    const id = plan.importJob.slice(plan.importJob.lastIndexOf("/") + 1);
    await admin.createImportJob(keyRing, id, { protectionLevel });
  }
}

function jobOptions(options: KeyImportOptions): ImportJobOptions {
  const { cryptoKey, protectionLevel, importJobId: id, now } = options;
  return { keyRing: cryptoKey.keyRing, protectionLevel, id, now };
}
