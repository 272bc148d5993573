/**
 * Key rings and crypto keys: names, and what each crypto key says of its versions. Neither is ever
 * deleted, as with Google for most of its life. Key material lies elsewhere, with the versions.
 */
import type { Algorithm, ProtectionLevel, Purpose } from "./enums.ts";
import { KmsError } from "./kms_error.ts";
import { requireResourceName, type ResourceName } from "./resource_name.ts";

export interface KeyRing {
  readonly resource: ResourceName;
  readonly createTime: string;
}

export interface CryptoKeyOptions {
  readonly purpose: Purpose;
  /** Of versions that are made, not of those that are imported. */
  readonly algorithm: Algorithm;
  readonly protectionLevel: ProtectionLevel;
  readonly importOnly: boolean;
  readonly destroyScheduledSeconds: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface CryptoKey extends CryptoKeyOptions {
  readonly resource: ResourceName;
  readonly createTime: string;
  /** The name of the version that encrypts. */
  readonly primary: string | null;
}

export interface KeyRings {
  /** @throws KmsError ALREADY_EXISTS */
  addRing(location: string, id: string): KeyRing;
  /** @throws KmsError NOT_FOUND */
  requireRing(name: string): KeyRing;
  /** Those of a location, by name. */
  rings(location: string): readonly KeyRing[];
  /** @throws KmsError NOT_FOUND for the ring, ALREADY_EXISTS */
  addKey(ring: string, id: string, options: CryptoKeyOptions): CryptoKey;
  /** @throws KmsError NOT_FOUND */
  requireKey(name: string): CryptoKey;
  /** Those of a ring, by name. @throws KmsError NOT_FOUND */
  keys(ring: string): readonly CryptoKey[];
  setPrimary(key: string, version: string): CryptoKey;
}

/** @param now milliseconds since the epoch */
export function createKeyRings(now: () => number): KeyRings {
  const rings = new Map<string, KeyRing>();
  const keys = new Map<string, CryptoKey>();
  const createTime = () => new Date(now()).toISOString();
  const requireRing = (name: string) => requireIn(rings, name, "KeyRing");
  const requireKey = (name: string) => requireIn(keys, name, "CryptoKey");
  return {
    requireRing,
    requireKey,
    addRing(location, id) {
      const resource = requireResourceName(`${location}/keyRings/${id}`);
      return addTo(rings, { resource, createTime: createTime() }, "KeyRing");
    },
    rings: (location) => within(rings, location),
    addKey(ring, id, options) {
      requireRing(ring);
      const resource = requireResourceName(`${ring}/cryptoKeys/${id}`);
      const key = { ...options, resource, createTime: createTime(), primary: null };
      return addTo(keys, key, "CryptoKey");
    },
    keys(ring) {
      requireRing(ring);
      return within(keys, ring);
    },
    setPrimary(name, version) {
      const key = { ...requireKey(name), primary: version };
      keys.set(name, key);
      return key;
    },
  };
}

interface Named {
  readonly resource: ResourceName;
}

/** @throws KmsError ALREADY_EXISTS */
export function addTo<T extends Named>(held: Map<string, T>, it: T, kind: string): T {
  const { name } = it.resource;
  if (held.has(name)) throw new KmsError("ALREADY_EXISTS", `${kind} ${name} already exists.`);
  held.set(name, it);
  return it;
}

/** @throws KmsError NOT_FOUND */
export function requireIn<T>(held: ReadonlyMap<string, T>, name: string, kind: string): T {
  const it = held.get(name);
  if (it !== undefined) return it;
  throw new KmsError("NOT_FOUND", `${kind} ${name} not found.`);
}

/** What one resource contains, in the order of its names. */
export function within<T extends Named>(
  held: ReadonlyMap<string, T>,
  parent: string,
): readonly T[] {
  const inside = [...held.values()].filter(({ resource }) => resource.parent === parent);
  return inside.sort((a, b) => a.resource.name < b.resource.name ? -1 : 1);
}
