/**
 * The crypto key versions that the stand-in holds: real keys, made when asked for or imported, and gone
 * with the process. States that end by themselves (pending, scheduled for destruction) end by the
 * clock. A version that is disabled may stay usable for a while, as Google documents; one that is
 * enabled works at once.
 */
import {
  type Algorithm,
  type ProtectionLevel,
  requireMember,
  type State,
  states,
} from "./enums.ts";
import { isSameMaterial, type KeyMaterial, makeMaterial, type MakeRsa } from "./key_material.ts";
import { requireIn, within } from "./key_rings.ts";
import { KmsError } from "./kms_error.ts";
import { requireResourceName, type ResourceName } from "./resource_name.ts";

/** One key version. */
export interface KeyVersion {
  readonly resource: ResourceName;
  readonly algorithm: Algorithm;
  readonly protectionLevel: ProtectionLevel;
  readonly createTime: string;
  /** Null while no import has succeeded. */
  readonly material: KeyMaterial | null;
  /** When the material was, or will be, there. */
  readonly readyTime: string;
  /** Null if the material was made here. */
  readonly importJob: string | null;
  readonly importFailureReason: string | null;
  /** What `GET` reports. */
  readonly state: State;
  /** When the state ends by itself, or began by itself; null for one that was set. */
  readonly changeTime: string | null;
  /** What use goes by: differs from `state` while a disabling has not taken effect. */
  readonly effectiveState: State;
}

export interface MakeOptions {
  readonly algorithm: Algorithm;
  readonly protectionLevel: ProtectionLevel;
  readonly state: State;
  /** How long it is PENDING_GENERATION before that; null: not even when its creator sees it. */
  readonly pendingMs: number | null;
}

export interface ImportOptions {
  readonly algorithm: Algorithm;
  readonly protectionLevel: ProtectionLevel;
  readonly importJob: string;
  /** The key, or why there is none. */
  readonly outcome: KeyMaterial | string;
  /** How long it is PENDING_IMPORT. */
  readonly pendingMs: number;
}

export interface KeyVersions {
  /** Makes the next version of a crypto key. @returns it as its creator sees it */
  make(cryptoKey: string, options: MakeOptions): Promise<KeyVersion>;
  /** @param name an existing version, or null for the next one of the crypto key */
  import(cryptoKey: string, name: string | null, options: ImportOptions): KeyVersion;
  get(name: string): KeyVersion | null;
  /** @throws KmsError NOT_FOUND */
  require(name: string): KeyVersion;
  /** Those of a crypto key, or all, oldest first. */
  list(cryptoKey?: string): readonly KeyVersion[];
  /** @param effectiveAfterMs how long a change away from ENABLED takes to be felt by use */
  setState(name: string, state: string, effectiveAfterMs?: number): void;
  /** DESTROY_SCHEDULED for so long, then DESTROYED. */
  destroy(name: string, scheduledMs: number): void;
}

interface Held extends Omit<KeyVersion, "effectiveState" | "changeTime"> {
  /** The state that follows by itself. */
  readonly next: { readonly state: State; readonly at: number } | null;
  /** The state that use goes by for a while. */
  readonly until: { readonly state: State; readonly at: number } | null;
}

/**
 * @param now milliseconds since the epoch
 * @param makeRsa makes RSA keys, if others than new ones
 */
export function createKeyVersions(now: () => number, makeRsa?: MakeRsa): KeyVersions {
  const versions = new Map<string, Held>();
  const counts = new Map<string, number>();
  const nextName = (cryptoKey: string) => {
    const count = (counts.get(cryptoKey) ?? 0) + 1;
    counts.set(cryptoKey, count);
    return requireResourceName(`${cryptoKey}/cryptoKeyVersions/${count}`);
  };
  const require = (name: string) => requireIn(versions, name, "CryptoKeyVersion");
  const put = (held: Held): KeyVersion => {
    versions.set(held.resource.name, held);
    return { ...held, effectiveState: held.state, changeTime: iso(held.next?.at ?? null) };
  };
  return {
    async make(cryptoKey, { algorithm, protectionLevel, state, pendingMs }) {
      const resource = nextName(cryptoKey);
      const at = now();
      const material = await makeMaterial(algorithm, makeRsa);
      return put({
        ...fresh(resource, at, at + (pendingMs ?? 0)),
        algorithm,
        protectionLevel,
        material,
        state: pendingMs === null ? state : "PENDING_GENERATION",
        next: pendingMs === null ? null : { state, at: at + pendingMs },
      });
    },
    import(cryptoKey, name, options) {
      const before = name === null ? null : require(name);
      const resource = before?.resource ?? nextName(cryptoKey);
      return put(imported(resource, before, now(), options));
    },
    get: (name) => versions.has(name) ? settle(require(name), now()) : null,
    require: (name) => settle(require(name), now()),
    list(cryptoKey) {
      const held = cryptoKey === undefined ? [...versions.values()] : within(versions, cryptoKey);
      const number = ({ resource }: Held) => Number(resource.version);
      return held.toSorted((a, b) => number(a) - number(b)).map((it) => settle(it, now()));
    },
    setState(name, text, effectiveAfterMs = 0) {
      const held = versions.get(name);
      if (!held) throw new Error(`Cannot set the state of ${name}: no such key version`);
      versions.set(name, withState(held, requireMember(states, text), now(), effectiveAfterMs));
    },
    destroy(name, scheduledMs) {
      const next = { state: "DESTROYED", at: now() + scheduledMs } as const;
      versions.set(name, { ...require(name), state: "DESTROY_SCHEDULED", until: null, next });
    },
  };
}

/**
 * Whether material may be imported into a version again: it came from an import, and is gone.
 * Source: `ImportCryptoKeyVersionRequest.crypto_key_version`.
 */
export function isReimportEligible({ importJob, state }: KeyVersion): boolean {
  return importJob !== null && (state === "DESTROYED" || state === "IMPORT_FAILED");
}

/**
 * @throws KmsError if this is not what the version once held, or it cannot be imported into
 */
export function requireReimportable(
  version: KeyVersion,
  algorithm: Algorithm,
  outcome: KeyMaterial | string,
): void {
  const { name } = version.resource;
  if (!isReimportEligible(version)) {
    throw new KmsError(
      "FAILED_PRECONDITION",
      `${name} is not eligible for reimport, current state is: ${version.state}.`,
    );
  }
  if (version.material === null) return;
  const same = typeof outcome === "string" || isSameMaterial(version.material, outcome);
  if (same && version.algorithm === algorithm) return;
  throw new KmsError(
    "INVALID_ARGUMENT",
    `The key material and algorithm must match those that ${name} has held before.`,
  );
}

/** @param before the version that is imported into again, if it is not a new one */
function imported(
  resource: ResourceName,
  before: Held | null,
  now: number,
  { outcome, pendingMs, ...options }: ImportOptions,
): Held {
  const at = now + pendingMs;
  const failed = typeof outcome === "string";
  return {
    ...fresh(resource, now, at),
    ...(before && { createTime: before.createTime }),
    ...options,
    // What was once imported is kept, so that nothing else can be imported in its place.
    material: failed ? before?.material ?? null : outcome,
    importFailureReason: failed ? outcome : null,
    state: "PENDING_IMPORT",
    next: { state: failed ? "IMPORT_FAILED" : "ENABLED", at },
  };
}

function withState(held: Held, state: State, now: number, effectiveAfterMs: number): Held {
  if (state === "ENABLED" && held.material === null) {
    throw new Error(`Cannot enable ${held.resource.name}: it has no key material`);
  }
  const late = state !== "ENABLED" && effectiveAfterMs > 0;
  const { effectiveState } = settle(held, now);
  const until = late ? { state: effectiveState, at: now + effectiveAfterMs } : null;
  return { ...held, state, until, next: null };
}

function fresh(resource: ResourceName, createdAt: number, readyAt: number) {
  return {
    resource,
    createTime: new Date(createdAt).toISOString(),
    readyTime: new Date(readyAt).toISOString(),
    importJob: null,
    importFailureReason: null,
    until: null,
  };
}

/** The version as it is at some time. */
function settle({ next, until, ...held }: Held, at: number): KeyVersion {
  const state = next !== null && at >= next.at ? next.state : held.state;
  const effectiveState = until !== null && at < until.at ? until.state : state;
  return { ...held, state, effectiveState, changeTime: iso(next?.at ?? null) };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
