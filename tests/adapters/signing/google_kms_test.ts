import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import { loadKmsSdk } from "../../../src/adapters/signing/kms_client.ts";
import { faultOf, judged, opensslVerifies, sharedCloudKms, signerFor, text } from "./fixtures.ts";

const kms = await sharedCloudKms();

interface Entry {
  readonly protoPayload: {
    readonly methodName: string;
    readonly status: Readonly<Record<string, unknown>>;
    readonly request: { readonly digest?: { readonly sha256: string } };
    readonly requestMetadata: {
      readonly callerSuppliedUserAgent: string;
      readonly requestAttributes: { readonly reason?: string };
    };
  };
}

/** Audit entries of one method since so many entries ago. */
function entriesSince(count: number, method: string): Entry["protoPayload"][] {
  const entries = kms.auditEntries().slice(count) as Entry[];
  return entries.map((entry) => entry.protoPayload).filter((call) => call.methodName === method);
}

Deno.test("a signature of Cloud KMS verifies with openssl, for every key size", async () => {
  const larger = [3072, 4096].map((bits) =>
    kms.addKeyVersion({ algorithm: `RSA_SIGN_PKCS1_${bits}_SHA256` })
  );
  for (const keyVersion of [kms.keyVersion, ...await Promise.all(larger)]) {
    const signer = signerFor(kms, { keyVersion });
    const signed = await signer.sign("ünïcode · text", { attempt: "a" });
    assert.equal(signed.keyVersion, keyVersion);
    const pem = kms.publicKeyPem(keyVersion);
    assert.ok(await opensslVerifies(pem, "ünïcode · text", signed.signature));
    assert.ok(!await opensslVerifies(pem, "another text", signed.signature));
  }
});

Deno.test("one sign is one attempt, and the log names it by digest, attempt and agent", async () => {
  const before = kms.auditEntries().length;
  await signerFor(kms).sign(text, { attempt: "attempt-7" });
  const calls = entriesSince(before, "AsymmetricSign");
  assert.equal(calls.length, 1);
  const [{ request, requestMetadata } = assert.fail()] = calls;
  assert.equal(request.digest?.sha256, createHash("sha256").update(text).digest("hex"));
  assert.equal(requestMetadata.requestAttributes.reason, "attempt-7");
  assert.match(requestMetadata.callerSuppliedUserAgent, /^box-office\/test /);
});

Deno.test("a failed attempt is not repeated by Google's client", async () => {
  const signer = signerFor(kms);
  await signer.sign(text, { attempt: "a" });
  for (const status of ["UNAVAILABLE", "DEADLINE_EXCEEDED"] as const) {
    kms.fault({ kind: "status", status });
    const before = kms.auditEntries().length;
    await faultOf(signer);
    assert.equal(entriesSince(before, "AsymmetricSign").length, 1, status);
  }
});

Deno.test("the public key is fetched once, however many first signatures there are", async () => {
  const before = kms.auditEntries().length;
  const signer = signerFor(kms);
  await Promise.all(Array.from({ length: 8 }, () => signer.sign(text, { attempt: "a" })));
  await signer.sign(text, { attempt: "b" });
  assert.equal(entriesSince(before, "GetPublicKey").length, 1);
  assert.equal(entriesSince(before, "AsymmetricSign").length, 9);
});

Deno.test("no signature is asked for while the public key cannot be had", async () => {
  const before = kms.signatures();
  const signer = signerFor(kms);
  kms.fault({ kind: "status", status: "UNAVAILABLE", method: "getPublicKey" });
  assert.deepEqual(judged(await faultOf(signer)), ["unavailable", true, 0]);
  assert.equal(kms.signatures(), before);
  kms.fault(null);
  await signer.sign(text, { attempt: "b" });
  assert.equal(kms.signatures(), before + 1);
});

Deno.test("a public key under which nothing verifies is fetched anew", async () => {
  const pem = kms.publicKeyPem(await kms.addKeyVersion({}));
  kms.fault({ kind: "wrong_pem", pem, method: "getPublicKey", calls: 1 });
  const signer = signerFor(kms);
  assert.deepEqual(judged(await faultOf(signer)), ["bad_signature", true, 0]);
  await signer.sign(text, { attempt: "b" });
});

Deno.test("Google's package is not loaded before the first signature, and only once", async () => {
  let loads = 0;
  const loadSdk = () => {
    loads++;
    return loadKmsSdk();
  };
  const signer = signerFor(kms, { host: createThreadHost(null, loadSdk) });
  assert.equal(loads, 0);
  await faultOf(signer, AbortSignal.abort());
  assert.equal(loads, 0);
  await signer.sign(text, { attempt: "a" });
  await signer.sign(text, { attempt: "b" });
  assert.equal(loads, 1);
});

Deno.test("nothing imports Google's package except on demand", async () => {
  const { pathname } = new URL("../../../src/adapters/signing/google_kms.ts", import.meta.url);
  const args = ["info", "--json", pathname];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  const info: {
    modules: { dependencies?: { specifier: string; isDynamic?: boolean; code?: unknown }[] }[];
  } = JSON.parse(new TextDecoder().decode(stdout));
  const imports = info.modules.flatMap(({ dependencies = [] }) => dependencies)
    .filter(({ specifier, code }) => specifier.startsWith("@google-cloud/kms") && code);
  assert.ok(imports.length > 0);
  assert.ok(imports.every(({ isDynamic }) => isDynamic));
});

Deno.test("an endpoint that would carry credentials in the clear is refused", () => {
  for (const url of ["http://kms.example.test", "http://10.0.0.1:8080", "ftp://127.0.0.1"]) {
    assert.throws(
      () => signerFor(kms, { endpoint: new URL(url) }),
      /^Error: Cannot use the Cloud KMS endpoint/,
    );
  }
  for (const url of ["http://localhost:1", "http://[::1]:1", "https://kms.example.test"]) {
    assert.equal(signerFor(kms, { endpoint: new URL(url) }).keyVersion, kms.keyVersion);
  }
});

Deno.test("a key version that is not one is refused before anything is sent", () => {
  const cryptoKey = kms.keyVersion.replace(/\/cryptoKeyVersions\/1$/, "");
  for (const keyVersion of ["", cryptoKey, `${kms.keyVersion}/x`, `/${kms.keyVersion}`]) {
    assert.throws(() => signerFor(kms, { keyVersion }), /^Error: Cannot sign with the key version/);
  }
});
