/** A stand-in with an import-only HSM key and an import job, all made by Google's own client. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, type KeyObject } from "node:crypto";
import { testKey } from "../support/test_keys.ts";
import { sharedCloudKms } from "./cloud_kms_client.ts";
import { LOCATION, once, pkcs8, sdkClient, wrap } from "./cloud_kms_sdk.ts";

export const KEY_RING = `${LOCATION}/keyRings/imports`;
export const CRYPTO_KEY = `${KEY_RING}/cryptoKeys/app`;
export const JOB = `${KEY_RING}/importJobs/first`;

export const text = Buffer.from("a text");
export const digest = createHash("sha256").update(text).digest();

export type Algorithm = `RSA_SIGN_PKCS1_${2048 | 3072 | 4096}_SHA256` | "EC_SIGN_ED25519";

export function rsaKey(modulusLength: 2048 | 3072 | 4096): KeyObject {
  return testKey(`rsa${modulusLength}`);
}

/** What one file of tests shares: keys and jobs take a second each to make. */
export async function importStage(clock: () => number) {
  const kms = await sharedCloudKms({ clock });
  const google = await sdkClient(kms);
  await google.createKeyRing({ parent: LOCATION, keyRingId: "imports", keyRing: {} }, once);
  await google.createCryptoKey({
    parent: KEY_RING,
    cryptoKeyId: "app",
    skipInitialVersionCreation: true,
    cryptoKey: {
      purpose: "ASYMMETRIC_SIGN",
      importOnly: true,
      versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "HSM" },
    },
  }, once);
  /** Creates an import job in the ring. @returns what its creator is told */
  const createJob = async (importJobId: string, bits: 3072 | 4096 = 3072) => {
    const importMethod = `RSA_OAEP_${bits}_SHA256_AES_256` as const;
    const importJob = { importMethod, protectionLevel: "HSM" } as const;
    const [job] = await google.createImportJob({ parent: KEY_RING, importJobId, importJob }, once);
    return job;
  };
  const getJob = async (name: string) => (await google.getImportJob({ name }, once))[0];
  const created = await createJob("first");
  const active = await getJob(JOB);
  const wrappingPem = active.publicKey?.pem ?? "";
  const rsa2048 = rsaKey(2048);
  return {
    kms,
    google,
    createJob,
    getJob,
    created,
    active,
    wrappingPem,
    rsa2048,
    /** A wrapping with which nothing is wrong, of a key of 2048 bits. */
    good: () => wrap(wrappingPem, pkcs8(rsa2048)),
    /** Imports into a new version, or into one that is named. @returns its name */
    async importKey(
      wrappedKey: Uint8Array,
      algorithm: Algorithm = "RSA_SIGN_PKCS1_2048_SHA256",
      bend: { readonly cryptoKeyVersion?: string; readonly importJob?: string } = {},
    ): Promise<string> {
      const request = { parent: CRYPTO_KEY, algorithm, importJob: JOB, wrappedKey, ...bend };
      const [version] = await google.importCryptoKeyVersion(request, once);
      assert.equal(version.state, "PENDING_IMPORT");
      return version.name ?? "";
    },
    /** The state, and why an import failed. */
    async stateOf(name: string): Promise<readonly [unknown, unknown]> {
      const [version] = await google.getCryptoKeyVersion({ name }, once);
      return [version.state, version.importFailureReason];
    },
    async sign(name: string): Promise<void> {
      await google.asymmetricSign({ name, digest: { sha256: digest } }, once);
    },
  };
}
