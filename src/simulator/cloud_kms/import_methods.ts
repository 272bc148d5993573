/**
 * Import jobs, and the import of key material that was made elsewhere. A request that cannot be right
 * is refused; key material that turns out wrong makes a version that is IMPORT_FAILED and says why.
 */
import { pageAnswer } from "./admin_methods.ts";
import type { Json } from "./answer.ts";
import type { Call, World } from "./call.ts";
import { type Algorithm, algorithms, importMethods, protectionLevels, purposeOf } from "./enums.ts";
import { type ImportJob, requireActive } from "./import_jobs.ts";
import { ImportFailure, type KeyMaterial, readMaterial } from "./key_material.ts";
import { requireReimportable } from "./key_versions.ts";
import { invalid, readBytes, readId, readObject, requireEnum } from "./request.ts";
import { importJobAnswer, versionAnswer } from "./resource_answer.ts";
import { unwrap } from "./unwrap.ts";

export async function createImportJob(world: World, call: Call): Promise<Json> {
  const { resource, query, body, write } = call;
  world.keyRings.requireRing(resource.name);
  const job = readObject(body, JOB);
  const id = readId(query, "importJobId");
  const method = requireEnum(importMethods, job.importMethod, "import_job.import_method");
  const level = requireEnum(protectionLevels, job.protectionLevel, "import_job.protection_level");
  const options = { method, protectionLevel: level };
  const { pendingMs } = world.timing;
  return importJobAnswer(await world.importJobs.add(resource.name, id, options, pendingMs), write);
}

export function getImportJob({ importJobs }: World, { resource, write }: Call): Json {
  return importJobAnswer(importJobs.require(resource.name), write);
}

export function listImportJobs(world: World, { resource, query, write }: Call): Json {
  world.keyRings.requireRing(resource.name);
  const jobs = world.importJobs.list(resource.name);
  return pageAnswer(query, "importJobs", jobs, (job) => importJobAnswer(job, write));
}

export function importCryptoKeyVersion(world: World, { resource, body, write }: Call): Json {
  const key = world.keyRings.requireKey(resource.name);
  const request = readObject(body, IMPORT);
  const algorithm = requireEnum(algorithms, request.algorithm, "algorithm");
  const job = world.importJobs.require(readName(request.importJob, "import_job"));
  if (job.resource.parent !== key.resource.parent) {
    throw invalid("The import job and the CryptoKey must be of the same KeyRing.");
  }
  if (job.protectionLevel !== key.protectionLevel) {
    throw invalid(`The protection levels of the import job and the CryptoKey do not match.`);
  }
  if (purposeOf(algorithm) !== key.purpose) {
    throw invalid(`The algorithm ${algorithm} is not one for the purpose ${key.purpose}.`);
  }
  requireActive(job);
  const wrapped = readBytes(request.wrappedKey ?? request.rsaAesWrappedKey, "wrapped_key");
  const outcome = unwrapFor(job, algorithm, wrapped);
  const again = request.cryptoKeyVersion ?? "";
  const name = again === "" ? null : readName(again, "crypto_key_version");
  if (name !== null) {
    const version = world.keyVersions.require(name);
    if (version.resource.parent !== resource.name) {
      throw invalid("The CryptoKeyVersion is not one of the CryptoKey.");
    }
    requireReimportable(version, algorithm, outcome);
  }
  const version = world.keyVersions.import(resource.name, name, {
    algorithm,
    protectionLevel: job.protectionLevel,
    importJob: job.resource.name,
    outcome,
    pendingMs: world.timing.pendingMs,
  });
  return versionAnswer(version, write);
}

const JOB = [
  "name",
  "importMethod",
  "protectionLevel",
  "createTime",
  "generateTime",
  "expireTime",
  "expireEventTime",
  "state",
  "publicKey",
] as const;

const IMPORT = [
  "parent",
  "cryptoKeyVersion",
  "algorithm",
  "importJob",
  "wrappedKey",
  "rsaAesWrappedKey",
] as const;

/** @returns the key, or why there is none */
function unwrapFor(
  { wrapping }: ImportJob,
  algorithm: Algorithm,
  wrapped: Uint8Array,
): KeyMaterial | string {
  try {
    return readMaterial(algorithm, unwrap(wrapping.privateKey, wrapped));
  } catch (error) {
    if (error instanceof ImportFailure) return error.message;
    throw error;
  }
}

function readName(value: unknown, field: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(`Field ${field} is required.`);
}
