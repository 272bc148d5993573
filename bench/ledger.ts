/**
 * The ledger: how long an auditor waits for 100,000 entries, what one entry costs who writes it, and
 * how many bytes a million signatures take. The yardstick for verification is to parse each entry and
 * to hash it once; for an append, one write of the same text to the same place.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { createLedgerKey } from "../src/adapters/signing/ledger_key.ts";
import { checkpointBody, signedNote, verifierKeyText } from "../src/domain/checkpoint.ts";
import { type EntryDeed, leafText } from "../src/domain/ledger_entry.ts";
import { EMPTY_TREE, grow, leafHash, rootHash } from "../src/domain/merkle.ts";
import { Secret } from "../src/domain/secret.ts";
import { encodeTile, TILE_WIDTH, tilePath } from "../src/domain/tiles.ts";
import { systemClock, systemIds } from "../src/system.ts";
import { createLedger, type LedgerContext } from "../src/usecases/ledger.ts";
import type { LedgerStore } from "../src/usecases/ports.ts";
import { verifyLog } from "../src/usecases/verification.ts";
import { runTask } from "../tests/support/processes.ts";
import { figure, ratios, spread, title } from "./support/report.ts";
import { command, commandCounts, requireUpstash, type Upstash } from "./support/upstash.ts";
import { createWorld, type StoreKind } from "./support/world.ts";

const ENTRIES = 100_000;
const PAIRS = 5;
/** Entries written one after another, in each of the pairs. */
const APPENDS = 200;
/** Three entries each: intent, outcome, exchange. */
const SIGNATURES = 10_000;
const MILLION = 1_000_000;

const ORIGIN = "tickets.example.com/ledger";
const KEY_VERSION = "projects/example/locations/europe-west4/keyRings/box-office/" +
  "cryptoKeys/system-user/cryptoKeyVersions/1";

export async function ledger(): Promise<void> {
  await verification();
  title(`ledger: an entry, ${PAIRS} pairs of ${APPENDS} one after another`);
  for (const kind of ["sqlite", "upstash"] as const) await appending(kind);
  title(`ledger: what ${SIGNATURES} signatures leave behind`);
  for (const kind of ["sqlite", "upstash"] as const) await growing(kind);
}

/** A signature's three entries, as long as real ones are. */
function deedsOf(): readonly EntryDeed[] {
  const attempt = systemIds.next();
  const digest = () => createHash("sha256").update(crypto.randomUUID()).digest("hex");
  return [
    { kind: "sign_intent", attempt, key_version: KEY_VERSION, digest_sha256: digest() },
    { kind: "sign_outcome", attempt, result: "signed", signature_sha256: digest(), error: null },
    { kind: "exchange", attempt, result: "issued", ticket_sha256: digest(), error: null },
  ];
}

const contextOf = (): LedgerContext => ({
  requestId: crypto.randomUUID(),
  caller: "orders-function",
  contextIdentifier: "Cust12345",
});

/** An export, its checkpoint and its tiles in a folder, and the export's lines. */
async function exportTo(folder: string): Promise<{ leaves: string[]; note: string; key: string }> {
  const leaves: string[] = [];
  while (leaves.length < ENTRIES) {
    const { requestId, ...context } = contextOf();
    for (const deed of deedsOf().slice(0, ENTRIES - leaves.length)) {
      const at = new Date().toISOString();
      const { caller, contextIdentifier } = context;
      const common = { at, request_id: requestId, caller, context_identifier: contextIdentifier };
      leaves.push(leafText(leaves.length, { ...common, ...deed }));
    }
  }
  const { head, hashes } = grow(EMPTY_TREE, leaves.map(leafHash));
  const signer = createLedgerKey(new Secret(Buffer.alloc(32, 7).toString("base64")));
  const key = { name: ORIGIN, publicKey: await signer.publicKey() };
  const body = checkpointBody({ origin: ORIGIN, size: head.size, rootHash: rootHash(head) });
  const note = signedNote(body, key, await signer.sign(Buffer.from(body)));
  for (const [level, row] of hashes.entries()) {
    for (let at = 0; at < row.length; at += TILE_WIDTH) {
      const tile = row.slice(at, at + TILE_WIDTH);
      const path = `${folder}/${tilePath({ level, number: at / TILE_WIDTH }, tile.length)}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(path, encodeTile(tile));
    }
  }
  await Deno.writeTextFile(`${folder}/export`, leaves.map((leaf) => `${leaf}\n`).join(""));
  await Deno.writeTextFile(`${folder}/checkpoint`, note);
  return { leaves, note, key: verifierKeyText(key) };
}

async function verification(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-bench-" });
  try {
    const { leaves, key } = await exportTo(folder);
    const files = ["--file", "export", "--checkpoint", "checkpoint", "--key", key];
    const whole: number[] = [];
    const named: number[] = [];
    const walk: number[] = [];
    const least: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      whole.push(await secondsOf(() => verifyBy(folder, ...files)));
      named.push(await secondsOf(() => verifyBy(folder, ...files, "--tiles", ".")));
      walk.push(await secondsOf(() => verifyHere(leaves)));
      least.push(await secondsOf(() => parseAndHash(leaves)));
    }
    title(`ledger: verification of ${ENTRIES} entries, ${PAIRS} pairs`);
    figure("the command, an export and its checkpoint, seconds", spread(whole, 2));
    figure("the same with tiles beside it", spread(named, 2));
    figure("the walk alone, entries per second", spread(walk.map((took) => ENTRIES / took), 0));
    figure(
      "parsing and hashing alone, entries per second",
      spread(least.map((s) => ENTRIES / s), 0),
    );
    figure("walk / parsing and hashing", spread(ratios(walk, least), 2));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function secondsOf(deed: () => Promise<void> | void): Promise<number> {
  const began = performance.now();
  await deed();
  return (performance.now() - began) / 1000;
}

async function verifyBy(cwd: string, ...args: readonly string[]): Promise<void> {
  const { code, stdout } = await runTask("cli", { cwd, args: ["ledger", "verify", ...args] });
  if (code !== 0 || !stdout.startsWith(`OK: ${ENTRIES} `)) {
    throw new Error(`Cannot measure: verification says ${stdout}`);
  }
}

async function verifyHere(leaves: readonly string[]): Promise<void> {
  const source = {
    async *entries() {
      yield leaves;
    },
    tiles: null,
  };
  const options = { checkpoint: null, isLiving: false, kept: [], key: null };
  if (!(await verifyLog(source, options)).ok) throw new Error("Cannot measure: the log is refused");
}

function parseAndHash(leaves: readonly string[]): void {
  for (const leaf of leaves) {
    JSON.parse(leaf);
    createHash("sha256").update(leaf).digest();
  }
}

const NO_LOG = { debug() {}, info() {}, warn() {}, error() {} };

const writerOn = (store: LedgerStore) =>
  createLedger({ store, clock: systemClock, ids: systemIds, log: NO_LOG });

/** Milliseconds for each of so many, one after another. */
async function eachOf(count: number, deed: () => Promise<unknown>): Promise<number> {
  return await secondsOf(async () => {
    for (let number = 0; number < count; number++) await deed();
  }) * 1000 / count;
}

async function appending(kind: StoreKind): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld(kind);
  ending.defer(world.close);
  const writer = writerOn(world.stores.ledger);
  const text = JSON.stringify({ ...contextOf(), ...deedsOf()[0]! });
  const bare = kind === "sqlite"
    ? openBare(`${world.env.DATA_DIR}/bare.sqlite`)
    : bareUpstash(requireUpstash(world));
  ending.defer(() => Promise.resolve(bare.close()));
  const ours: number[] = [];
  const raw: number[] = [];
  await writer.record(contextOf(), deedsOf()[0]!);
  for (let pair = 0; pair < PAIRS; pair++) {
    if (world.upstash !== null) await command(world.upstash, "CONFIG", "RESETSTAT");
    ours.push(await eachOf(APPENDS, () => writer.record(contextOf(), deedsOf()[0]!)));
    if (world.upstash !== null && pair === 0) await reportScripts(world.upstash);
    raw.push(await eachOf(APPENDS, () => bare.write(text)));
  }
  figure(`${kind}: an entry, milliseconds`, spread(ours, 2));
  figure(`${kind}: one bare write of the same size`, spread(raw, 2));
  figure(`${kind}: entry / bare write`, spread(ratios(ours, raw), 2));
}

async function reportScripts(upstash: Upstash): Promise<void> {
  const scripts = (await commandCounts(upstash)).get("eval") ?? NaN;
  figure("upstash: requests for each entry", (scripts / APPENDS).toFixed(2));
}

/** A table of texts, each its own durable transaction, as the store's are. */
function openBare(path: string) {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE texts (position INTEGER PRIMARY KEY, text TEXT) STRICT");
  const add = database.prepare("INSERT INTO texts (text) VALUES (?)");
  return {
    write: (text: string) => Promise.resolve(add.run(text)),
    close: () => database.close(),
  };
}

function bareUpstash(upstash: Upstash) {
  return { write: (text: string) => command(upstash, "RPUSH", "bare", text), close: () => {} };
}

async function growing(kind: StoreKind): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld(kind, "ram");
  ending.defer(world.close);
  const bytes = kind === "sqlite"
    ? () => fileSize(`${world.env.DATA_DIR}/box-office.sqlite`)
    : () => memoryUse(requireUpstash(world));
  const writer = writerOn(world.stores.ledger);
  // Tables and scripts are there.
  await writer.record(contextOf(), deedsOf()[0]!);
  const before = await bytes();
  let written: Promise<void>[] = [];
  for (let number = 0; number < SIGNATURES; number++) {
    const context = contextOf();
    written.push(...deedsOf().map((deed) => writer.record(context, deed)));
    if (number % 1000 < 999) continue;
    await Promise.all(written);
    written = [];
  }
  const each = (await bytes() - before) / SIGNATURES;
  figure(`${kind}: bytes for each signature`, each.toFixed(0));
  figure(`${kind}: a million signatures`, `${(each * MILLION / 1e9).toFixed(2)} GB`);
}

/** The database as it is when nothing is under way: what is in the write-ahead log counts as well. */
function fileSize(path: string): Promise<number> {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return Promise.resolve(Deno.statSync(path).size);
}

async function memoryUse(upstash: Upstash): Promise<number> {
  const text = String(await command(upstash, "INFO", "memory"));
  return Number(/^used_memory:(\d+)/m.exec(text)![1]);
}
