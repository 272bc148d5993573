/**
 * The methods that use a key: `AsymmetricSign`, `GetPublicKey`, `Encrypt`, `Decrypt`. Order of
 * refusals: existence, state, purpose, request; but a ciphertext says first which version it needs.
 */
import { decryptAnswer, encryptAnswer, type Json, publicKeyAnswer, signAnswer } from "./answer.ts";
import { readSignRequest, signInput } from "./asymmetric_sign.ts";
import type { Call, World } from "./call.ts";
import {
  decrypt as decryptWith,
  encrypt as encryptWith,
  readDecryptRequest,
  readEncryptRequest,
  undecipherable,
} from "./encrypt.ts";
import type { AsymmetricMaterial, KeyMaterial, SymmetricMaterial } from "./key_material.ts";
import type { CryptoKey } from "./key_rings.ts";
import type { KeyVersion } from "./key_versions.ts";
import { KmsError } from "./kms_error.ts";

export function asymmetricSign(world: World, { resource, body, write }: Call): Json {
  const version = world.keyVersions.require(resource.name);
  const material = requireAsymmetric(requireUsable(version), version);
  const request = readSignRequest(version, body);
  const signature = signInput(material, request.input);
  world.signed();
  return signAnswer(version, request, signature, write);
}

export function getPublicKey(world: World, { resource, write }: Call): Json {
  const version = world.keyVersions.require(resource.name);
  const { publicKeyPem } = requireAsymmetric(requireUsable(version), version);
  return publicKeyAnswer(version, publicKeyPem, write);
}

/** By a crypto key's primary version, or by a version of its own choice. */
export function encrypt(world: World, { resource, body, write }: Call): Json {
  const version = resource.kind === "cryptoKeyVersion"
    ? world.keyVersions.require(resource.name)
    : requirePrimary(world, world.keyRings.requireKey(resource.name));
  const material = requireSymmetric(requireUsable(version), version.resource.parent);
  return encryptAnswer(
    version,
    encryptWith(material, version, readEncryptRequest(version, body)),
    write,
  );
}

/** By whichever version made the ciphertext. */
export function decrypt(world: World, { resource, body, write }: Call): Json {
  const key = world.keyRings.requireKey(resource.name);
  requirePurpose(key);
  const request = readDecryptRequest(body);
  const version = world.keyVersions.get(`${resource.name}/cryptoKeyVersions/${request.version}`);
  if (!version) throw undecipherable();
  const material = requireSymmetric(requireUsable(version), resource.name);
  return decryptAnswer(decryptWith(material, version, key, request), write);
}

/**
 * Everything needs ENABLED. Sources differ on the public key of a version that is not; this is the
 * stricter reading.
 */
function requireUsable({ resource, effectiveState: state, material }: KeyVersion): KeyMaterial {
  if (state === "ENABLED" && material !== null) return material;
  const violation = { type: `KEY_${state}`, subject: resource.name };
  throw new KmsError(
    "FAILED_PRECONDITION",
    `${resource.name} is not enabled, current state is: ${state}.`,
    [{ "@type": "type.googleapis.com/google.rpc.PreconditionFailure", violations: [violation] }],
  );
}

function requireAsymmetric(material: KeyMaterial, { resource }: KeyVersion): AsymmetricMaterial {
  if ("privateKey" in material) return material;
  throw wrongPurpose(resource.parent, "ASYMMETRIC_SIGN");
}

function requireSymmetric(material: KeyMaterial, cryptoKey: string): SymmetricMaterial {
  if ("secretKey" in material) return material;
  throw wrongPurpose(cryptoKey, "ENCRYPT_DECRYPT");
}

function requirePurpose({ resource, purpose }: CryptoKey): void {
  if (purpose !== "ENCRYPT_DECRYPT") throw wrongPurpose(resource.name, "ENCRYPT_DECRYPT");
}

function requirePrimary({ keyVersions }: World, key: CryptoKey): KeyVersion {
  requirePurpose(key);
  if (key.primary !== null) return keyVersions.require(key.primary);
  throw new KmsError("FAILED_PRECONDITION", `${key.resource.name} has no primary version.`);
}

function wrongPurpose(cryptoKey: string, needed: string): KmsError {
  return new KmsError("FAILED_PRECONDITION", `${cryptoKey} is not a key of purpose ${needed}.`);
}
