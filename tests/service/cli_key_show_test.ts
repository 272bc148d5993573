/** `key show` as a process. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { Buffer } from "node:buffer";
import { createHash, createPublicKey } from "node:crypto";
import { opensslVerifies } from "../adapters/signing/fixtures.ts";
import { createThreadHost } from "../../src/adapters/signing/kms_host.ts";
import { createGoogleKmsSigner } from "../../src/adapters/signing/google_kms.ts";
import { startKms } from "../support/kms.ts";

const line = sharedCommandLine();

Deno.test("key show prints one public key as PEM, RSAXML and JWK, and openssl verifies with it", async () => {
  const kms = await startKms();
  try {
    const { url, keyVersion } = kms;
    const env = { KMS_ENDPOINT: url, KMS_KEY_VERSION: keyVersion };
    const show = (...args: readonly string[]) => line.run({ env, args: ["key", "show", ...args] });
    const { code, stdout, stderr } = await show("--json");
    assert.equal(code, 0, stderr);
    const shown = JSON.parse(stdout);
    const { key_version, state, algorithm, protection_level, import_job } = shown;
    assert.deepEqual([key_version, state, algorithm, protection_level, import_job], [
      keyVersion,
      "ENABLED",
      "RSA_SIGN_PKCS1_2048_SHA256",
      "HSM",
      null,
    ]);
    const der = createPublicKey(shown.pem).export({ type: "spki", format: "der" });
    assert.equal(shown.fingerprint, createHash("sha256").update(der).digest("hex"));
    assert.ok(
      createPublicKey({ key: shown.jwk, format: "jwk" }).equals(createPublicKey(shown.pem)),
    );
    const [, modulus, exponent] =
      /^<RSAKeyValue><Modulus>(.*)<\/Modulus><Exponent>(.*)<\/Exponent><\/RSAKeyValue>$/
        .exec(shown.rsa_xml)!;
    assert.equal(Buffer.from(modulus!, "base64").toString("base64url"), shown.jwk.n);
    assert.equal(Buffer.from(exponent!, "base64").toString("base64url"), shown.jwk.e);
    const signer = createGoogleKmsSigner({
      keyVersion,
      endpoint: new URL(url),
      protectionLevel: "HSM",
      timeoutMs: 10_000,
      userAgent: "t/1",
      host: createThreadHost(),
    });
    const { signature } = await signer.sign("a text", { attempt: "1" });
    const pem = (await show("--format", "pem")).stdout;
    assert.ok(await opensslVerifies(pem, "a text", signature));
    const all = (await show()).stdout;
    for (const form of [pem, shown.rsa_xml, JSON.stringify(shown.jwk), shown.fingerprint]) {
      assert.ok(all.includes(form), form);
    }
  } finally {
    await kms.close();
  }
});

Deno.test("a version that is not there, not enabled or not ours to see is said by name", async () => {
  const kms = await startKms();
  try {
    const { url, keyVersion } = kms;
    const show = (...args: readonly string[]) =>
      line.run({ env: { KMS_ENDPOINT: url }, args: ["key", "show", ...args] });
    const none = await show();
    assert.deepEqual([none.code, none.stdout], [2, ""]);
    assert.match(none.stderr, /neither --key-version nor KMS_KEY_VERSION is set/);
    const absent = await show("--key-version", `${keyVersion}00`);
    assert.deepEqual([absent.code, absent.stdout], [2, ""]);
    assert.match(absent.stderr, /^Cannot look at the key version: it is not there; /);
    kms.setState(keyVersion, "DISABLED");
    const disabled = await show("--key-version", keyVersion, "--json");
    assert.equal(disabled.code, 0, disabled.stderr);
    const { state, pem, fingerprint } = JSON.parse(disabled.stdout);
    assert.deepEqual([state, pem, fingerprint], ["DISABLED", null, null]);
    assert.match(disabled.stderr, /This version is DISABLED: it signs nothing/);
    const form = await show("--key-version", keyVersion, "--format", "pem");
    assert.equal(form.code, 2);
    kms.fault({ kind: "status", status: "PERMISSION_DENIED", method: "getCryptoKeyVersion" });
    const denied = await show("--key-version", keyVersion);
    assert.equal(denied.code, 2);
    assert.match(denied.stderr, /cloudkms\.cryptoKeyVersions\.get is refused; have it granted/);
  } finally {
    await kms.close();
  }
});
