/** `key import`, against a Cloud KMS that really unwraps. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { createHash, createPublicKey } from "node:crypto";
import { fingerprintOf } from "../../src/adapters/signing/key_proof.ts";
import type { KmsFault } from "../../src/simulator/cloud_kms/server.ts";
import { makeRsaKey, pkcs8Of, rsaXml, xmlElements } from "../adapters/signing/fixtures.ts";
import { startKms } from "../support/kms.ts";
import { type Exit, runTask } from "../support/processes.ts";
import { testKey } from "../support/test_keys.ts";

const line = sharedCommandLine();

const RING = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps";
const KEY = `${RING}/cryptoKeys/app`;
const NOWHERE = "/nonexistent/box-office";

type Kms = Awaited<ReturnType<typeof startKms>>;

async function withKms(deed: (kms: Kms) => Promise<void>): Promise<void> {
  const kms = await startKms();
  try {
    await deed(kms);
  } finally {
    await kms.close();
  }
}

function runImport(kms: Kms, input: string, ...args: readonly string[]): Promise<Exit> {
  // Else a sandbox that somebody ran in this folder would have its ledger written to.
  const env = { KMS_ENDPOINT: kms.url, DATA_DIR: NOWHERE };
  return line.run({ env, input, args: ["key", "import", "--key", KEY, ...args] });
}

/** As the Developer Portal shows it. */
const portal = (name: Parameters<typeof testKey>[0]) => rsaXml(xmlElements(pkcs8Of(testKey(name))));

/** Methods that the stand-in was asked, in order, without those that only look. */
function changes(kms: Kms): string[] {
  const entries = kms.auditEntries() as { protoPayload: { methodName: string } }[];
  return entries.map(({ protoPayload }) => protoPayload.methodName)
    .filter((name) => !/^(?:Get|List)/.test(name));
}

Deno.test("the portal's XML of 2048, 3072 and 4096 bits is imported, proved, and imported once", async () => {
  await withKms(async (kms) => {
    for (const [place, name] of (["rsa2048", "rsa3072", "rsa4096"] as const).entries()) {
      const keyVersion = `${KEY}/cryptoKeyVersions/${place + 1}`;
      const { code, stdout, stderr } = await runImport(kms, portal(name), "--json");
      assert.equal(code, 0, stderr);
      const result = JSON.parse(stdout);
      assert.equal(result.key_version, keyVersion);
      assert.equal(result.imported, true);
      assert.equal(result.proof_in_ledger, false);
      assert.equal(result.algorithm, `RSA_SIGN_PKCS1_${name.slice(3)}_SHA256`);
      assert.equal(result.fingerprint, fingerprintOf(createPublicKey(testKey(name))));
      // As docs/keys.md has anybody compute it.
      const text = `Box Office proves a key\n${keyVersion}\n${result.fingerprint}\n`;
      const digest = createHash("sha256").update(text).digest("hex");
      assert.equal(result.proof_digest_sha256, digest);
      const signed = kms.auditEntries().map((entry) => JSON.stringify(entry)).at(-1) ?? "";
      assert.ok(signed.includes('"AsymmetricSign"') && signed.includes(digest), signed);
      const again = await runImport(kms, pkcs8Of(testKey(name)));
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, /^It was there already, and is proved\. Nothing was imported\.\n/);
      assert.ok(again.stdout.includes(`\nKMS_KEY_VERSION=${keyVersion}\n`), again.stdout);
    }
    const versions = kms.keyVersions().filter(({ resource }) => resource.parent === KEY);
    assert.deepEqual(versions.map(({ state }) => state), ["ENABLED", "ENABLED", "ENABLED"]);
    const did = changes(kms);
    assert.deepEqual(did.slice(0, 5), [
      "CreateKeyRing",
      "CreateCryptoKey",
      "CreateImportJob",
      "ImportCryptoKeyVersion",
      "AsymmetricSign",
    ]);
    assert.equal(did.filter((name) => name === "ImportCryptoKeyVersion").length, 3);
    assert.equal(did.filter((name) => name === "CreateImportJob").length, 1);
  });
});

const good = portal("rsa2048");
const small = rsaXml(xmlElements(pkcs8Of(makeRsaKey(1024))));
const odd = rsaXml(xmlElements(pkcs8Of(makeRsaKey(2560))));

const refused: readonly (readonly [title: string, input: string, says: RegExp])[] = [
  ["1024 bits", small, /it has 1024 bits; Cloud KMS holds 2048, 3072 and 4096 bits only\. Make a/],
  ["2560 bits", odd, /it has 2560 bits; Cloud KMS holds 2048, 3072 and 4096 bits only\./],
  [
    "XML that is cut off",
    good.slice(0, -100),
    /RSAKeyValue element is not of its form; copy it again/,
  ],
  ["the public half", rsaXml(xmlElements(pkcs8Of(testKey("rsa2048"))).slice(0, 2)), /public key/],
  [
    "a wrong exponent",
    good.replace("<Exponent>AQAB", "<Exponent>AQAD"),
    /its numbers do not belong together/,
  ],
  ["nothing", "", /is empty/],
  ["more than any key", good.padEnd(70_000), /longer than any key/],
];

Deno.test("a key that Cloud KMS cannot hold, or that is none, is refused by name and nothing is made", async () => {
  await withKms(async (kms) => {
    for (const [title, input, says] of refused) {
      const { code, stdout, stderr } = await runImport(kms, input);
      assert.equal(code, 2, title);
      assert.equal(stdout, "", title);
      assert.match(stderr, says, title);
      assert.match(stderr, /^Cannot [^\n]+\n$/, title);
      assert.ok(!stderr.includes(input.slice(100, 120)) || input === "", title);
    }
    assert.deepEqual(kms.auditEntries(), []);
  });
});

Deno.test("a key that is imported beside the one that signs is to stand by, and not to take its place", async () => {
  await withKms(async (kms) => {
    const first = await runImport(kms, good);
    assert.match(first.stderr, /\nKMS_ENDPOINT is set: this is \S+, and not Google's Cloud KMS\n/);
    assert.match(first.stdout, /\nKMS_KEY_VERSION=\S+\/1\n[^]*\nNext: set KMS_KEY_VERSION; /);
    const env = {
      KMS_ENDPOINT: kms.url,
      KMS_KEY_VERSION: `${KEY}/cryptoKeyVersions/1`,
      DATA_DIR: NOWHERE,
    };
    const args = ["key", "import", "--key", KEY];
    const same = await runTask("cli", { env, input: good, args });
    assert.match(same.stdout, /\nKMS_KEY_VERSION=\S+\/1\n[^]*\nNext: set KMS_KEY_VERSION; /);
    const input = portal("rsa3072");
    const other = await runTask("cli", { env, input, args });
    assert.match(other.stdout, /\nKMS_STANDBY_KEY_VERSION=\S+\/2\n/);
    assert.match(other.stdout, /\nNext: set KMS_STANDBY_KEY_VERSION; clear the clipboard/);
    const elsewhere = await runImport(kms, input);
    assert.match(
      elsewhere.stdout,
      /\nNext: set KMS_KEY_VERSION \(KMS_STANDBY_KEY_VERSION where an/,
    );
  });
});

Deno.test("a version that shows or signs with another key ends with 1, and is named as not to be used", async () => {
  const other = createPublicKey(testKey("login")).export({ type: "spki", format: "pem" });
  const faults: readonly [KmsFault, RegExp][] = [
    [{ kind: "wrong_pem", pem: other.toString(), method: "getPublicKey" }, /holds another key; it/],
    [{ kind: "corrupt_signature", method: "asymmetricSign" }, /signs with another key; it must/],
  ];
  for (const [fault, says] of faults) {
    await withKms(async (kms) => {
      kms.fault(fault);
      const { code, stdout, stderr } = await runImport(kms, good);
      assert.deepEqual([code, stdout], [1, ""], stderr);
      assert.match(stderr, says);
    });
  }
});

Deno.test("a dry run says what would be made, and makes nothing", async () => {
  await withKms(async (kms) => {
    const { code, stdout, stderr } = await runImport(kms, good, "--dry-run");
    assert.equal(code, 0, stderr);
    const lines = stdout.split("\n");
    assert.match(lines[0]!, /^would be made: .*\/keyRings\/apps$/);
    assert.match(lines[1]!, /^would be made: .*\/cryptoKeys\/app$/);
    assert.match(lines[2]!, /^would be made: .*\/importJobs\/box-office-\d{4}-\d\d-\d\d-hsm$/);
    assert.deepEqual(changes(kms), []);
  });
});

Deno.test("the key comes from a file too, never from an argument, and not where it is not told to go", async () => {
  await withKms(async (kms) => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/portal.xml`;
    try {
      await Deno.writeTextFile(file, `\ufeff${good}\r\n`);
      const soft = await runImport(kms, "", "--file", file, "--protection-level", "SOFTWARE");
      assert.equal(soft.code, 0, soft.stderr);
      assert.match(soft.stderr, /^Warning: a SOFTWARE key is not in an HSM/);
      const hard = await runImport(kms, "", "--file", file);
      assert.equal(hard.code, 2);
      assert.match(hard.stderr, /is SOFTWARE, not HSM; name another with --key, or say so with/);
      for (const argument of [good, pkcs8Of(testKey("rsa2048")), `--${good}`]) {
        const argued = await runImport(kms, "", argument);
        assert.equal(argued.code, 2);
        assert.match(argued.stderr, /^Cannot take an argument: [^<\n]+make a new one[^<\n]+\n$/);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
});

Deno.test("a key that is pasted into any other place is repeated nowhere, and the way out is told", async () => {
  const pem = pkcs8Of(testKey("rsa2048"));
  const keyed = ["key", "import", "--key", "projects/p/locations/l/keyRings/r/cryptoKeys/k"];
  const places = [
    [],
    ["key"],
    ["key", "import", "--key"],
    [...keyed, "--file"],
    [...keyed, "--import-job"],
    [...keyed, "--protection-level"],
    ["key", "show"],
    ["key", "show", "--format"],
    ["key", "attest"],
    ["key", "rotate", "plan"],
    ["store", "reseal", "--per-second"],
    ["doctor"],
  ];
  const come = await Promise.all(
    places.flatMap((place) => [good, pem].map((key) => line.run({ args: [...place, key] }))),
  );
  for (const { code, stdout, stderr } of come) {
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /If (?:it|that) was (?:a|the) key, .* make a new one/);
    assert.doesNotMatch(stderr, /<|BEGIN|[A-Za-z0-9+/]{40}/);
  }
});

Deno.test("options that are not of their form are refused before the key is read", async () => {
  const run = (...args: readonly string[]) =>
    line.run({ input: good, args: ["key", "import", ...args] });
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [["--key", "app"], /^Cannot use --key: it is not projects\//],
    [["--key", KEY.replace("box-office-sandbox", "123456789")], /by its number.*use its id/],
    [["--key", `${KEY}/cryptoKeyVersions/1`], /^Cannot use --key: /],
    [["--key", KEY, "--import-job", "a/b"], /^Cannot use --import-job: /],
    [["--key", KEY, "--timeout", "soon"], /^Cannot use --timeout: /],
    [["--key", KEY, "--protection-level", "EXTERNAL"], /Allowed choices are HSM, SOFTWARE/],
    [["--key", KEY, "--file", "/none"], /^Cannot read the file of --file: /],
    [["--key", KEY, "--dry"], /^Cannot use --dry: no such option/],
    [[], /required option '--key <name>' not specified/],
  ];
  for (const [args, says] of rows) {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, says);
  }
});
