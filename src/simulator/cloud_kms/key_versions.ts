/**
 * The crypto key versions that the stand-in holds: real RSA and Ed25519 keys, made when asked for and gone with
 * the process. A version that is disabled may stay usable for a while, as Google documents; one that
 * is enabled works at once.
 */
import { generateKeyPair, type KeyObject } from "node:crypto";
import {
  type Algorithm,
  algorithms,
  type ProtectionLevel,
  protectionLevels,
  requireMember,
  type State,
  states,
} from "./enums.ts";
import { parseResourceName, type ResourceName } from "./resource_name.ts";

/** One key version. */
export interface KeyVersion {
  readonly resource: ResourceName;
  readonly algorithm: Algorithm;
  readonly protectionLevel: ProtectionLevel;
  readonly createTime: string;
  readonly privateKey: KeyObject;
  readonly publicKeyPem: string;
  /** What `GET` reports. */
  readonly state: State;
  /** What signing goes by: differs from `state` while a disabling has not taken effect. */
  readonly effectiveState: State;
}

export interface KeyVersionOptions {
  readonly algorithm?: string;
  readonly protectionLevel?: string;
  readonly state?: string;
}

export interface KeyVersions {
  /** Adds the next version of the one crypto key. */
  add(options: KeyVersionOptions): Promise<string>;
  get(name: string): KeyVersion | null;
  names(): readonly string[];
  /** @param effectiveAfterMs how long a change away from ENABLED takes to be felt by signing */
  setState(name: string, state: string, effectiveAfterMs?: number): void;
}

interface Held extends Omit<KeyVersion, "effectiveState"> {
  readonly until: { readonly state: State; readonly at: number } | null;
}

/** @param now milliseconds since the epoch */
export function createKeyVersions(now: () => number): KeyVersions {
  const versions = new Map<string, Held>();
  let last = 0;
  return {
    async add(options) {
      const algorithm = requireMember(
        algorithms,
        options.algorithm ?? "RSA_SIGN_PKCS1_2048_SHA256",
      );
      const protectionLevel = requireMember(protectionLevels, options.protectionLevel ?? "HSM");
      const state = requireMember(states, options.state ?? "ENABLED");
      const resource = parseResourceName(`${CRYPTO_KEY}/cryptoKeyVersions/${++last}`);
      if (!resource) {
        throw new Error("Cannot name the key version: the crypto key has no such name");
      }
      const createTime = new Date(now()).toISOString();
      const keys = await makeKey(algorithm);
      const held = {
        resource,
        algorithm,
        protectionLevel,
        createTime,
        state,
        until: null,
        ...keys,
      };
      versions.set(resource.name, held);
      return resource.name;
    },
    get(name) {
      const held = versions.get(name);
      if (!held) return null;
      const { until, ...version } = held;
      const late = until !== null && now() < until.at;
      return { ...version, effectiveState: late ? until.state : version.state };
    },
    names: () => [...versions.keys()],
    setState(name, text, effectiveAfterMs = 0) {
      const held = versions.get(name);
      if (!held) throw new Error(`Cannot set the state of ${name}: no such key version`);
      const state = requireMember(states, text);
      const late = state !== "ENABLED" && effectiveAfterMs > 0;
      const until = late ? { state: held.state, at: now() + effectiveAfterMs } : null;
      versions.set(name, { ...held, state, until });
    },
  };
}

const CRYPTO_KEY =
  "projects/box-office-sandbox/locations/europe-west4/keyRings/box-office/cryptoKeys/system-user";

function makeKey(algorithm: Algorithm): Promise<{ privateKey: KeyObject; publicKeyPem: string }> {
  return new Promise((resolve, reject) => {
    const made = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => {
      if (error) return reject(error);
      const pem = publicKey.export({ type: "spki", format: "pem" });
      resolve({ privateKey, publicKeyPem: pem.toString() });
    };
    if (algorithm === "EC_SIGN_ED25519") return generateKeyPair("ed25519", {}, made);
    generateKeyPair("rsa", { modulusLength: Number(/\d{4}/.exec(algorithm)?.[0]) }, made);
  });
}
