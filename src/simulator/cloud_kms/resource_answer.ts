/**
 * Resources as Cloud KMS writes them in JSON. What `resources.proto` calls output only is here and is
 * never read; a time is left out until it has come, or once it is over.
 */
import type { Json } from "./answer.ts";
import {
  algorithms,
  type EnumWriter,
  importJobStates,
  importMethods,
  protectionLevels,
  purposes,
  states,
} from "./enums.ts";
import type { ImportJob } from "./import_jobs.ts";
import type { CryptoKey, KeyRing } from "./key_rings.ts";
import { isReimportEligible, type KeyVersion } from "./key_versions.ts";

/** `KeyRing`. */
export function keyRingAnswer({ resource, createTime }: KeyRing): Json {
  return { name: resource.name, createTime };
}

/** `CryptoKey`. @param primary only keys that encrypt may have one */
export function cryptoKeyAnswer(
  key: CryptoKey,
  primary: KeyVersion | null,
  write: EnumWriter,
): Json {
  return {
    name: key.resource.name,
    ...(primary && { primary: versionAnswer(primary, write) }),
    purpose: write(purposes, key.purpose),
    createTime: key.createTime,
    versionTemplate: {
      protectionLevel: write(protectionLevels, key.protectionLevel),
      algorithm: write(algorithms, key.algorithm),
    },
    ...(Object.keys(key.labels).length > 0 && { labels: key.labels }),
    ...(key.importOnly && { importOnly: true }),
    destroyScheduledDuration: `${key.destroyScheduledSeconds}s`,
  };
}

/** `CryptoKeyVersion`. */
export function versionAnswer(version: KeyVersion, write: EnumWriter): Json {
  const { state, importJob, readyTime, changeTime, importFailureReason } = version;
  const isReady = !["PENDING_GENERATION", "PENDING_IMPORT", "IMPORT_FAILED"].includes(state);
  return {
    name: version.resource.name,
    state: write(states, state),
    protectionLevel: write(protectionLevels, version.protectionLevel),
    algorithm: write(algorithms, version.algorithm),
    createTime: version.createTime,
    ...(importJob === null && isReady && { generateTime: readyTime }),
    ...(importJob !== null && { importJob, ...(isReady && { importTime: readyTime }) }),
    ...(state === "DESTROY_SCHEDULED" && changeTime !== null && { destroyTime: changeTime }),
    ...(state === "DESTROYED" && changeTime !== null && { destroyEventTime: changeTime }),
    ...(state === "IMPORT_FAILED" && importFailureReason !== null && { importFailureReason }),
    ...(isReimportEligible(version) && { reimportEligible: true }),
  };
}

/** `ImportJob`. The wrapping key can be fetched only while the job is ACTIVE. */
export function importJobAnswer(job: ImportJob, write: EnumWriter): Json {
  const { state, expireTime } = job;
  return {
    name: job.resource.name,
    importMethod: write(importMethods, job.method),
    protectionLevel: write(protectionLevels, job.protectionLevel),
    createTime: job.createTime,
    ...(state !== "PENDING_GENERATION" && { generateTime: job.generateTime }),
    expireTime,
    ...(state === "EXPIRED" && { expireEventTime: expireTime }),
    state: write(importJobStates, state),
    ...(state === "ACTIVE" && { publicKey: { pem: job.wrapping.publicKeyPem } }),
  };
}
