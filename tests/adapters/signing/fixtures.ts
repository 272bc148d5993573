import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  createGoogleKmsSigner,
  type GoogleKmsOptions,
} from "../../../src/adapters/signing/google_kms.ts";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import { SignerFault } from "../../../src/domain/signer_fault.ts";
import type { CloudKmsSimulator } from "../../../src/simulator/cloud_kms/server.ts";
import type { Signer } from "../../../src/usecases/ports.ts";
import { startKms } from "../../support/kms.ts";

export const text = "Box Office-AbCdEf1234.202611221200";

/** A stand-in for all tests of a file: a key takes a tenth of a second to make. */
export async function sharedCloudKms(): Promise<CloudKmsSimulator> {
  const kms = await startKms();
  Deno.test.beforeEach(() => kms.fault(null));
  Deno.test.afterAll(() => kms.close());
  return kms;
}

export function signerFor(
  kms: Pick<CloudKmsSimulator, "url" | "keyVersion">,
  options: Partial<GoogleKmsOptions> = {},
): Signer {
  return createGoogleKmsSigner({
    keyVersion: kms.keyVersion,
    endpoint: new URL(kms.url),
    protectionLevel: "HSM",
    // Generous: only tests of silence wait for a deadline, and those set their own.
    timeoutMs: 10_000,
    userAgent: "box-office/test",
    host: createThreadHost(),
    ...options,
  });
}

/** Signs until it works, so that a slow machine does not spend a short deadline on the first call. */
export async function warm(signer: Signer): Promise<Signer> {
  for (;;) {
    try {
      await signer.sign(text, { attempt: "warm" });
      return signer;
    } catch (error) {
      if (!(error instanceof SignerFault) || error.reason !== "timeout") throw error;
    }
  }
}

/** The fault that a signature fails with. */
export function faultOf(signer: Signer, signal?: AbortSignal): Promise<SignerFault> {
  return faultIn(signer.sign(text, { attempt: "attempt-1", ...(signal && { signal }) }));
}

/** The fault that some work fails with. */
export async function faultIn(work: Promise<unknown>): Promise<SignerFault> {
  const error: unknown = await work.then(() => null, (reason) => reason);
  assert.ok(error instanceof SignerFault, `not a SignerFault: ${Deno.inspect(error)}`);
  return error;
}

/** What the attempt loop reads of a fault. */
export function judged(
  { reason, retryable, retryAfterMs }: SignerFault,
): [string, boolean, number] {
  return [reason, retryable, retryAfterMs];
}

/** Whether `openssl dgst -sha256 -verify` takes the signature. */
export async function opensslVerifies(
  publicKeyPem: string,
  signed: string,
  signature: Uint8Array,
): Promise<boolean> {
  const directory = await Deno.makeTempDir();
  try {
    const [key, data, sig] = ["key.pem", "data", "sig"].map((name) => `${directory}/${name}`);
    assert.ok(key && data && sig);
    await Deno.writeTextFile(key, publicKeyPem);
    await Deno.writeTextFile(data, signed);
    await Deno.writeFile(sig, signature);
    const args = ["dgst", "-sha256", "-verify", key, "-signature", sig, data];
    return (await new Deno.Command("openssl", { args }).output()).success;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

export function makeRsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength }).privateKey;
}

export function pkcs8Of(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The elements of RSAXML, in the order .NET writes them. */
export function xmlElements(pem: string): [element: string, base64: string][] {
  const jwk = createPrivateKey(pem).export({ format: "jwk" });
  const base64 = (member: string | undefined) =>
    Buffer.from(member ?? "", "base64url").toString("base64");
  return [
    ["Modulus", base64(jwk.n)],
    ["Exponent", base64(jwk.e)],
    ["P", base64(jwk.p)],
    ["Q", base64(jwk.q)],
    ["DP", base64(jwk.dp)],
    ["DQ", base64(jwk.dq)],
    ["InverseQ", base64(jwk.qi)],
    ["D", base64(jwk.d)],
  ];
}

export function rsaXml(elements: readonly (readonly [string, string])[]): string {
  const inner = elements.map(([name, value]) => `<${name}>${value}</${name}>`).join("");
  return `<RSAKeyValue>${inner}</RSAKeyValue>`;
}
