/** The ceremony by hand, run with a gcloud that hands out an import job and takes what is imported. */

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { fingerprintOf } from "../../src/adapters/signing/key_proof.ts";
import { unwrap } from "../../src/simulator/cloud_kms/unwrap.ts";
import { runTask } from "../support/processes.ts";
import { testKey, testKeyPem } from "../support/test_keys.ts";

const KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps/cryptoKeys/app";

/** In memory, as the script wants it; not every machine has it. */
const MEMORY = "/dev/shm";
const isThere = await Deno.stat(MEMORY).then(() => true, () => false);

const GCLOUD_THAT_FAILS = `#!/bin/sh
case "$*" in
  *"value(state)"*) echo ACTIVE ;;
  *publicKey.pem*) cat "$CEREMONY/../job.pub" ;;
  *"versions import"*) ls "$CEREMONY" >&2; exit 1 ;;
esac
`;

const GCLOUD = `#!/bin/sh
echo "$*" >> "$CEREMONY/../calls"
case "$*" in
  *"value(state)"*) echo ACTIVE ;;
  *publicKey.pem*) cat "$CEREMONY/../job.pub" ;;
  *"versions import"*) cp wrapped "$CEREMONY/../taken" ;;
esac
`;

/** Runs the printed script where that gcloud is the only one. */
async function withCeremony(
  gcloud: string,
  work: (ceremony: {
    readonly folder: string;
    readonly success: boolean;
    readonly stdout: string;
    readonly stderr: string;
    /** What is left in the ceremony's folder. */
    readonly left: readonly string[];
  }) => Promise<void>,
): Promise<void> {
  const printed = await runTask("cli", { args: ["key", "import", "--key", KEY, "--print-gcloud"] });
  assert.equal(printed.code, 0, printed.stderr);
  const folder = await Deno.makeTempDir({ dir: MEMORY });
  const ceremony = `${folder}/ceremony`;
  try {
    await Deno.mkdir(ceremony);
    await Deno.writeTextFile(`${ceremony}/portal.pem`, testKeyPem("rsa2048"));
    await Deno.writeTextFile(`${folder}/gcloud`, gcloud, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/ceremony.sh`, printed.stdout);
    await Deno.writeTextFile(
      `${folder}/job.pub`,
      createPublicKey(testKey("rsa3072")).export({ type: "spki", format: "pem" }).toString(),
    );
    const { success, stdout, stderr } = await new Deno.Command("sh", {
      args: [`${folder}/ceremony.sh`],
      env: { PATH: `${folder}:${Deno.env.get("PATH")}`, CEREMONY: ceremony },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const left = [...Deno.readDirSync(ceremony)].map(({ name }) => name).sort();
    await work({ folder, success, stdout: text(stdout), stderr: text(stderr), left });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the printed commands wrap the key as Cloud KMS unwraps it, and leave no private key", {
  ignore: !isThere,
}, () =>
  withCeremony(GCLOUD, async ({ folder, success, stdout, stderr, left }) => {
    assert.ok(success, stderr);
    assert.ok(stdout.includes(fingerprintOf(createPublicKey(testKey("rsa2048")))), stdout);
    const octets = unwrap(testKey("rsa3072"), await Deno.readFile(`${folder}/taken`));
    const key = createPrivateKey({ key: octets as never, format: "der", type: "pkcs8" });
    assert.deepEqual(key.export({ format: "jwk" }), testKey("rsa2048").export({ format: "jwk" }));
    assert.deepEqual(left, ["job.pub", "portal.pub"]);
    const calls = await Deno.readTextFile(`${folder}/calls`);
    assert.match(calls, /keys create app .*--keyring=apps .*--protection-level=hsm --import-only/);
    assert.match(
      calls,
      /import-jobs create box-office-\d{4}-\d\d-\d\d-hsm .*rsa-oaep-3072-sha256-aes-256/,
    );
    assert.match(calls, /versions import .*--algorithm=rsa-sign-pkcs1-2048-sha256/);
  }));

Deno.test(
  "the proof that is to be made by hand signs the text of key import, whose digest explains it",
  {
    ignore: !isThere,
  },
  () =>
    withCeremony(GCLOUD, async ({ folder }) => {
      const script = await Deno.readTextFile(`${folder}/ceremony.sh`);
      const [lines] = /^# {3}printf [^]*?> text$/m.exec(script) ?? [""];
      const { success } = await new Deno.Command("sh", {
        args: ["-c", lines.replaceAll(/^# {3}/gm, "")],
        cwd: `${folder}/ceremony`,
      }).output();
      assert.ok(success);
      assert.equal(
        await Deno.readTextFile(`${folder}/ceremony/text`),
        `Box Office proves a key\n${KEY}/cryptoKeyVersions/N\n${
          fingerprintOf(createPublicKey(testKey("rsa2048")))
        }\n`,
      );
    }),
);

Deno.test("where the import fails, what wraps the key is gone all the same", {
  ignore: !isThere,
}, () =>
  withCeremony(GCLOUD_THAT_FAILS, ({ success, stderr, left }) => {
    assert.ok(!success);
    assert.match(stderr, /aes\.key[^]*wrapped/);
    assert.deepEqual(left, ["job.pub", "portal.pem", "portal.pub"]);
    return Promise.resolve();
  }));
