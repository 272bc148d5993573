/** A Cloud KMS stand-in for tests: a new one each time, but for the making of its RSA keys. */

import { createPublicKey } from "node:crypto";
import { type MakeRsa, makeRsa } from "../../src/simulator/cloud_kms/key_material.ts";
import {
  type CloudKmsOptions,
  type CloudKmsSimulator,
  startCloudKms,
} from "../../src/simulator/cloud_kms/server.ts";
import { type TestKey, testKey } from "./test_keys.ts";

/** As `startCloudKms`, a quarter of a second sooner, and a second for each import job. */
export function startKms(options: CloudKmsOptions = {}): Promise<CloudKmsSimulator> {
  return startCloudKms({ makeRsa: createTestKeys(), ...options });
}

/** No two versions of 2048 bits have the same key; larger ones, and all import jobs, share one a size. */
function createTestKeys(): MakeRsa {
  const left: TestKey[] = ["kms1", "kms2", "kms3"];
  return async (modulusLength) => {
    const name = modulusLength === 2048
      ? left.shift()
      : modulusLength === 3072
      ? "rsa3072"
      : "rsa4096";
    if (name === undefined) return await makeRsa(modulusLength);
    const privateKey = testKey(name);
    const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "pem" });
    return { privateKey, publicKeyPem: publicKey.toString() };
  };
}
