/** `cli ledger reconcile` on files as they come: encodings, compression, damage, and what is not said. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { createLedgerKey } from "../../src/adapters/signing/ledger_key.ts";
import { checkpointBody, signedNote, verifierKeyText } from "../../src/domain/checkpoint.ts";
import { type EntryDraft, leafText } from "../../src/domain/ledger_entry.ts";
import { EMPTY_TREE, extend, leafHash, rootHash } from "../../src/domain/merkle.ts";
import { Secret } from "../../src/domain/secret.ts";
import {
  type Bent,
  bigQueryRow,
  CRYPTO_KEY,
  jsonLines,
  KEY_VERSION,
  logEntry,
} from "../support/audit_entries.ts";
import { type Exit, runTask } from "../support/processes.ts";

const digestOf = (name: string) => new TextEncoder().encode(name.padEnd(32, ".")).toHex();
const minute = (count: number) => new Date(Date.UTC(2026, 9, 2, 9, count)).toISOString();

/** An intent and its outcome. @param tenant null for a canary */
function attempt(count: number, name: string, tenant: string | null = "Cust12345"): EntryDraft[] {
  const context = {
    at: minute(count),
    request_id: "r1",
    caller: tenant === null ? null : "orders",
    context_identifier: tenant,
  };
  return [
    {
      ...context,
      kind: "sign_intent",
      attempt: name,
      key_version: KEY_VERSION,
      digest_sha256: digestOf(name),
    },
    {
      ...context,
      kind: "sign_outcome",
      attempt: name,
      result: "signed",
      signature_sha256: digestOf("signature"),
      error: null,
    },
  ];
}

const LEDGER = [
  ...attempt(0, "canary 1", null),
  ...attempt(1, "a"),
  ...attempt(2, "b"),
  ...attempt(3, "canary 2", null),
].map((draft, index) => `${leafText(index, draft)}\n`).join("");

const entry = (count: number, name: string, bent: Bent = {}) =>
  logEntry({ time: minute(count), digest: { sha256: digestOf(name) }, insertId: name, ...bent });

const LOG = [entry(0, "canary 1"), entry(1, "a"), entry(2, "b"), entry(3, "canary 2")];

const line = sharedCommandLine();
const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

function write(name: string, data: string | Uint8Array): string {
  const path = `${folder}/${name}`;
  Deno.writeFileSync(path, typeof data === "string" ? new TextEncoder().encode(data) : data);
  return path;
}

const ledger = write("ledger.jsonl", LEDGER);

function run(args: readonly string[], input?: string): Promise<Exit> {
  const all = ["ledger", "reconcile", "--file", ledger, ...args];
  return input === undefined ? line.run({ args: all }) : runTask("cli", { args: all, input });
}

/** A checkpoint of a ledger by a key of its own. */
async function signLedger(text: string): Promise<{ readonly key: string; readonly note: string }> {
  const leaves = text.split("\n").slice(0, -1);
  const head = leaves.reduce((tree, leaf) => extend(tree, leafHash(leaf)), EMPTY_TREE);
  const signer = createLedgerKey(new Secret(new Uint8Array(32).fill(7).toBase64()));
  const key = { name: "log.example/ledger", publicKey: await signer.publicKey() };
  const body = checkpointBody({ origin: key.name, size: head.size, rootHash: rootHash(head) });
  const signature = await signer.sign(new TextEncoder().encode(body));
  return { key: verifierKeyText(key), note: signedNote(body, key, signature) };
}

async function outcomes(data: string | Uint8Array, ...args: readonly string[]) {
  const log = write("log", data);
  const { code, stdout, stderr } = await run(["--cloud-audit-logs", log, "--json", ...args]);
  assert.equal(stderr, "");
  return { code, ...JSON.parse(stdout) };
}

async function zip(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** As PowerShell redirects. */
function utf16(text: string): Uint8Array {
  const units = Uint16Array.from([0xfeff, ...Array.from(text, (it) => it.charCodeAt(0))]);
  return new Uint8Array(units.buffer);
}

Deno.test("a log is read with a byte order mark, as UTF-16, compressed, or as rows of BigQuery", async () => {
  const array = JSON.stringify(LOG, null, 2);
  const rows = [...LOG.keys()].map((count) =>
    bigQueryRow({
      time: minute(count),
      digest: { sha256: digestOf(["canary 1", "a", "b", "canary 2"][count]!) },
      insertId: String(count),
    })
  );
  const forms = [
    bytes(`\ufeff${array}`),
    utf16(array),
    await zip(bytes(array)),
    await zip(bytes(jsonLines(rows))),
    bytes(jsonLines(rows).replaceAll("\n", "\r\n")),
  ];
  for (const [place, form] of forms.entries()) {
    const { code, counts, logging } = await outcomes(form);
    assert.deepEqual([code, counts.matched], [0, 4], `form ${place}`);
    assert.equal(logging.confirmed_until, "2026-10-02T09:03:00.000000000Z");
  }
});

Deno.test("a log comes from standard input, too", async () => {
  const { code, stdout } = await run(["--cloud-audit-logs", "-"], JSON.stringify(LOG));
  assert.equal(code, 0);
  assert.match(stdout, /^OK: every signature in the cloud's log was asked for by Box Office\.\n/);
  assert.match(
    stdout,
    /Logging is confirmed from 2026-10-02T09:00:00Z until 2026-10-02T09:03:00Z: 2 canaries/,
  );
});

Deno.test("an empty log explains nothing and confirms nothing", async () => {
  const log = write("empty", "[]");
  const { code, stdout } = await run(["--cloud-audit-logs", log]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^INCOMPLETE: nothing is unexplained, but 4 of Box Office's own signatures are not in/,
  );
  assert.match(stdout, /Logging is not confirmed/);
  assert.match(stdout, /Missing: the canary of 2026-10-02T09:00:00Z, entry 0\./);
  assert.equal((await outcomes("")).counts.unwitnessed, 4);
});

Deno.test("a canary that the log lacks is a hole, and logging is confirmed before it only", async () => {
  const { logging, unwitnessed } = await outcomes(jsonLines(LOG.slice(0, 3)));
  assert.equal(logging.confirmed_until, "2026-10-02T09:00:00.000000000Z");
  assert.deepEqual(logging.canaries_missing.map(({ index }: { index: number }) => index), [6]);
  assert.deepEqual(unwitnessed.map(({ why }: { why: string }) => why), ["signed"]);
});

Deno.test("exports that do not fit together say so", async () => {
  const late = entry(50, "later");
  const log = write("late", jsonLines([...LOG.slice(2), late]));
  const { code, stdout } = await run(["--cloud-audit-logs", log, "--from", "2026-10-02"]);
  assert.equal(code, 1);
  assert.match(stdout, /1 of them later than the ledger's last entry: export the log first/);
  assert.match(stdout, /2 of them before the log's first entry\. Cloud Logging keeps 30 days/);
});

Deno.test("what is older than the log given is held against it only if somebody asks", async () => {
  // An entry of any kind tells that the log reaches so far.
  const begin = entry(2, "b", { method: "GetPublicKey", insertId: "key" });
  const short = jsonLines([begin, ...LOG.slice(3)]);
  const log = write("short", short);
  const { stdout } = await run(["--cloud-audit-logs", log]);
  assert.match(stdout, /^Window: 2026-10-02T09:02:00Z until now\.$/m);
  assert.match(stdout, /Compared from the first entry of the log given\. 2 intents .* are older/);
  const found = await outcomes(short);
  assert.deepEqual(found.counts, { matched: 1, unwitnessed: 0, unexplained: 0, indeterminate: 1 });
  assert.deepEqual([found.from_log, found.older_intents], [true, 2]);
  const asked = await outcomes(short, "--from", "2026-10-02T08:00:00Z");
  assert.deepEqual([asked.from_log, asked.counts.unwitnessed], [false, 3]);
  // A log that has nothing of the window is not the window's beginning.
  const before = await outcomes(short, "--to", "2026-10-02T09:01:30Z", "--settling-minutes", "0");
  assert.deepEqual([before.from, before.counts.unwitnessed], [null, 2]);
  const empty = await outcomes("[]");
  assert.deepEqual([empty.from, empty.older_intents, empty.counts.unwitnessed], [null, 0, 4]);
});

Deno.test("an entry that the checkpoint does not cover excuses no signature", async () => {
  const { key, note } = await signLedger(LEDGER);
  const given = ["--checkpoint", write("note", note), "--key", key];
  const more = attempt(2, "theft").map((draft, place) => `${leafText(8 + place, draft)}\n`).join(
    "",
  );
  const longer = write("longer.jsonl", LEDGER + more);
  const log = jsonLines([...LOG, entry(2, "theft")]);
  assert.equal((await outcomes(log, "--file", longer)).code, 0);
  const found = await outcomes(log, "--file", longer, ...given);
  assert.deepEqual([found.code, found.unexplained[0].why], [1, "no_intent"]);
  assert.deepEqual(found.ledger, {
    size: 8,
    last: "2026-10-02T09:03:00.000000000Z",
    checkpoint: true,
    beyond: 2,
  });
  const honest = await run([
    "--file",
    longer,
    ...given,
    "--cloud-audit-logs",
    write("l", jsonLines(LOG)),
  ]);
  assert.equal(honest.code, 0);
  assert.match(honest.stdout, /2 entries beyond the checkpoint were passed over: nobody vouches/);
  const shorter = write("shorter.jsonl", LEDGER.split("\n").slice(0, 6).join("\n") + "\n");
  const short = await run(["--file", shorter, ...given, "--cloud-audit-logs", write("l", log)]);
  assert.deepEqual([short.code, short.stdout.slice(0, 5)], [1, "BAD: "]);
});

Deno.test("a gap between canaries is told, and what was held to be one", async () => {
  const log = write("gap", jsonLines(LOG));
  const told = await run(["--cloud-audit-logs", log, "--canary-minutes", "1"]);
  // Three minutes are less than two periods and two minutes of patience.
  assert.match(told.stdout, /^ {2}One canary in 1 minute is expected\.$/m);
  assert.doesNotMatch(told.stdout, /Gap: /);
  assert.match(told.stdout, /^ {2}Longest time without one: from 2026-10-02T09:03:00Z to /m);
  const drafts = [0, 10, 20, 50].flatMap((count) => attempt(count, `c${count}`, null));
  const ledger = write("c", drafts.map((it, index) => `${leafText(index, it)}\n`).join(""));
  const seen = write("seen", jsonLines([0, 10, 20, 50].map((count) => entry(count, `c${count}`))));
  const { stdout } = await run(["--file", ledger, "--cloud-audit-logs", seen]);
  assert.match(stdout, /is confirmed from 2026-10-02T09:00:00Z until 2026-10-02T09:20:00Z: 4 /);
  assert.match(stdout, /Gap: no canary .* from 2026-10-02T09:20:00Z to 2026-10-02T09:50:00Z, 30 m/);
  assert.match(stdout, /One canary in 10 minutes is expected, by what is usual here: --canary-m/);
});

Deno.test("of very many who signed, the most frequent and the rarest are told", async () => {
  const names = Array.from({ length: 150 }, (_, place) => `by ${place}`);
  const drafts = names.flatMap((name) => [...attempt(5, name), ...attempt(5, `${name} again`)]);
  const rare = attempt(6, "rare");
  const ledger = write(
    "many.jsonl",
    [...drafts, ...rare].map((draft, index) => `${leafText(index, draft)}\n`).join(""),
  );
  const entries = names.flatMap((name, place) =>
    [name, `${name} again`].map((it) => entry(5, it, { userAgent: `agent/${place}` }))
  );
  const log = write("many", jsonLines([...entries, entry(6, "rare", { userAgent: "curl/8" })]));
  const { stdout } = await run(["--file", ledger, "--cloud-audit-logs", log]);
  const makers = stdout.split("\n").filter((line) => /^ {2} +\d+ {2}signer@/.test(line));
  assert.equal(makers.length, 100);
  assert.match(makers.at(-1)!, /^ +1 .*curl\/8$/);
  assert.match(stdout, /and 51 more: --json has them all/);
});

Deno.test("what a caller says cannot write on the reader's screen", async () => {
  const userAgent = `\u001b[2J\u202e${"x".repeat(5000)}\r\nOK: all is well`;
  const log = write("rude", jsonLines([...LOG, entry(2, "forged", { userAgent })]));
  const { stdout } = await run(["--cloud-audit-logs", log]);
  // deno-lint-ignore no-control-regex -- control characters are what this looks for
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  assert.match(stdout, /\\u\{1b\}\[2J\\u\{202e\}x+…$/m);
  assert.ok(!stdout.includes("all is well"));
});

Deno.test("a log that cannot be read gives no verdict, and its bad line is named", async () => {
  const good = jsonLines(LOG);
  const gzip = await zip(bytes(good));
  const bad: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ["garbled", `${good}garbage\n`, /garbled: line 5: it is not JSON\n$/],
    ["cut", good.slice(0, -20), /cut: line 4: it is cut off\n$/],
    ["latin1", Uint8Array.from([...bytes(good), 0xe9]), /latin1: neither UTF-8 nor whole gzip\n$/],
    ["cut.gz", gzip.slice(0, -20), /cut\.gz: neither UTF-8 nor whole gzip\n$/],
    ["more.gz", Uint8Array.from([...gzip, 1, 2, 3]), /more\.gz: neither UTF-8 nor whole gzip\n$/],
    ["error", '{"error":{"code":403}}', /error: line 1: it is no log entry\n$/],
    ["page", "<!DOCTYPE html>", /page: line 1: it is not JSON\n$/],
  ];
  for (const [name, data, expected] of bad) {
    assertRefused(await run(["--cloud-audit-logs", write(name, data)]), expected);
  }
});

Deno.test("an export of the ledger that is no text is bad, not unreadable", async () => {
  const log = write("log.jsonl", jsonLines(LOG));
  for (const data of ["", "\n", LEDGER.slice(0, -2), Uint8Array.from([0xff, 0x00, 0x80])]) {
    const path = write("bad.jsonl", data);
    // Said before the log is looked at.
    for (const other of [log, `${folder}/none`]) {
      const { code, stdout } = await run(["--file", path, "--cloud-audit-logs", other]);
      assert.equal(code, 1);
      assert.match(stdout, /^BAD: entry \d+: [^\n]+\n$/);
    }
  }
});

Deno.test("a checkpoint that is none, or not of this key, is a verdict on the ledger", async () => {
  const log = write("log.jsonl", jsonLines(LOG));
  const key = "log.example/ledger+7bf40f1d+AUHJc6hurFuJHFlaNmSdRJ8aMorItOhWmq+NTyBUr9Aw";
  const bare = ["--cloud-audit-logs", log, "--checkpoint", write("note", "hello\n")];
  assertRefused(await run([...bare, "--key", key]), /^Cannot use --key: /);
  assertRefused(await run(bare), /^Cannot use --checkpoint: give the log's key with --key\n$/);
  const named = "localhost:8411/ledger+7bf40f1d+AUHJc6hurFuJHFlaNmSdRJ8aMorItOhWmq+NTyBUr9Aw";
  const { code, stdout } = await run([...bare, "--key", named]);
  assert.equal(code, 1);
  assert.match(stdout, /^BAD: the checkpoint is malformed or not signed by this key\n$/);
});

Deno.test("options that are not of their form are refused, and say how", async () => {
  const log = write("log.jsonl", jsonLines(LOG));
  const given = ["--cloud-audit-logs", log];
  const servers = [Response.json({}, { status: 403 }), new Response("<html>")].map((answer) =>
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => answer.clone())
  );
  const [denied, unlike] = servers.map(({ addr }) => `http://127.0.0.1:${addr.port}`);
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^Cannot reconcile: give --cloud-audit-logs or --live\n$/],
    [["--cloud-audit-logs", `${folder}/none`], /^Cannot read \S+none: no such file/],
    [["--cloud-audit-logs", folder], /^Cannot read \S+: no such file, or not readable\n$/],
    [[...given, "--from", "2026-10-03", "--to", "2026-10-02"], /--from is not before --to/],
    [[...given, "--from", "yesterday"], /Neither 2026-11-22T09:00:00Z nor 2026-11-22\./],
    [[...given, "--to", "2026-13-01"], /Neither 2026-11-22T09:00:00Z/],
    [[...given, "--to", "2026-02-30"], /Neither 2026-11-22T09:00:00Z/],
    [[...given, "--from", "2026-10-02T09:00:00"], /Neither 2026-11-22T09:00:00Z/],
    [[...given, "--settling-minutes", "-1"], /Not a whole number of minutes/],
    [[...given, "--settling-minutes", "10081"], /Not a whole number of minutes/],
    [[...given, "--canary-minutes", "0"], /Not a whole number of minutes, at least 1/],
    [[...given, "--key-version", CRYPTO_KEY], /Not projects\/…\/cryptoKeyVersions\/N/],
    [["--live", "--logging-endpoint", "http://logging.example"], /^Cannot use --logging-endpoint/],
    [["--live", "--logging-endpoint", denied!], /needs roles\/logging\.privateLogViewer\n$/],
    [["--live", "--logging-endpoint", unlike!], /what answers is not Cloud Logging\n$/],
  ];
  const exits = await Promise.all(wrong.map(([args]) => run(args)));
  await Promise.all(servers.map((server) => server.shutdown()));
  for (const [place, [, expected]] of wrong.entries()) assertRefused(exits[place]!, expected);
});

Deno.test("the app's key may be named by hand, and then all of its signatures are looked at", async () => {
  const keyVersion = `${CRYPTO_KEY.replace("tokens", "standby")}/cryptoKeyVersions/1`;
  const log = jsonLines([...LOG, entry(2, "x", { keyVersion })]);
  assert.equal((await outcomes(log)).code, 0);
  const { code, unexplained } = await outcomes(log, "--key-version", keyVersion);
  assert.deepEqual([code, unexplained[0].why], [1, "no_intent"]);
});

function assertRefused({ code, stdout, stderr }: Exit, expected: RegExp): void {
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, expected);
}
