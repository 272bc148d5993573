import assert from "node:assert/strict";
import { createHash, createPublicKey } from "node:crypto";
import {
  createLocalKeySigner,
  generateLocalKeyPem,
} from "../../../src/adapters/signing/local_key.ts";
import {
  faultOf,
  judged,
  makeRsaKey,
  opensslVerifies,
  pkcs8Of,
  rsaXml,
  text,
  xmlElements,
} from "./fixtures.ts";
import { testKeyPem } from "../../support/test_keys.ts";

const pem = generateLocalKeyPem();
const signer = createLocalKeySigner({ pem });
/** What every published vendor sample has. */
const smallKey = makeRsaKey(1024);

Deno.test("a signature of a local key verifies with openssl, of 1024, 2048 and 4096 bits", async () => {
  for (const key of [pkcs8Of(smallKey), pem, testKeyPem("rsa4096")]) {
    const local = createLocalKeySigner({ pem: key });
    const { signature, keyVersion } = await local.sign("ünïcode · text", { attempt: "a" });
    assert.equal(keyVersion, local.keyVersion);
    assert.ok(await opensslVerifies(local.publicKeyPem, "ünïcode · text", signature));
    assert.ok(!await opensslVerifies(local.publicKeyPem, "another text", signature));
  }
});

Deno.test("the key version is a digest of the public key, the same for every form of the key", () => {
  const der = createPublicKey(pem).export({ type: "spki", format: "der" });
  const expected = createHash("sha256").update(der).digest("hex").slice(0, 32);
  assert.equal(signer.keyVersion, `local:${expected}`);
  const pkcs1 = smallKey.export({ type: "pkcs1", format: "pem" }).toString();
  const forms = [pkcs8Of(smallKey), pkcs1, rsaXml(xmlElements(pkcs8Of(smallKey)))];
  const versions = forms.map((form) => createLocalKeySigner({ pem: form }).keyVersion);
  assert.equal(new Set(versions).size, 1);
  assert.notEqual(versions[0], signer.keyVersion);
});

Deno.test("RSAXML of 1024 bits signs as its PEM does, byte for byte", async () => {
  const fromPem = createLocalKeySigner({ pem: pkcs8Of(smallKey) });
  const fromXml = createLocalKeySigner({ pem: rsaXml(xmlElements(pkcs8Of(smallKey))) });
  const [a, b] = await Promise.all([fromPem, fromXml].map((s) => s.sign(text, { attempt: "a" })));
  assert.deepEqual(a?.signature, b?.signature);
  assert.equal(a?.signature.length, 128);
});

Deno.test("a generated key has 2048 bits, PKCS #8, and is another one every time", () => {
  assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
  assert.equal(createPublicKey(pem).asymmetricKeyDetails?.modulusLength, 2048);
  assert.notEqual(generateLocalKeyPem(), pem);
});

Deno.test("a caller that has left gets `aborted` and no signature", async () => {
  assert.deepEqual(judged(await faultOf(signer, AbortSignal.abort())), ["aborted", false, 0]);
});

Deno.test("a signer shows nothing of its private key", () => {
  const shown = `${Deno.inspect(signer, { depth: 9, showHidden: true })} ${JSON.stringify(signer)}`;
  assert.doesNotMatch(shown, /PRIVATE KEY/);
  const [, ...elements] = xmlElements(pem).filter(([name]) => name !== "Exponent");
  for (const [name, value] of elements) assert.ok(!shown.includes(value.slice(4, 40)), name);
});
