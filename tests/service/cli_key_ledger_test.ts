/** `key import --ledger` on the store of a service. */

import assert from "node:assert/strict";
import { startCloudKms } from "../../src/simulator/cloud_kms/server.ts";
import { withService } from "../support/commands.ts";
import { runTask } from "../support/processes.ts";
import { environmentOf } from "../support/service.ts";
import { testKeyPem } from "../support/test_keys.ts";

const KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps/cryptoKeys/app";

Deno.test("with --ledger the proof's signature has its intent and its outcome, and the log verifies", async () => {
  const kms = await startCloudKms();
  try {
    await withService(async (service) => {
      const env = { ...environmentOf(service), KMS_ENDPOINT: kms.url };
      const input = testKeyPem("rsa2048");
      const run = (...args: readonly string[]) => runTask("cli", { env, args, input });
      const imported = await run("key", "import", "--key", KEY, "--ledger", "--json");
      assert.equal(imported.code, 0, imported.stderr);
      const { key_version, proof_digest_sha256 } = JSON.parse(imported.stdout);
      const exported = await run("ledger", "export");
      const entries = exported.stdout.trim().split("\n").map((line) => JSON.parse(line));
      const [intent, outcome] = entries.slice(-2);
      assert.deepEqual(
        [intent.kind, intent.caller, intent.key_version, intent.digest_sha256],
        ["sign_intent", "cli", key_version, proof_digest_sha256],
      );
      assert.deepEqual(
        [outcome.kind, outcome.attempt, outcome.result],
        ["sign_outcome", intent.attempt, "signed"],
      );
      assert.equal((await run("ledger", "verify")).code, 0);
    });
  } finally {
    await kms.close();
  }
});

Deno.test("where there is no ledger, --ledger signs and imports nothing", async () => {
  const kms = await startCloudKms();
  const folder = await Deno.makeTempDir();
  try {
    const env = { KMS_ENDPOINT: kms.url, DATA_DIR: folder };
    const args = ["key", "import", "--key", KEY, "--ledger"];
    const { code, stdout, stderr } = await runTask("cli", {
      env,
      args,
      input: testKeyPem("rsa2048"),
    });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^Cannot open the store: none under DATA_DIR yet/);
    assert.deepEqual(kms.auditEntries(), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
    await kms.close();
  }
});
