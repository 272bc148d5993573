/**
 * The methods that look after key rings, crypto keys and versions. What is output only may stand in a
 * request, as clients send back what they were given, and is not read.
 */
import type { Json } from "./answer.ts";
import type { Call, World } from "./call.ts";
import { algorithms, protectionLevels, purposeOf, purposes, states } from "./enums.ts";
import type { CryptoKey, CryptoKeyOptions } from "./key_rings.ts";
import type { KeyVersion } from "./key_versions.ts";
import { KmsError } from "./kms_error.ts";
import {
  invalid,
  readEnum,
  readFlag,
  readId,
  readLabels,
  readObject,
  readPage,
  readSeconds,
  requireEnum,
} from "./request.ts";
import { cryptoKeyAnswer, keyRingAnswer, versionAnswer } from "./resource_answer.ts";

export function createKeyRing({ keyRings }: World, { resource, query, body }: Call): Json {
  readObject(body ?? {}, ["name", "createTime"]);
  return keyRingAnswer(keyRings.addRing(resource.name, readId(query, "keyRingId")));
}

export function getKeyRing({ keyRings }: World, { resource }: Call): Json {
  return keyRingAnswer(keyRings.requireRing(resource.name));
}

export function listKeyRings({ keyRings }: World, { resource, query }: Call): Json {
  return pageAnswer(query, "keyRings", keyRings.rings(resource.name), keyRingAnswer);
}

/** With a first version, unless asked to leave it out; an import-only key cannot have one made. */
export async function createCryptoKey(world: World, call: Call): Promise<Json> {
  const { resource, query, body, write } = call;
  const id = readId(query, "cryptoKeyId");
  const options = readCryptoKey(body);
  const skip = readFlag(query.get("skipInitialVersionCreation"), "skip_initial_version_creation");
  if (options.importOnly && !skip) {
    throw invalid("skip_initial_version_creation must be set for an import only CryptoKey.");
  }
  const key = world.keyRings.addKey(resource.name, id, options);
  if (skip) return cryptoKeyAnswer(key, null, write);
  const version = await makeVersion(world, key, "ENABLED");
  if (key.purpose !== "ENCRYPT_DECRYPT") return cryptoKeyAnswer(key, null, write);
  const { name } = version.resource;
  return cryptoKeyAnswer(world.keyRings.setPrimary(key.resource.name, name), version, write);
}

export function getCryptoKey(world: World, { resource, write }: Call): Json {
  const key = world.keyRings.requireKey(resource.name);
  return cryptoKeyAnswer(key, primaryOf(world, key), write);
}

export function listCryptoKeys(world: World, { resource, query, write }: Call): Json {
  const keys = world.keyRings.keys(resource.name);
  return pageAnswer(
    query,
    "cryptoKeys",
    keys,
    (key) => cryptoKeyAnswer(key, primaryOf(world, key), write),
  );
}

export function updateCryptoKeyPrimaryVersion(world: World, call: Call): Json {
  const { resource, body, write } = call;
  const key = world.keyRings.requireKey(resource.name);
  const { cryptoKeyVersionId } = readObject(body, ["name", "cryptoKeyVersionId"]);
  if (key.purpose !== "ENCRYPT_DECRYPT") {
    throw new KmsError("FAILED_PRECONDITION", `${resource.name} cannot have a primary version.`);
  }
  const version = world.keyVersions.require(
    `${resource.name}/cryptoKeyVersions/${String(cryptoKeyVersionId)}`,
  );
  const { name } = version.resource;
  return cryptoKeyAnswer(world.keyRings.setPrimary(resource.name, name), version, write);
}

export async function createCryptoKeyVersion(world: World, call: Call): Promise<Json> {
  const key = world.keyRings.requireKey(call.resource.name);
  const { state } = readObject(call.body ?? {}, VERSION);
  if (key.importOnly) {
    throw new KmsError(
      "FAILED_PRECONDITION",
      `${key.resource.name} may contain imported versions only.`,
    );
  }
  const wanted = readEnum(states, state, "crypto_key_version.state") ?? "ENABLED";
  if (wanted !== "ENABLED" && wanted !== "DISABLED") throw notSettable(wanted);
  return versionAnswer(await makeVersion(world, key, wanted), call.write);
}

export function getCryptoKeyVersion({ keyVersions }: World, { resource, write }: Call): Json {
  return versionAnswer(keyVersions.require(resource.name), write);
}

export function listCryptoKeyVersions(world: World, { resource, query, write }: Call): Json {
  world.keyRings.requireKey(resource.name);
  const versions = world.keyVersions.list(resource.name);
  return pageAnswer(query, "cryptoKeyVersions", versions, (it) => versionAnswer(it, write));
}

/** Between ENABLED and DISABLED; nothing else of a version can be changed here. */
export function updateCryptoKeyVersion(world: World, call: Call): Json {
  const { name } = call.resource;
  const version = world.keyVersions.require(name);
  const state = readEnum(states, readObject(call.body, VERSION).state, "crypto_key_version.state");
  if (call.query.get("updateMask") !== "state") throw invalid("update_mask must be: state");
  if (state !== "ENABLED" && state !== "DISABLED") throw notSettable(state);
  requireState(version, ["ENABLED", "DISABLED"]);
  world.keyVersions.setState(name, state, world.timing.disablingMs);
  return versionAnswer(world.keyVersions.require(name), call.write);
}

export function destroyCryptoKeyVersion(world: World, { resource, body, write }: Call): Json {
  readObject(body ?? {}, ["name"]);
  requireState(world.keyVersions.require(resource.name), ["ENABLED", "DISABLED"]);
  const { destroyScheduledSeconds } = world.keyRings.requireKey(resource.parent);
  world.keyVersions.destroy(resource.name, destroyScheduledSeconds * 1000);
  return versionAnswer(world.keyVersions.require(resource.name), write);
}

/** To DISABLED: somebody has to want it back. */
export function restoreCryptoKeyVersion(world: World, { resource, body, write }: Call): Json {
  readObject(body ?? {}, ["name"]);
  requireState(world.keyVersions.require(resource.name), ["DESTROY_SCHEDULED"]);
  world.keyVersions.setState(resource.name, "DISABLED");
  return versionAnswer(world.keyVersions.require(resource.name), write);
}

/** One page of a list. An empty list has no member for it. */
export function pageAnswer<T>(
  query: URLSearchParams,
  member: string,
  all: readonly T[],
  answer: (it: T) => Json,
): Json {
  const { page, nextPageToken } = readPage(query, all);
  return {
    ...(page.length > 0 && { [member]: page.map(answer) }),
    ...(nextPageToken !== null && { nextPageToken }),
    ...(all.length > 0 && { totalSize: all.length }),
  };
}

const KEY = [
  "name",
  "primary",
  "purpose",
  "createTime",
  "versionTemplate",
  "labels",
  "importOnly",
  "destroyScheduledDuration",
] as const;

const VERSION = [
  "name",
  "state",
  "protectionLevel",
  "algorithm",
  "createTime",
  "generateTime",
  "destroyTime",
  "destroyEventTime",
  "importJob",
  "importTime",
  "importFailureReason",
  "reimportEligible",
] as const;

const DAY = 24 * 3600;

function readCryptoKey(body: unknown): CryptoKeyOptions {
  const key = readObject(body, KEY);
  const template = readObject(key.versionTemplate ?? {}, ["protectionLevel", "algorithm"]);
  const purpose = requireEnum(purposes, key.purpose, "crypto_key.purpose");
  const field = "crypto_key.version_template.algorithm";
  const implied = purpose === "ENCRYPT_DECRYPT" ? "GOOGLE_SYMMETRIC_ENCRYPTION" : null;
  const algorithm = readEnum(algorithms, template.algorithm, field) ?? implied;
  if (algorithm === null) throw invalid(`Field ${field} is required.`);
  if (purposeOf(algorithm) !== purpose) {
    throw invalid(`The algorithm ${algorithm} is not one for the purpose ${purpose}.`);
  }
  const level = readEnum(
    protectionLevels,
    template.protectionLevel,
    "crypto_key.version_template.protection_level",
  );
  if (level !== null && level !== "SOFTWARE" && level !== "HSM") {
    throw new KmsError("UNIMPLEMENTED", `This stand-in holds no keys of ${level}.`);
  }
  const seconds = readSeconds(key.destroyScheduledDuration, "destroy_scheduled_duration");
  if (seconds !== null && (seconds < DAY || seconds > 120 * DAY)) {
    throw invalid("destroy_scheduled_duration must be between 24 hours and 120 days.");
  }
  return {
    purpose,
    algorithm,
    protectionLevel: level ?? "SOFTWARE",
    importOnly: readFlag(key.importOnly, "crypto_key.import_only"),
    destroyScheduledSeconds: seconds ?? 30 * DAY,
    labels: readLabels(key.labels),
  };
}

/** A symmetric SOFTWARE key is there at once; whatever else is made is first seen pending. */
function makeVersion(
  { keyVersions, timing }: World,
  { resource, algorithm, protectionLevel }: CryptoKey,
  state: "ENABLED" | "DISABLED",
): Promise<KeyVersion> {
  const atOnce = purposeOf(algorithm) === "ENCRYPT_DECRYPT" && protectionLevel === "SOFTWARE";
  const pendingMs = atOnce ? null : timing.pendingMs;
  return keyVersions.make(resource.name, { algorithm, protectionLevel, state, pendingMs });
}

function primaryOf({ keyVersions }: World, { primary }: CryptoKey): KeyVersion | null {
  return primary === null ? null : keyVersions.get(primary);
}

function requireState({ resource, state }: KeyVersion, allowed: readonly string[]): void {
  if (allowed.includes(state)) return;
  throw new KmsError(
    "FAILED_PRECONDITION",
    `${resource.name} must be ${allowed.join(" or ")}, current state is: ${state}.`,
  );
}

function notSettable(state: string | null): KmsError {
  return invalid(`crypto_key_version.state cannot be set to ${state ?? "nothing"}.`);
}

/** Of a crypto key or a key ring. */
export function getIamPolicy({ keyRings, iamPolicies }: World, { resource }: Call): Json {
  if (resource.kind === "cryptoKey") keyRings.requireKey(resource.name);
  else keyRings.requireRing(resource.name);
  return iamPolicies.get(resource.name);
}
