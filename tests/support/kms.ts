/** A Cloud KMS stand-in for tests: a new one each time, but for the making of its RSA keys. */

import { createPublicKey } from "node:crypto";
import type { MakeRsa } from "../../src/simulator/cloud_kms/key_material.ts";
import {
  type CloudKmsOptions,
  type CloudKmsSimulator,
  startCloudKms,
} from "../../src/simulator/cloud_kms/server.ts";
import { createTestKeys, testKey } from "./test_keys.ts";

/** As `startCloudKms`, a quarter of a second sooner, and a second for each import job. */
export function startKms(options: CloudKmsOptions = {}): Promise<CloudKmsSimulator> {
  return startCloudKms({ makeRsa: givingKeys(), ...options });
}

/** No two versions of 2048 bits have the same key; larger ones, and all import jobs, share one a size. */
function givingKeys(): MakeRsa {
  const nextKey = createTestKeys();
  return (modulusLength) => {
    const privateKey = modulusLength === 2048
      ? nextKey()
      : testKey(modulusLength === 3072 ? "rsa3072" : "rsa4096");
    const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "pem" });
    return Promise.resolve({ privateKey, publicKeyPem: publicKey.toString() });
  };
}
