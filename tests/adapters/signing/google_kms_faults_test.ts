import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import type { KmsSdk } from "../../../src/adapters/signing/kms_client.ts";
import type { KmsFault } from "../../../src/simulator/cloud_kms/server.ts";
import { startKms } from "../../support/kms.ts";
import { faultOf, judged, sharedCloudKms, signerFor, text, warm } from "./fixtures.ts";

const kms = await sharedCloudKms();
const signer = signerFor(kms);
/** Enough for an answer on this machine, little enough to wait for. */
const shortMs = 200;

const damagedDigest = "The checksum in field digest_crc32c did not match the data in field digest.";

/** Waits for something that is sure to come; the test's own end is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const answers: readonly (readonly [KmsFault, readonly [string, boolean, number]])[] = [
  [{ kind: "status", status: "UNAVAILABLE" }, ["unavailable", true, 0]],
  [{ kind: "status", status: "RESOURCE_EXHAUSTED" }, ["quota", true, 1000]],
  [{ kind: "status", status: "INTERNAL" }, ["internal", true, 0]],
  [{ kind: "status", status: "UNKNOWN" }, ["internal", true, 0]],
  [{ kind: "status", status: "ABORTED" }, ["internal", true, 0]],
  [{ kind: "status", status: "DEADLINE_EXCEEDED" }, ["timeout", true, 0]],
  [{ kind: "status", status: "CANCELLED" }, ["network", true, 0]],
  [{ kind: "status", status: "INVALID_ARGUMENT" }, ["invalid", false, 0]],
  [
    { kind: "status", status: "INVALID_ARGUMENT", message: damagedDigest },
    ["checksum", true, 0],
  ],
  [{ kind: "status", status: "UNIMPLEMENTED" }, ["invalid", false, 0]],
  [{ kind: "status", status: "PERMISSION_DENIED" }, ["denied", false, 0]],
  [{ kind: "status", status: "NOT_FOUND" }, ["not_found", false, 0]],
  [{ kind: "status", status: "FAILED_PRECONDITION" }, ["key_not_enabled", false, 0]],
  [{ kind: "status", status: "UNAUTHENTICATED" }, ["unauthenticated", false, 0]],
  [{ kind: "page", http: 200 }, ["network", true, 0]],
  [{ kind: "page", http: 407 }, ["invalid", false, 0]],
  [{ kind: "page", http: 502 }, ["internal", true, 0]],
  [{ kind: "page", http: 503 }, ["unavailable", true, 0]],
  [{ kind: "reset" }, ["network", true, 0]],
];

for (const method of ["asymmetricSign", "getPublicKey"] as const) {
  for (const [fault, expected] of answers) {
    const word = "status" in fault ? fault.status : "http" in fault ? `a ${fault.http} page` : "";
    const title = `${word || fault.kind}${"message" in fault ? " naming the checksum" : ""}`;
    Deno.test(`${method} failing with ${title} is ${expected.join(", ")}`, async () => {
      const fresh = method === "getPublicKey" ? signerFor(kms) : signer;
      if (method === "asymmetricSign") await warm(fresh);
      const before = kms.signatures();
      kms.fault({ ...fault, method, calls: 1 });
      assert.deepEqual(judged(await faultOf(fresh)), expected);
      assert.equal(kms.signatures(), before);
    });
  }
}

const silences: readonly KmsFault[] = [
  { kind: "silent" },
  { kind: "slow", ms: 60_000 },
  { kind: "slow_body", ms: 60_000 },
];

for (const fault of silences) {
  Deno.test(`a ${fault.kind} answer is a timeout, for signature and public key`, async () => {
    for (const method of ["getPublicKey", "asymmetricSign"] as const) {
      const fresh = signerFor(kms, { timeoutMs: shortMs });
      if (method === "asymmetricSign") await warm(fresh);
      kms.fault({ ...fault, method, calls: 1 });
      assert.deepEqual(judged(await faultOf(fresh)), ["timeout", true, 0], method);
      kms.fault(null);
    }
  });
}

Deno.test("a lost answer may hide a signature that was made, and the log shows it", async () => {
  const quick = await warm(signerFor(kms, { timeoutMs: shortMs }));
  for (const kind of ["silent", "reset"] as const) {
    const before = kms.signatures();
    const audited = kms.auditEntries().length;
    kms.fault({ kind, happened: true, calls: 1 });
    assert.equal((await faultOf(quick)).retryable, true);
    await until(() => kms.auditEntries().length > audited);
    assert.equal(kms.signatures(), before + 1, kind);
  }
});

Deno.test("a caller that leaves gets `aborted`, before and while the key is asked", async () => {
  assert.deepEqual(judged(await faultOf(signer, AbortSignal.abort())), ["aborted", false, 0]);
  for (const method of ["getPublicKey", "asymmetricSign"] as const) {
    const fresh = signerFor(kms, { timeoutMs: 10_000 });
    if (method === "asymmetricSign") await warm(fresh);
    const before = kms.auditEntries().length;
    kms.fault({ kind: "silent", happened: true, method, calls: 1 });
    const leaving = new AbortController();
    const fault = faultOf(fresh, leaving.signal);
    await until(() => kms.auditEntries().length > before);
    leaving.abort();
    assert.deepEqual(judged(await fault), ["aborted", false, 0]);
  }
});

Deno.test("one caller that leaves does not take the public key from the others", async () => {
  const fresh = signerFor(kms);
  const leaving = new AbortController();
  const left = faultOf(fresh, leaving.signal);
  const stayed = fresh.sign(text, { attempt: "b" });
  leaving.abort();
  assert.equal((await left).reason, "aborted");
  assert.equal((await stayed).signature.length, 256);
});

Deno.test("nobody listening, and a connection hung up at once, are network faults", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const hangingUp = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const { keyVersion } = kms;
  assert.deepEqual(judged(await faultOf(signerFor({ url, keyVersion }))), ["network", true, 0]);
  listener.close();
  await hangingUp;
  assert.deepEqual(judged(await faultOf(signerFor({ url, keyVersion }))), ["network", true, 0]);
});

for (const stuck of ["initialize", "getPublicKey", "asymmetricSign"] as const) {
  Deno.test(`a client that hangs in ${stuck} is a timeout all the same`, async () => {
    const never = new Promise<never>(() => {});
    const pem = kms.publicKeyPem();
    const publicKey = {
      ...(await (await fetch(`${kms.url}/v1/${kms.keyVersion}/publicKey`)).json()),
      pem,
    };
    publicKey.pemCrc32c = { value: publicKey.pemCrc32c };
    const answers = { initialize: {}, getPublicKey: [publicKey], asymmetricSign: [{}] };
    const act = (name: keyof typeof answers) => () =>
      name === stuck ? never : Promise.resolve(answers[name]);
    class Client {
      initialize = act("initialize");
      getPublicKey = act("getPublicKey");
      asymmetricSign = act("asymmetricSign");
    }
    const sdk = { KeyManagementServiceClient: Client } as unknown as KmsSdk;
    const hanging = signerFor(kms, {
      timeoutMs: 20,
      host: createThreadHost(null, () => Promise.resolve(sdk)),
    });
    assert.deepEqual(judged(await faultOf(hanging)), ["timeout", true, 0]);
  });
}

Deno.test("a key version that is not ENABLED is `key_not_enabled`, whatever its state", async () => {
  const keyVersion = await kms.addKeyVersion({});
  const warm = signerFor(kms, { keyVersion });
  await warm.sign(text, { attempt: "a" });
  for (const state of ["DISABLED", "DESTROYED", "DESTROY_SCHEDULED", "PENDING_GENERATION"]) {
    kms.setState(keyVersion, state);
    assert.deepEqual(judged(await faultOf(warm)), ["key_not_enabled", false, 0], state);
    const fresh = signerFor(kms, { keyVersion });
    assert.deepEqual(judged(await faultOf(fresh)), ["key_not_enabled", false, 0], state);
  }
  kms.setState(keyVersion, "ENABLED");
  await warm.sign(text, { attempt: "b" });
});

Deno.test(
  "a version that does not exist is `not_found`; the project's number is `invalid`",
  async () => {
    const missing = kms.keyVersion.replace(/1$/, "999");
    assert.equal((await faultOf(signerFor(kms, { keyVersion: missing }))).reason, "not_found");
    const numbered = kms.keyVersion.replace("projects/box-office-sandbox", "projects/123456789");
    assert.equal((await faultOf(signerFor(kms, { keyVersion: numbered }))).reason, "invalid");
  },
);

Deno.test("on this machine no credential is sent, so one that is required is missing", async () => {
  const strict = await startKms({ requireBearer: true });
  const fault = await faultOf(signerFor(strict));
  assert.deepEqual(judged(fault), ["unauthenticated", false, 0]);
  await strict.close();
});

Deno.test("credentials that cannot be found are a refusal and not the end of the process", async () => {
  const script = new URL("./no_credentials.ts", import.meta.url).pathname;
  const args = ["run", "--no-prompt", "--allow-all", script];
  const env = { GOOGLE_APPLICATION_CREDENTIALS: "/nonexistent/credentials.json" };
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assert.deepEqual([code, lines], [0, ["unauthenticated", "unauthenticated"]]);
});

Deno.test("no fault repeats the text, the digest, the key or the answer", async () => {
  const digest = createHash("sha256").update(text).digest();
  const tokens = [text, text.slice(0, 20), digest.toString("base64"), digest.toString("hex")];
  const forbidden = [...tokens, kms.keyVersion, kms.url, "sandbox", "leak-me", "attempt-1"];
  const faults: readonly KmsFault[] = [
    ...answers.map(([fault]) => fault),
    { kind: "status", status: "INTERNAL", message: `leak-me ${text}` },
    { kind: "corrupt_signature" },
    { kind: "wrong_name" },
  ];
  await warm(signer);
  for (const fault of faults) {
    kms.fault({ ...fault, calls: 1 });
    const error = await faultOf(signer);
    assert.equal(error.cause, undefined);
    const shown = `${Deno.inspect(error, { depth: 9 })} ${JSON.stringify(error)}`;
    for (const word of forbidden) assert.ok(!shown.includes(word), `${fault.kind}: ${word}`);
  }
});
