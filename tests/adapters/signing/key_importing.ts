/** A Cloud KMS for the tests of one file, with imports of the same key into rings of their own. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { importKey, type KeyImportOptions } from "../../../src/adapters/signing/key_import.ts";
import { KeyImportFault } from "../../../src/adapters/signing/key_import_fault.ts";
import { openImportMaterial } from "../../../src/adapters/signing/key_import_material.ts";
import { createWaiting } from "../../../src/adapters/signing/key_import_waiting.ts";
import { createKmsAdmin } from "../../../src/adapters/signing/kms_admin.ts";
import { KmsAdminFault } from "../../../src/adapters/signing/kms_admin_fault.ts";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import { parseCryptoKeyName } from "../../../src/domain/crypto_key_name.ts";
import { LOCATION, sdkClient } from "../../simulator/cloud_kms_sdk.ts";
import { startKms } from "../../support/kms.ts";
import { testKeyPem } from "../../support/test_keys.ts";

let now = Date.parse("2026-11-28T12:00:00Z");
export const kms = await startKms({ clock: () => now });
Deno.test.afterAll(() => kms.close());
Deno.test.beforeEach(() => {
  kms.fault(null);
  kms.pending(0);
});
export const google = await sdkClient(kms);

let rings = 0;

/** An import of the same key into a ring of its own. */
export function importing(bend: Partial<KeyImportOptions> = {}): KeyImportOptions {
  const endpoint = new URL(kms.url);
  const shared = { endpoint, timeoutMs: 10_000, userAgent: "t/1", pause: () => Promise.resolve() };
  const cryptoKey = parseCryptoKeyName(`${LOCATION}/keyRings/ring${++rings}/cryptoKeys/app`)!;
  return {
    admin: createKmsAdmin({ ...shared, projectId: "box-office-sandbox", access: null }),
    proving: { ...shared, host: createThreadHost(), protectionLevel: "HSM" },
    material: openImportMaterial(Buffer.from(testKeyPem("rsa2048"))),
    cryptoKey,
    protectionLevel: "HSM",
    importJobId: null,
    now,
    waiting: waitingFor(60_000),
    tell: () => {},
    ...bend,
  };
}

/** The same, once more: what was imported is overwritten. */
export const again = (options: KeyImportOptions, bend: Partial<KeyImportOptions> = {}) => ({
  ...options,
  now,
  material: openImportMaterial(Buffer.from(testKeyPem("rsa2048"))),
  waiting: waitingFor(60_000),
  ...bend,
});

/** Lets time pass for Cloud KMS. */
export function pass(ms: number): void {
  now += ms;
}

/** Waits in no time: the stand-in's clock goes on. */
export function waitingFor(ms: number) {
  return createWaiting(ms, () => now, (pause) => {
    now += pause;
    return Promise.resolve();
  });
}

export const statesIn = ({ cryptoKey }: KeyImportOptions) =>
  kms.keyVersions().filter(({ resource }) => resource.parent === cryptoKey.name)
    .map(({ state }) => state);

export async function refusalOf(
  options: KeyImportOptions,
): Promise<KeyImportFault | KmsAdminFault> {
  const error: unknown = await importKey(options).then(() => null, (reason) => reason);
  assert.ok(error instanceof KeyImportFault || error instanceof KmsAdminFault, String(error));
  assert.match(error.message, /^Cannot [^\n]+: [^\n]+; [^\n]+$/);
  return error;
}

export async function problemOf(options: KeyImportOptions): Promise<string> {
  const fault = await refusalOf(options);
  return fault instanceof KeyImportFault ? fault.problem : fault.reason;
}
