/** The proof of `key import` in the ledger of a service, and without one. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { withBridge } from "../adapters/storage/backends.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import { withService } from "../support/commands.ts";
import { startKms } from "../support/kms.ts";
import type { Exit } from "../support/processes.ts";
import { requires } from "../support/requirement.ts";
import { environmentOf } from "../support/service.ts";
import { testKeyPem } from "../support/test_keys.ts";

const line = sharedCommandLine();

const KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps/cryptoKeys/app";

interface World {
  readonly kms: CloudKmsSimulator;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

async function withKms(work: (world: World) => Promise<void>): Promise<void> {
  const kms = await startKms();
  const folder = await Deno.makeTempDir();
  try {
    await work({ kms, folder, env: { KMS_ENDPOINT: kms.url, DATA_DIR: folder } });
  } finally {
    await Deno.remove(folder, { recursive: true });
    await kms.close();
  }
}

const runIn = (env: World["env"]) => (...args: readonly string[]): Promise<Exit> =>
  line.run({ env, args, input: testKeyPem("rsa2048") });

const IMPORT = ["key", "import", "--key", KEY, "--json"];

/** The last two entries are those of the proof that this import printed. */
async function assertRecorded(run: ReturnType<typeof runIn>, imported: Exit): Promise<void> {
  assert.equal(imported.code, 0, imported.stderr);
  const { key_version, proof_digest_sha256, proof_in_ledger } = JSON.parse(imported.stdout);
  assert.equal(proof_in_ledger, true);
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
}

Deno.test("where a service has its ledger, every signature of an import is explained by it", () =>
  withKms(({ kms, folder }) =>
    withService(async (service) => {
      const run = runIn({ ...environmentOf(service), KMS_ENDPOINT: kms.url });
      const reconcile = async () => {
        const log = `${folder}/log.json`;
        await Deno.writeTextFile(log, JSON.stringify(kms.auditEntries()));
        const { code, stdout, stderr } = await run(
          ...["ledger", "reconcile", "--cloud-audit-logs", log, "--json"],
        );
        assert.notEqual(stdout, "", stderr);
        return { code, unexplained: JSON.parse(stdout).unexplained.length };
      };
      const dry = await run(...IMPORT, "--dry-run");
      assert.equal(JSON.parse(dry.stdout).proof_in_ledger, true);
      const imported = await run(...IMPORT);
      assert.match(
        imported.stderr,
        /^The proof's signature goes into the configured ledger; --no-/,
      );
      await assertRecorded(run, imported);
      await assertRecorded(run, await run(...IMPORT, "--ledger"));
      assert.deepEqual(await reconcile(), { code: 0, unexplained: 0 });
      const size = (await service.entries()).length;
      const without = await run(...IMPORT, "--no-ledger");
      assert.equal(without.code, 0, without.stderr);
      assert.equal(JSON.parse(without.stdout).proof_in_ledger, false);
      assert.equal((await service.entries()).length, size);
      assert.deepEqual(await reconcile(), { code: 1, unexplained: 1 });
    })
  ));

Deno.test({
  name:
    "a shared ledger is written to although the first key has no version that could be configured",
  ...requires("redis-server"),
  fn: () =>
    withBridge((bridge) =>
      withKms(async ({ env }) => {
        const shared = {
          ...env,
          SUPEROFFICE_ENVIRONMENT: "online",
          SUPEROFFICE_CLIENT_ID: "id",
          SUPEROFFICE_CLIENT_SECRET: "secret",
          PUBLIC_URL: "https://tickets.example.com",
          CALLERS: '{"callers":[]}',
          UPSTASH_REDIS_REST_URL: bridge.url,
          UPSTASH_REDIS_REST_TOKEN: bridge.token,
          SEALING_KEYS: `k1:${new Uint8Array(32).fill(1).toBase64()}`,
          LEDGER_KEY: new Uint8Array(32).fill(2).toBase64(),
        };
        const imported = await runIn(shared)(...IMPORT, "--ledger");
        assert.equal(imported.code, 0, imported.stderr);
        const KMS_KEY_VERSION = JSON.parse(imported.stdout).key_version;
        await assertRecorded(runIn({ ...shared, KMS_KEY_VERSION }), imported);
      })
    ),
});

Deno.test("a ledger that is named and cannot be opened keeps the key from being imported", () =>
  withKms(async ({ kms, env }) => {
    const SUPEROFFICE_URL = "http://127.0.0.1:1";
    const run = runIn({ ...env, SUPEROFFICE_URL, UPSTASH_REDIS_REST_URL: "http://127.0.0.1:1" });
    const { code, stdout, stderr } = await run(...IMPORT);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /--no-ledger leaves it out/);
    assert.match(stderr, /UPSTASH_REDIS_REST_TOKEN/);
    assert.deepEqual(kms.auditEntries(), []);
    const without = await run(...IMPORT, "--no-ledger");
    assert.equal(without.code, 0, without.stderr);
  }));

Deno.test("neither a rehearsal nor the sandbox of an earlier trial chooses the ledger by itself", () =>
  withKms(async ({ kms, folder, env }) => {
    await Deno.writeTextFile(`${folder}/box-office.sqlite`, "");
    const sandbox = runIn(env);
    const service = runIn({ ...env, SUPEROFFICE_ENVIRONMENT: "online" });
    for (
      const [run, says] of [[sandbox, /is the sandbox's\./], [
        service,
        /a rehearsal say --no-/,
      ]] as const
    ) {
      for (const more of [[], ["--dry-run"]]) {
        const { code, stdout, stderr } = await run(...IMPORT, ...more);
        assert.deepEqual([code, stdout], [2, ""]);
        assert.match(stderr, /^Cannot choose the ledger: /);
        assert.match(stderr, says);
      }
    }
    assert.deepEqual(kms.auditEntries(), []);
    const rehearsed = await service(...IMPORT, "--no-ledger");
    assert.equal(rehearsed.code, 0, rehearsed.stderr);
    assert.equal(Deno.statSync(`${folder}/box-office.sqlite`).size, 0);
  }));

Deno.test("where there is no ledger a key is imported without, unless --ledger asks for it", () =>
  withKms(async ({ kms, folder, env }) => {
    const run = runIn(env);
    const asked = await run(...IMPORT, "--ledger");
    assert.deepEqual([asked.code, asked.stdout], [2, ""]);
    assert.match(asked.stderr, /^Cannot open the store: none under DATA_DIR yet/);
    assert.deepEqual(kms.auditEntries(), []);
    const imported = await run("key", "import", "--key", KEY);
    assert.equal(imported.code, 0, imported.stderr);
    assert.match(imported.stdout, /^ledger {7}none is configured here/m);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));
