/**
 * Google's own client against the stand-in, as a stranger would use it, and key material wrapped for
 * an import as Google's guide has it.
 */
import { KeyManagementServiceClient } from "@google-cloud/kms";
import { aeskwp } from "@noble/ciphers/aes.js";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { constants, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";

export const LOCATION = "projects/box-office-sandbox/locations/europe-west4";

/** One try and a deadline for each call. */
export const once = { timeout: 60_000, retry: null } as const;

/** A client over REST that looks for no credentials; closed when the file's tests are done. */
export async function sdkClient({ url }: Pick<CloudKmsSimulator, "url">) {
  const { hostname, port } = new URL(url);
  const client = new KeyManagementServiceClient({
    fallback: true,
    projectId: "box-office-sandbox",
    apiEndpoint: hostname,
    port: Number(port),
    protocol: "http",
    apiKey: "none",
  });
  await client.initialize();
  Deno.test.afterAll(() => client.close());
  return client;
}

/** PKCS#8 in DER. */
export function pkcs8(key: KeyObject): Uint8Array {
  return key.export({ type: "pkcs8", format: "der" });
}

/** An AES-256 key under the job's RSA key, and the material under the AES key. */
export function wrap(
  wrappingPem: string,
  material: Uint8Array,
  { aesKey = randomBytes(32), usedAesKey = aesKey }: {
    readonly aesKey?: Uint8Array;
    /** The key that wraps the material, if it is not the one that is sent. */
    readonly usedAesKey?: Uint8Array;
  } = {},
): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrappedKey = publicEncrypt({ key: wrappingPem, padding, oaepHash: "sha256" }, aesKey);
  return Buffer.concat([wrappedKey, aeskwp(Uint8Array.from(usedAesKey)).encrypt(material)]);
}

/** What a call was refused with: gRPC's code, and Google's sentence. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly [number, string]> {
  const error: unknown = await call.then(() => null, (reason) => reason);
  assert.ok(error instanceof Error, "it was not refused");
  const { code } = error as Error & { readonly code?: number };
  return [code ?? -1, error.message];
}

/** gRPC's codes. */
export const codes = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  FAILED_PRECONDITION: 9,
} as const;
