/**
 * Four processes that write one ledger on a real Redis, two hundred entries each, all at once, and sign
 * its checkpoints meanwhile; then the same while Upstash loses replies. Whatever they were told: one log
 * without a gap, no entry twice, and no checkpoint that another one contradicts.
 */

import assert from "node:assert/strict";
import { type Config, parseConfig } from "../../src/config.ts";
import { type Checkpoint, openCheckpoint } from "../../src/domain/checkpoint.ts";
import { rootHash } from "../../src/domain/merkle.ts";
import { tilesOfSize } from "../support/tree_tiles.ts";
import { consistencyRanges, isConsistent, rootsOfRanges } from "../../src/domain/tree_proofs.ts";
import { openStores } from "../../src/parts_stores.ts";
import type { LedgerStore } from "../../src/usecases/ports.ts";
import { verifyLog } from "../../src/usecases/verification.ts";
import { createLedgerKey } from "../../src/adapters/signing/ledger_key.ts";
import { withBridge } from "../adapters/storage/backends.ts";
import type { Written } from "../support/ledger_writer.ts";
import { createNaiveTree, type NaiveTree } from "../support/naive_tree.ts";
import { startFile } from "../support/processes.ts";
import type { Bridge, Choice } from "../support/upstash_bridge.ts";

const PROCESSES = 4;
const ENTRIES = 200;
const ORIGIN = "tickets.example.com/ledger";

type Env = Readonly<Record<string, string>>;

const randomBase64 = () => crypto.getRandomValues(new Uint8Array(32)).toBase64();

function environment({ url, token }: Bridge): Env {
  return {
    SUPEROFFICE_ENVIRONMENT: "simulator",
    UPSTASH_REDIS_REST_URL: url,
    UPSTASH_REDIS_REST_TOKEN: token,
    SEALING_KEYS: `writers:${randomBase64()}`,
    LEDGER_KEY: randomBase64(),
    LEDGER_ORIGIN: ORIGIN,
  };
}

/** Starts them, lets them go at the same moment, and waits for their words. */
async function writeAll(env: Env, round: string): Promise<Written[]> {
  const names = Array.from({ length: PROCESSES }, (_, number) => `${round}-${number}`);
  const writers = names.map((name) =>
    startFile("tests/support/ledger_writer.ts", { args: [name, String(ENTRIES)], env })
  );
  try {
    await Promise.all(writers.map((writer) => writer.line(/^ready$/)));
    for (const writer of writers) writer.kill("SIGUSR1");
    return await Promise.all(writers.map(async (writer) => {
      const { code, stdout, stderr } = await writer.exit();
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as Written;
    }));
  } finally {
    for (const writer of writers) await writer.end();
  }
}

/** The log as it is now, judged by everything that knows one. */
async function judge(store: LedgerStore, notes: readonly string[], config: Config) {
  const head = await store.head();
  const leaves = await store.read(-1, head.size + 1);
  const naive = createNaiveTree(leaves);
  assert.equal(rootHash(head), naive.root());
  const verdict = await verifyLog({
    async *entries() {
      yield leaves;
    },
    tiles: (tiles) => store.tiles(tiles),
  }, { checkpoint: notes.at(-1)!, isLiving: true, kept: notes, key: await keyOf(config) });
  assert.ok(verdict.ok, JSON.stringify(verdict));
  return { leaves, naive };
}

async function keyOf({ ledgerKey }: Config) {
  assert.equal(ledgerKey.kind, "seed");
  const signer = createLedgerKey(ledgerKey.seed);
  return { name: ORIGIN, publicKey: await signer.publicKey() };
}

/** Every checkpoint that anybody signed, smallest first, each size once. */
async function checkpointsOf(all: readonly Written[], config: Config): Promise<{
  readonly notes: readonly string[];
  readonly checkpoints: readonly Checkpoint[];
}> {
  const key = await keyOf(config);
  const bySize = new Map<number, { note: string; checkpoint: Checkpoint }>();
  for (const note of all.flatMap(({ notes }) => notes)) {
    const checkpoint = openCheckpoint(note, key);
    assert.ok(checkpoint !== null);
    const other = bySize.get(checkpoint.size);
    assert.deepEqual(checkpoint, other?.checkpoint ?? checkpoint, "two roots of one size");
    bySize.set(checkpoint.size, { note, checkpoint });
  }
  const found = [...bySize.values()].sort((a, b) => a.checkpoint.size - b.checkpoint.size);
  return {
    notes: found.map(({ note }) => note),
    checkpoints: found.map(({ checkpoint }) => checkpoint),
  };
}

/** Every older one with every newer one, by proofs from the store's tiles. */
async function requireConsistent(
  store: LedgerStore,
  naive: NaiveTree,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  const tiles = tilesOfSize(checkpoints.at(-1)!.size);
  const hashes = await store.tiles(tiles);
  for (const [place, newer] of checkpoints.entries()) {
    assert.equal(newer.rootHash, naive.root(newer.size));
    for (const older of checkpoints.slice(0, place)) {
      const isEmpty = older.size === 0;
      const ranges = isEmpty ? [] : consistencyRanges(older.size, newer.size);
      const proof = rootsOfRanges(ranges, tiles, hashes);
      assert.ok(proof !== null && isConsistent(older, newer, proof));
    }
  }
}

/** Every third request is executed and its reply lost, whoever sent it. */
function losesReplies(): { readonly choice: Choice; readonly lost: () => number } {
  let requests = 0;
  let lost = 0;
  return {
    choice() {
      if (++requests % 3 !== 0) return null;
      lost++;
      return { kind: "lost" };
    },
    lost: () => lost,
  };
}

function idsOf(leaves: readonly string[], round: string): string[] {
  return leaves.map((leaf) => String(JSON.parse(leaf).request_id))
    .filter((id) => id.startsWith(`${round}-`));
}

/** Both rounds on one log. */
export function writeTogether(): Promise<void> {
  return withBridge(async (bridge) => {
    const env = environment(bridge);
    const parsed = parseConfig(env, () => null);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { config } = parsed;
    const stores = await openStores(config, 20_000);
    const store = stores.ledger;
    try {
      const first = await writeAll(env, "quiet");
      assert.deepEqual(first.flatMap(({ rejected, unsigned }) => [rejected, unsigned].flat()), []);
      const signed = await checkpointsOf(first, config);
      assert.ok(signed.checkpoints.length > 3, `${signed.checkpoints.length} sizes signed`);
      const { leaves, naive } = await judge(store, signed.notes, config);
      assert.equal(leaves.length, PROCESSES * ENTRIES);
      const recorded = first.flatMap((writer) => writer.recorded).sort();
      assert.deepEqual(idsOf(leaves, "quiet").sort(), recorded);
      assert.equal(new Set(recorded).size, PROCESSES * ENTRIES);
      await requireConsistent(store, naive, signed.checkpoints);

      const losing = losesReplies();
      bridge.all(losing.choice);
      const second = await writeAll(env, "lossy");
      bridge.all(null);
      assert.ok(losing.lost() > 20, `${losing.lost()} replies were lost`);
      await requireOnce(store, [...first, ...second], config);
    } finally {
      stores.close();
    }
  });
}

/** After replies were lost: what was recorded is there once, what was not may be there, once. */
async function requireOnce(store: LedgerStore, all: readonly Written[], config: Config) {
  const signed = await checkpointsOf(all, config);
  const { leaves, naive } = await judge(store, signed.notes, config);
  const ids = leaves.map((leaf) => String(JSON.parse(leaf).request_id));
  const there = new Set(ids);
  assert.equal(there.size, ids.length, "an entry is there twice");
  const recorded = all.flatMap((writer) => writer.recorded);
  const rejected = all.flatMap((writer) => writer.rejected);
  assert.equal(recorded.length + rejected.length, 2 * PROCESSES * ENTRIES);
  assert.deepEqual(recorded.filter((id) => !there.has(id)), [], "recorded, and not there");
  const known = new Set([...recorded, ...rejected]);
  assert.deepEqual(ids.filter((id) => !known.has(id)), []);
  assert.ok(all.every(({ unsigned }) => !unsigned.includes("inconsistent")));
  await requireConsistent(store, naive, signed.checkpoints);
}
