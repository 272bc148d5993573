/** What alarms on the console's pages, and what must not look good: checkpoint, reconciliation, entries. */

import assert from "node:assert/strict";
import { openStores } from "../../src/parts_stores.ts";
import { alter } from "../support/callback.ts";
import { assertPage, sessionCookie, visit, withConsole } from "../support/console_visit.ts";
import type { TestService } from "../support/service.ts";

/** Each breaks the store in a way of its own. */
const test = (name: string, prove: (service: TestService) => Promise<void>) =>
  Deno.test(name, () => withConsole(prove));

test("the checkpoint is none, then valid, then alarming when the log does not continue it", async (service) => {
  const cookie = await sessionCookie(service.url);
  const page = async () => (await visit(service.url, "/console", cookie)).body;
  assert.match(await page(), /None yet<.*within a minute/s);
  const note = await (await service.call("/v1/ledger/checkpoint")).text();
  const body = await page();
  assert.match(body, /Signature valid, and the tree of hashes continues it/);
  assert.ok(body.includes(`<pre>${note.trim()}</pre>`));
  const command = `ledger verify --service ${service.url.origin} --key "$(cat key.txt)"`;
  assert.ok(body.replaceAll(/<\/?span[^>]*>/g, "").includes(command));
  const key = (await (await service.call("/v1/ledger/key")).text()).trim();
  assert.ok(!body.includes(key), "whoever is shown a wrong page would be shown a wrong key");
  alter(service, `UPDATE ledger_head SET size = 1, frontier = '["${"ab".repeat(32)}"]'`);
  const alarming = await page();
  assert.match(alarming, /THE LOG DOES NOT CONTINUE ITS CHECKPOINT/);
  assert.match(alarming, /class="card alarm"/);
});

test("the last reconciliation is told: good only if something was compared and nothing is left", async (service) => {
  const cookie = await sessionCookie(service.url);
  const card = async () => {
    const { body } = await visit(service.url, "/console", cookie);
    return SECTION.exec(body)!;
  };
  assert.match((await card())[0], /deno task cli ledger reconcile --cloud-audit-logs FILE/);
  const rows = [
    [
      { matched: 1234 },
      "",
      /class="state good"[\s\S]*Every signature in the cloud’s log/,
    ],
    [{ matched: 1, indeterminate: 2 }, "", /Every signature that could be judged is explained/],
    [{}, "", /Nothing was compared/],
    [{ indeterminate: 5 }, "", /Nothing was compared/],
    [{ matched: 9, unwitnessed: 1 }, "warning", /log lacks 1 attempt that the ledger has/],
    [{ unwitnessed: 3 }, "warning", /class="state warn"[\s\S]*lacks 3 attempts/],
    [{ matched: 9, unexplained: 2 }, "alarm", /2 signatures that the ledger does not explain/],
    [{ unexplained: 1, unwitnessed: 3 }, "alarm", /1 signature that[\s\S]*lacks 3 attempts/],
    ["<b>garbage", "alarm", /Unreadable/],
  ] as const;
  const stores = await openStores(service.config);
  try {
    let before: string | null = null;
    for (const [bend, mark, sentence] of rows) {
      const text: string = typeof bend === "string" ? bend : JSON.stringify({ ...NOTE, ...bend });
      assert.ok(await stores.ledger.keepNote("reconciliation", before, text));
      before = text;
      const [shown, marked] = await card();
      assert.match(shown, sentence);
      assert.equal(marked, mark, text);
      assert.equal(/class="state good"/.test(shown), sentence.source.includes("Every sign"));
      if (typeof bend !== "string") assert.match(shown, /It is not signed/);
    }
  } finally {
    stores.close();
  }
});

test("an entry that was changed in the store alarms, in words, and not as a pause", async (service) => {
  const cookie = await sessionCookie(service.url);
  await (await service.call("/v1/ledger/checkpoint")).text();
  alter(
    service,
    `DROP TRIGGER ledger_leaves_keep;
      UPDATE ledger_leaves SET leaf = replace(leaf, '"caller":"everything"', '"caller":"nobody"')
        WHERE position = 1;`,
  );
  const overview = await visit(service.url, "/console", cookie);
  assertPage(overview, 200, "Overview");
  const entries = await visit(service.url, "/console/entries", cookie);
  assertPage(entries, 503, "Entries");
  assert.equal(entries.headers.get("retry-after"), null);
  for (const { body } of [overview, entries]) {
    assert.match(body, CHANGED);
    assert.match(body, /class="card alarm"/);
    assert.match(body, /ledger verify --service http/);
    assert.doesNotMatch(body, /come again|at the moment|>nobody</);
  }
  assert.match(overview.body, /Not shown: an entry is not what its hash says/);
  // What does not touch it is shown.
  const before = await visit(service.url, "/console/entries?older_than=1", cookie);
  assertPage(before, 200, "Entries");
  assert.doesNotMatch(before.body, CHANGED);
});

const CHANGED =
  /An entry is not what its hash says: the store was changed\. Run the verification\./;

const SECTION =
  /<section\s+class="card (\w*)"\s+aria-labelledby="reconciliation"[\s\S]*?<\/section>/;

const NOTE = {
  at: "2026-11-22T12:00:00.000000000Z",
  from: null,
  to: null,
  matched: 0,
  unwitnessed: 0,
  unexplained: 0,
  indeterminate: 0,
  confirmed_until: null,
};
