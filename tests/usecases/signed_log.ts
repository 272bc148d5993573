/**
 * One log of three hundred entries, its checkpoints, and the four ways in which somebody may be given
 * it: an export, a folder of tiles, the store itself, a service. Each takes what was made of the log.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DatabaseSync } from "node:sqlite";
import { createLedgerKey } from "../../src/adapters/signing/ledger_key.ts";
import { openSqlite } from "../../src/adapters/storage/sqlite.ts";
import { createTileFolder } from "../../src/adapters/tiles/folder.ts";
import { createTileService } from "../../src/adapters/tiles/service.ts";
import { checkpointBody, signedNote } from "../../src/domain/checkpoint.ts";
import { type EntryDeed, type EntryDraft, leafText } from "../../src/domain/ledger_entry.ts";
import { Secret } from "../../src/domain/secret.ts";
import { bundlePath, encodeBundle, TILE_WIDTH } from "../../src/domain/tiles.ts";
import { createArchive, shelfSource } from "../../src/usecases/archive.ts";
import { createCheckpoints } from "../../src/usecases/checkpoints.ts";
import type { LogSource } from "../../src/usecases/verification.ts";
import { OWNER, SEALING, withFolder } from "../adapters/storage/backends.ts";
import { append } from "../adapters/storage/samples.ts";
import { createMemoryLog, createTestClock } from "../support/service.ts";
import { createNaiveTree } from "../support/naive_tree.ts";

export const SIZE = 300;
export const ORIGIN = "tickets.example.com/ledger";

/** An unused attempt's deeds, of which the third is at place 3, 6, 9, … of the log. */
function attempt(name: string): EntryDeed[] {
  const digest = Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64);
  return [
    { kind: "sign_intent", attempt: name, key_version: "local:1", digest_sha256: digest },
    {
      kind: "sign_outcome",
      attempt: name,
      result: "signed",
      signature_sha256: digest,
      error: null,
    },
    { kind: "exchange", attempt: name, result: "issued", ticket_sha256: digest, error: null },
  ];
}

/** Another name, another log: the same kinds of entries at the same places. */
export function logOf(name: string, size = SIZE): string[] {
  const consent: EntryDeed = {
    kind: "consent",
    serial: "1234567890",
    consented_by: `${name}@example.test`,
    system_token_sha256: "ab".repeat(32),
  };
  const attempts = Array.from({ length: Math.ceil(size / 3) }, (_, at) => attempt(`${name}-${at}`));
  return [consent, ...attempts.flat()].slice(0, size).map((deed, index) => {
    const draft: EntryDraft = {
      at: new Date(Date.UTC(2026, 10, 22, 12, 0, index)).toISOString(),
      request_id: `${name}-request-${index}`,
      caller: "orders",
      context_identifier: `Cust${index % 7}`,
      ...deed,
    };
    return leafText(index, draft);
  });
}

export const LEAVES: readonly string[] = logOf("ours");
export const OTHERS: readonly string[] = logOf("other");

/** Somebody who signs checkpoints. */
export async function createLogKey(seed: number, name = ORIGIN) {
  const signer = createLedgerKey(new Secret(Buffer.alloc(32, seed).toString("base64")));
  const key = { name, publicKey: await signer.publicKey() };
  return {
    signer,
    key,
    /** A checkpoint of the first so many of these leaves. */
    async sign(leaves: readonly string[], size = leaves.length, origin = name): Promise<string> {
      const body = checkpointBody({ origin, size, rootHash: createNaiveTree(leaves).root(size) });
      return signedNote(body, key, await signer.sign(Buffer.from(body)));
    },
  };
}

export const { key: KEY, signer: SIGNER, sign } = await createLogKey(7);
export const NOTE: string = await sign(LEAVES);

/** Files of a folder of tiles, by their paths. */
export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** What the program itself would copy to a folder. */
export async function filesOf(leaves: readonly string[]): Promise<Files> {
  const stores = openSqlite({ path: ":memory:", sealing: SEALING, owner: OWNER });
  const log = createMemoryLog();
  const clock = createTestClock();
  const store = stores.ledger;
  const head = await store.head();
  await store.append(head, append(head, leaves));
  const checkpoints = createCheckpoints({ store, signer: SIGNER, origin: ORIGIN, clock, log });
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const shelf = {
    read: (path: string) => Promise.resolve(files.get(path) ?? null),
    write: (path: string, bytes: Uint8Array<ArrayBuffer>) =>
      Promise.resolve(void files.set(path, bytes)),
  };
  const answer = await createArchive({ store, shelf, checkpoints }).copy();
  assert.equal(answer.kind, "archived");
  await checkpoints.drain();
  stores.close();
  return files;
}

export const FILES: Files = await filesOf(LEAVES);

/** The log's own tiles, and bundles of what was made of its entries. */
export function withEntries(leaves: readonly string[], files: Files = FILES): Files {
  const bent = new Map([...files].filter(([path]) => !path.startsWith("tile/entries/")));
  for (let at = 0; at < Math.min(leaves.length, SIZE); at += TILE_WIDTH) {
    // What is too much stands in the last bundle.
    const end = at + TILE_WIDTH > SIZE ? leaves.length : at + TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, SIZE - at);
    bent.set(bundlePath(at / TILE_WIDTH, width), encodeBundle(leaves.slice(at, end)));
  }
  return bent;
}

/** A source that is there while it is used. */
export type Use<T> = (of: T, use: (source: LogSource) => Promise<void>) => Promise<void>;

export const exported = (leaves: readonly string[], tiles: LogSource["tiles"]): LogSource => ({
  async *entries() {
    yield leaves;
  },
  tiles,
});

/** Real files, as an auditor copies them. */
export const inFolder: Use<Files> = (files, use) =>
  withFolder(async (folder) => {
    for (const [path, bytes] of files) {
      const file = `${folder}/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(file, bytes);
    }
    await use(shelfSource(createTileFolder(folder), SIZE));
  });

/** Somebody who serves these files, whatever they are. */
export const atService: Use<Files> = async (files, use) => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const bytes = files.get(new URL(request.url).pathname.replace("/v1/ledger/", ""));
    return bytes === undefined ? new Response(null, { status: 404 }) : new Response(bytes);
  });
  try {
    const shelf = createTileService({
      address: new URL(`http://127.0.0.1:${server.addr.port}/v1/ledger/`),
      credential: null,
      timeoutMs: 20_000,
      sleep: () => Promise.reject(new Error("nothing to wait for")),
    });
    await use(shelfSource(shelf, SIZE));
  } finally {
    await server.shutdown();
  }
};

const filled = await fillStore();

/** A SQLite file of the log, as bytes: each test gets a copy. */
async function fillStore(): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  await withFolder(async (folder) => {
    const path = `${folder}/ledger.sqlite`;
    const stores = openSqlite({ path, sealing: SEALING, owner: OWNER });
    const head = await stores.ledger.head();
    await stores.ledger.append(head, append(head, LEAVES));
    stores.close();
    bytes = await Deno.readFile(path);
  });
  return bytes;
}

/** The store, after somebody who has its file has taken away what guards the rows. */
export const inStore: Use<(database: DatabaseSync) => void> = (bend, use) =>
  withFolder(async (folder) => {
    const path = `${folder}/ledger.sqlite`;
    await Deno.writeFile(path, filled);
    const database = new DatabaseSync(path);
    database.exec("PRAGMA synchronous = OFF; BEGIN");
    for (const name of ["leaves_keep", "leaves_stay", "hashes_keep", "hashes_stay"]) {
      database.exec(`DROP TRIGGER ledger_${name}`);
    }
    bend(database);
    database.exec("COMMIT");
    database.close();
    const stores = openSqlite({ path, sealing: SEALING, owner: OWNER });
    try {
      await use({
        // As the command line reads it: an entry a page.
        async *entries() {
          for (let after = -1;; after++) {
            const page = await stores.ledger.read(after, 1);
            if (page.length === 0) return;
            yield page;
          }
        },
        tiles: (tiles) => stores.ledger.tiles(tiles),
      });
    } finally {
      stores.close();
    }
  });

/** Puts other leaves in the place of the log's. */
export function replaceLeaves(leaves: readonly string[]): (database: DatabaseSync) => void {
  return (database) => {
    database.exec("DELETE FROM ledger_leaves");
    const add = database.prepare("INSERT INTO ledger_leaves (position, leaf) VALUES (?, ?)");
    leaves.forEach((leaf, position) => add.run(position, leaf));
  };
}
