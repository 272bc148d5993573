/** The versions of a key: which one holds this private key already, and when an import has come to its end. */

import type { CryptoKeyName } from "../../domain/crypto_key_name.ts";
import { shown } from "../../domain/shown_text.ts";
import { isAboutKey } from "./attestation.ts";
import { KeyImportFault } from "./key_import_fault.ts";
import type { ImportMaterial } from "./key_import_material.ts";
import type { Waiting } from "./key_import_waiting.ts";
import { isSameKey, type ProofOptions, publicKeyOf } from "./key_proof.ts";
import type { KmsAdmin } from "./kms_admin.ts";
import { KmsAdminFault } from "./kms_admin_fault.ts";
import type { HeldVersion } from "./kms_admin_answers.ts";

export interface VersionsOptions {
  readonly admin: KmsAdmin;
  readonly proving: ProofOptions;
  readonly material: Pick<ImportMaterial, "publicKey" | "algorithm">;
  readonly cryptoKey: CryptoKeyName;
  readonly waiting: Waiting;
  readonly tell: (step: string) => void;
}

/**
 * Waits for imports that are under way: one of them may be ours, of a run that was cut short. Names the
 * versions of which nobody can tell.
 * @returns the name of an ENABLED version that holds the key, or null
 * @throws KeyImportFault if one that holds it cannot be used
 */
export async function findVersion(options: VersionsOptions): Promise<string | null> {
  const { admin, material, cryptoKey, tell } = options;
  const unusable: HeldVersion[] = [];
  const hidden: HeldVersion[] = [];
  for (const version of await admin.versions(cryptoKey.name)) {
    if (version.algorithm !== material.algorithm) continue;
    const settled = version.state === "PENDING_IMPORT" ? await settle(version, options) : version;
    const holds = await holdsKey(settled, options);
    if (holds === null) hidden.push(settled);
    if (holds !== true) continue;
    if (settled.state === "ENABLED") return settled.name;
    unusable.push(settled);
  }
  const [one] = unusable;
  if (one !== undefined) {
    throw new KeyImportFault(
      "not_usable",
      `${shown(one.name)} holds it and is ${shown(one.state)}`,
    );
  }
  for (const { name, state } of hidden) {
    tell(
      `${shown(name)} is ${
        shown(state)
      } and shows no key: if it is this one, enable it, and import no second`,
    );
  }
  return null;
}

/** @throws KeyImportFault unless the version becomes ENABLED in time */
export async function waitForVersion(name: string, options: VersionsOptions): Promise<void> {
  const { state, importFailureReason } = await settle(await options.admin.version(name), options);
  if (state === "ENABLED") return;
  const why = importFailureReason === null ? "" : `: ${shown(importFailureReason)}`;
  throw new KeyImportFault("import_failed", `${shown(name)} is ${shown(state)}${why}`);
}

/** @returns the version as it is when its import is over */
async function settle(version: HeldVersion, options: VersionsOptions): Promise<HeldVersion> {
  const { admin, waiting } = options;
  for (let held = version;; held = await admin.version(version.name)) {
    if (held.state !== "PENDING_IMPORT") return held;
    if (!await waiting.pause()) {
      throw new KeyImportFault("import_pending", `${shown(version.name)} is still PENDING_IMPORT`);
    }
  }
}

/** @returns null if it cannot be told */
async function holdsKey(version: HeldVersion, options: VersionsOptions): Promise<boolean | null> {
  const { material, proving } = options;
  if (!SHOWN.includes(version.state)) return false;
  try {
    return isSameKey(await publicKeyOf(version.name, proving), material.publicKey);
  } catch (error) {
    // Google says both that the public key of a version that is not ENABLED can be had and that not.
    const isHidden = error instanceof KmsAdminFault && error.reason === "key_not_enabled";
    if (isHidden && version.state !== "ENABLED") return await isAttested(version, options);
    throw error;
  }
}

/** A list of versions leaves the HSM's statements out. */
async function isAttested({ name }: HeldVersion, options: VersionsOptions) {
  const { attestation } = await options.admin.version(name);
  return attestation === null
    ? null
    : await isAboutKey(attestation.content, options.material.publicKey);
}

/** States in which there may be a public key. */
const SHOWN: readonly string[] = ["ENABLED", "DISABLED", "DESTROY_SCHEDULED"];
