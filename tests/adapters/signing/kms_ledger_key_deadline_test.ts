import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, sign } from "node:crypto";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import { crc32c } from "../../../src/adapters/signing/crc32c.ts";
import type { KmsSdk } from "../../../src/adapters/signing/kms_client.ts";
import { createKmsLedgerKey } from "../../../src/adapters/signing/kms_ledger_key.ts";
import type { CheckpointSigner } from "../../../src/usecases/ports.ts";
import { faultIn, judged } from "./fixtures.ts";

const name = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1";
const body = new TextEncoder().encode("tickets.example.com/ledger\n42\n");
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
const signature = sign(null, body, privateKey);

const answers = {
  getPublicKey: {
    name,
    pem,
    pemCrc32c: { value: String(crc32c(Buffer.from(pem))) },
    algorithm: "EC_SIGN_ED25519",
    protectionLevel: "HSM",
  },
  asymmetricSign: {
    name,
    signature,
    signatureCrc32c: { value: String(crc32c(signature)) },
    verifiedDataCrc32c: true,
    protectionLevel: "HSM",
  },
};

type Method = keyof typeof answers;

/** A key whose client never settles so many calls of one method; and what was asked of it. */
function hangingKey(stuck: Method, times: number): { key: CheckpointSigner; asked: Method[] } {
  const asked: Method[] = [];
  const act = (method: Method) => () => {
    asked.push(method);
    const hangs = method === stuck && asked.filter((it) => it === stuck).length <= times;
    return hangs ? new Promise<never>(() => {}) : Promise.resolve([answers[method]]);
  };
  class Client {
    initialize = () => Promise.resolve({});
    getPublicKey = act("getPublicKey");
    asymmetricSign = act("asymmetricSign");
  }
  const sdk = { KeyManagementServiceClient: Client } as unknown as KmsSdk;
  const key = createKmsLedgerKey({
    keyVersion: name,
    endpoint: null,
    timeoutMs: 20,
    userAgent: "box-office/test",
    host: createThreadHost(null, () => Promise.resolve(sdk)),
  });
  return { key, asked };
}

Deno.test("a client that hangs is asked twice, each time under the deadline", async () => {
  for (const stuck of ["getPublicKey", "asymmetricSign"] as const) {
    const { key, asked } = hangingKey(stuck, Infinity);
    assert.deepEqual(judged(await faultIn(key.sign(body))), ["timeout", true, 0]);
    assert.equal(asked.filter((method) => method === stuck).length, 2, stuck);
  }
});

Deno.test("a client that hung once is asked anew, and not waited for", async () => {
  for (const stuck of ["getPublicKey", "asymmetricSign"] as const) {
    const { key, asked } = hangingKey(stuck, 1);
    assert.deepEqual(Buffer.from(await key.sign(body)), signature);
    assert.equal(asked.filter((method) => method === stuck).length, 2, stuck);
  }
});
