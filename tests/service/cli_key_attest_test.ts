/** `key attest` as a process: from Cloud KMS through Google's client, and from what was saved. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { createPublicKey } from "node:crypto";
import { fingerprintOf } from "../../src/adapters/signing/key_proof.ts";
import { attributesOf, makeHsm, packed, statementOf } from "../support/attestations.ts";
import { startKms } from "../support/kms.ts";

const line = sharedCommandLine();

const hsm = await makeHsm();

/** The stand-in, with an attestation in what it answers of a version. */
async function withAttestation(
  work: (world: {
    readonly folder: string;
    readonly keyVersion: string;
    readonly fingerprint: string;
    readonly attest: (...args: readonly string[]) => ReturnType<typeof line.run>;
  }) => Promise<void>,
): Promise<void> {
  const kms = await startKms();
  const folder = await Deno.makeTempDir();
  const answer = await fetch(`${kms.url}/v1/${kms.keyVersion}/publicKey`);
  const publicKey = createPublicKey((await answer.json()).pem);
  const attestation = {
    format: "CAVIUM_V2_COMPRESSED",
    content: packed(statementOf(hsm, attributesOf(publicKey))).toString("base64"),
    certChains: hsm.chains,
  };
  const proxy = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (asked) => {
      const { pathname, search } = new URL(asked.url);
      const answered = await fetch(`${kms.url}${pathname}${search}`, { headers: asked.headers });
      const body = await answered.json();
      return Response.json(pathname === `/v1/${kms.keyVersion}` ? { ...body, attestation } : body);
    },
  );
  try {
    for (const [name, [root]] of Object.entries(hsm.roots)) {
      await Deno.writeTextFile(`${folder}/${name}.pem`, root!.toString());
    }
    const roots = [
      ...["--manufacturer-root", `${folder}/manufacturer.pem`],
      ...["--owner-root", `${folder}/owner.pem`],
    ];
    const env = { KMS_ENDPOINT: `http://127.0.0.1:${proxy.addr.port}` };
    await work({
      folder,
      keyVersion: kms.keyVersion,
      fingerprint: fingerprintOf(publicKey),
      attest: (...args) => line.run({ env, args: ["key", "attest", ...args, ...roots] }),
    });
  } finally {
    await proxy.shutdown();
    await kms.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an attestation is verified as Cloud KMS has it, saved, verified again alone, and refused when bent", async () => {
  await withAttestation(async ({ folder, keyVersion, fingerprint, attest }) => {
    const save = `${folder}/saved`;
    const asked = await attest("--key-version", keyVersion, "--save", save);
    assert.equal(asked.code, 0, asked.stderr);
    assert.ok(asked.stdout.startsWith(`yes: an HSM holds the key with SHA-256 ${fingerprint}\n`));
    assert.match(asked.stdout, /^manufacturer {2}maker root → card → partition$/m);
    assert.match(asked.stdout, /^owner {9}owner root → owned-card → owned-partition$/m);
    const saved = [
      ...["--attestation", `${save}/attestation.dat`],
      ...["--certificates", `${save}/certificates.pem`],
      ...["--public-key", `${save}/public_key.pem`],
    ];
    const alone = await attest(...saved, "--json");
    assert.equal(alone.code, 0, alone.stderr);
    const { attested, made_in_hsm } = JSON.parse(alone.stdout);
    assert.deepEqual([attested, made_in_hsm], [true, false]);
    const half = await attest(...saved.slice(0, 2));
    assert.equal(half.code, 2);
    assert.match(half.stderr, /belong together; without them Cloud KMS is asked/);
    await Deno.writeTextFile(
      `${save}/public_key.pem`,
      hsm.roots.owner[0]!.publicKey.export({
        type: "spki",
        format: "pem",
      }).toString(),
    );
    const other = await attest(...saved, "--json");
    assert.equal(other.code, 1, other.stderr);
    assert.deepEqual(JSON.parse(other.stdout).problem, "other_key");
  });
});

Deno.test("a version without an attestation is said to have none", async () => {
  const kms = await startKms();
  try {
    const env = { KMS_ENDPOINT: kms.url, KMS_KEY_VERSION: kms.keyVersion };
    const { code, stdout, stderr } = await line.run({ env, args: ["key", "attest"] });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^Cannot verify: Cloud KMS has no attestation of this version, although it is HSM/,
    );
  } finally {
    await kms.close();
  }
});
