/** The private key on its way into the HSM: how it is wrapped, and what is left of it. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import { openImportMaterial } from "../../../src/adapters/signing/key_import_material.ts";
import { testKey, testKeyPem } from "../../support/test_keys.ts";

Deno.test("what is wrapped, openssl unwraps to the key", async () => {
  const material = openImportMaterial(Buffer.from(testKeyPem("rsa4096")));
  const job = testKey("rsa3072");
  const wrapped = material.wrap(createPublicKey(job));
  const folder = await Deno.makeTempDir();
  const run = async (...args: readonly string[]) => {
    const { success, stdout, stderr } = await new Deno.Command("openssl", {
      args: [...args],
      cwd: folder,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return Buffer.from(stdout);
  };
  try {
    await Deno.writeTextFile(`${folder}/job`, testKeyPem("rsa3072"));
    await Deno.writeFile(`${folder}/first`, wrapped.subarray(0, 384));
    await Deno.writeFile(`${folder}/second`, wrapped.subarray(384));
    const oaep = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]
      .flatMap((option) => ["-pkeyopt", option]);
    const aesKey = await run("pkeyutl", "-decrypt", "-inkey", "job", ...oaep, "-in", "first");
    assert.equal(aesKey.length, 32);
    const unwrapping = ["enc", "-d", "-id-aes256-wrap-pad", "-iv", "A65959A6", "-K"];
    const pkcs8 = await run(...unwrapping, aesKey.toString("hex"), "-in", "second");
    assert.deepEqual(pkcs8, testKey("rsa4096").export({ type: "pkcs8", format: "der" }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  material.forget();
  assert.throws(() => material.wrap(createPublicKey(job)), /it is overwritten/);
});

Deno.test("the file that is read is overwritten, also when it is refused", () => {
  for (const text of [testKeyPem("rsa2048"), testKeyPem("rsa2048").slice(0, -60), "no key"]) {
    const file = Buffer.from(text);
    try {
      openImportMaterial(file).forget();
    } catch { /* Refused: what matters is what is left. */ }
    assert.ok(file.every((octet) => octet === 0));
  }
});
