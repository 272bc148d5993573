/**
 * `cli ledger reconcile` against a configured store that somebody wrote to: what no checkpoint vouches for
 * excuses no signature, and a log that is not what was signed is not compared at all.
 */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { DatabaseSync } from "node:sqlite";
import { leafText } from "../../src/domain/ledger_entry.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { decodeBundle, encodeBundle } from "../../src/domain/tiles.ts";
import { openStores } from "../../src/parts_stores.ts";
import { jsonLines, logEntry } from "../support/audit_entries.ts";
import { appendEntries, attemptEntries, KEY_VERSION } from "../support/ledger_past.ts";
import type { Exit } from "../support/processes.ts";
import { environmentOf, startService, type TestService } from "../support/service.ts";

const line = sharedCommandLine();

const HOUR_MS = 3_600_000;
const BEGIN = Date.now() - 48 * HOUR_MS;

const minuteOf = (number: number) => BEGIN + number * 60_000;
const attemptOf = (number: number) =>
  attemptEntries({ at: minuteOf(number), name: `attempt ${number}`, result: "signed" });
const logged = (number: number, name = `attempt ${number}`, userAgent = "box-office/0.1.0") =>
  logEntry({
    time: new Date(minuteOf(number)).toISOString(),
    keyVersion: KEY_VERSION,
    digest: { sha256: sha256Hex(name) },
    insertId: `${name} ${number}`,
    userAgent,
  });

/** A service with a past of 300 attempts, two entries each, and what Google wrote down of them. */
async function withStore(
  deed: (world: {
    readonly service: TestService;
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
    readonly ledger: (args: readonly string[], more?: Record<string, string>) => Promise<Exit>;
    readonly reconcile: (
      entries: readonly unknown[],
      more?: Record<string, string>,
      args?: readonly string[],
    ) => Promise<Exit>;
    readonly change: (sql: string, ...values: readonly (string | number)[]) => void;
  }) => Promise<void>,
): Promise<void> {
  const service = await startService();
  const folder = await Deno.makeTempDir();
  const env = environmentOf(service);
  const ledger = (args: readonly string[], more: Record<string, string> = {}) =>
    line.run({ env: { ...env, ...more }, args: ["ledger", ...args] });
  const reconcile = (
    entries: readonly unknown[],
    more: Record<string, string> = {},
    args: readonly string[] = [],
  ) => {
    Deno.writeTextFileSync(`${folder}/cloud.jsonl`, jsonLines(entries));
    return ledger(["reconcile", "--cloud-audit-logs", `${folder}/cloud.jsonl`, ...args], more);
  };
  const change = (sql: string, ...values: readonly (string | number)[]) => {
    using database = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
    database.exec("DROP TRIGGER ledger_leaves_keep");
    database.prepare(sql).run(...values);
  };
  try {
    const stores = await openStores(service.config);
    await appendEntries(
      stores.ledger,
      Array.from({ length: 300 }, (_, number) => attemptOf(number)).flat(),
    );
    stores.close();
    await deed({ service, folder, env, ledger, reconcile, change });
  } finally {
    await service.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const HONEST = Array.from({ length: 300 }, (_, number) => logged(number));
const THEFT = logged(200, "a theft", "curl/8.5.0");

Deno.test("the stored log is compared as a checkpoint of now has it", async (t) => {
  await withStore(async ({ reconcile, change }) => {
    await t.step("a signature without an intent is found", async () => {
      const honest = await reconcile(HONEST);
      assert.equal(honest.code, 0, honest.stdout + honest.stderr);
      assert.match(honest.stdout, /^Ledger: 600 entries .*, as a checkpoint of now says;/m);
      assert.equal((await reconcile([...HONEST, THEFT])).code, 1);
    });

    await t.step("an entry that lies behind the log's head excuses nothing", async () => {
      const [draft] = attemptEntries({ at: minuteOf(200), name: "a theft", result: null });
      change("INSERT INTO ledger_leaves VALUES (?, ?)", 600, leafText(600, draft!));
      const { code, stdout } = await reconcile([...HONEST, THEFT]);
      assert.equal(code, 1);
      assert.match(stdout, /^UNEXPLAINED: 1 signature/);
    });
  });
  await withStore(async ({ reconcile, change, ledger }) => {
    await t.step("an entry that was changed spoils the log, and nothing is compared", async () => {
      assert.equal((await ledger(["checkpoint"])).code, 0);
      change(
        "UPDATE ledger_leaves SET leaf = replace(leaf, ?, ?) WHERE position = 400",
        sha256Hex("attempt 200"),
        sha256Hex("a theft"),
      );
      const entries = [...HONEST.toSpliced(200, 1), THEFT];
      const { code, stdout, stderr } = await reconcile(entries);
      assert.equal(code, 1);
      assert.match(stdout, /^BAD: some of entries 0 to 599 are not what the checkpoint covers\n$/);
      assert.match(stderr, /Nothing was compared/);
      const json = await reconcile(entries, {}, ["--json"]);
      assert.deepEqual([json.code, JSON.parse(json.stdout).ok], [1, false]);
    });
  });
  await withStore(async ({ reconcile, change, ledger }) => {
    await t.step("a log that does not continue its checkpoint is bad", async () => {
      assert.equal((await ledger(["checkpoint"])).code, 0);
      change("UPDATE ledger_head SET size = 598, frontier = (SELECT frontier FROM ledger_head)");
      const { code, stdout } = await reconcile(HONEST);
      assert.equal(code, 1);
      assert.match(stdout, /^BAD: the (?:stored log does not continue|store's own records)/);
    });
  });
});

Deno.test("an entry that was changed in the archive's folder is bad, too", async () => {
  await withStore(async ({ folder, ledger, reconcile }) => {
    const archive = `${folder}/archive`;
    const env = { LEDGER_ARCHIVE: archive };
    const moved = await ledger(["archive", "--to", archive, "--keep-days", "0"]);
    assert.match(moved.stdout, /Moved 512/, moved.stderr);
    assert.equal((await reconcile(HONEST, env)).code, 0);
    const path = `${archive}/tile/entries/000`;
    const leaves = decodeBundle(Deno.readFileSync(path))!;
    const changed = leaves[0]!.replace(sha256Hex("attempt 0"), sha256Hex("a theft"));
    assert.notEqual(changed, leaves[0]);
    Deno.writeFileSync(path, encodeBundle(leaves.with(0, changed)));
    const { code, stdout } = await reconcile([...HONEST.slice(1), logged(0, "a theft")], env);
    assert.equal(code, 1);
    assert.match(stdout, /^BAD: /);
  });
});

Deno.test("a store that does not remember the result does not change it", async () => {
  await withStore(async ({ service, reconcile }) => {
    using database = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
    for (const deed of ["INSERT", "UPDATE"]) {
      database.exec(
        `CREATE TRIGGER refuse_${deed} BEFORE ${deed} ON ledger_notes
          WHEN NEW.name = 'reconciliation' BEGIN SELECT RAISE(ABORT, 'no'); END`,
      );
    }
    const outcomes = [await reconcile(HONEST), await reconcile([...HONEST, THEFT])];
    for (const { stderr } of outcomes) {
      assert.match(stderr, /^The store did not keep this result: [^\n]+\n$/);
    }
    assert.deepEqual(outcomes.map(({ code }) => code), [0, 1]);
  });
});

Deno.test("the configured period of canaries is what theirs are held against", async () => {
  await withStore(async ({ service, reconcile }) => {
    const stores = await openStores(service.config);
    const canaries = [300, 360, 420, 720].map((number) =>
      attemptOf(number).map((it) => ({ ...it, caller: null, context_identifier: null }))
    );
    await appendEntries(stores.ledger, canaries.flat());
    stores.close();
    const entries = [...HONEST, ...[300, 360, 420, 720].map((number) => logged(number))];
    const untilOf = async (more: Record<string, string>, ...args: readonly string[]) => {
      const { stdout } = await reconcile(entries, more, ["--json", ...args]);
      const { canary_minutes, canary_minutes_given, confirmed_until } = JSON.parse(stdout).logging;
      const minutes = (Date.parse(confirmed_until) - BEGIN) / 60_000;
      return [canary_minutes, canary_minutes_given, minutes];
    };
    assert.deepEqual(await untilOf({}), [60, false, 420]);
    assert.deepEqual(await untilOf({ CANARY_MINUTES: "60" }), [60, true, 420]);
    assert.deepEqual(await untilOf({ CANARY_MINUTES: "200" }), [200, true, 720]);
    const given = await untilOf({ CANARY_MINUTES: "200" }, "--canary-minutes", "100");
    assert.deepEqual(given, [100, true, 420]);
  });
});
