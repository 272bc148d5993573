/**
 * The ledger in Upstash Redis, without an expiry anywhere but on the marks of recent appends. The
 * head is compared and swapped as exact text. Upstash replicates after it answers: what is durable
 * here is what its primary has on disk.
 */

import type { TreeHead } from "../../domain/merkle.ts";
import { levelSize, TILE_WIDTH, type TileId } from "../../domain/tiles.ts";
import type { LedgerNote, LedgerStore } from "../../usecases/ports.ts";
import {
  archived,
  readTile,
  readTreeHead,
  requireFittingAppend,
  requireFittingFloor,
} from "./ledger_records.ts";
import { readRecord, readText, unreadable } from "./records.ts";
import type { Client } from "./upstash_client.ts";
import { APPEND, FORGET, HEAD, KEEP, NOTE, READ, TILES } from "./upstash_ledger_scripts.ts";
import { readNumber } from "./upstash_reply.ts";

/** An append's id is remembered this long: a repeat comes within seconds. */
const REMEMBERED_MS = 60 * 60 * 1000;

/** Leaves fetched in one request: some megabytes, below Upstash's limit of ten. */
const MAX_READ = 40 * TILE_WIDTH;

/** Tiles fetched in one request: two megabytes at most. */
const MAX_TILES = 128;

/** Bundles removed in one request. */
const MAX_FORGET = 64;

/** Names of the ledger's keys, all in one slot. */
interface Keys {
  readonly head: string;
  readonly floor: string;
  append(id: string): string;
  bundle(number: number): string;
  tile(tile: TileId): string;
  note(name: LedgerNote): string;
}

function keysOf(prefix: string): Keys {
  const base = `${prefix}:{ledger}`;
  return {
    head: `${base}:head`,
    floor: `${base}:floor`,
    append: (id) => `${base}:append:${id}`,
    bundle: (number) => `${base}:entries:${number}`,
    tile: ({ level, number }) => `${base}:tile:${level}:${number}`,
    note: (name) => `${base}:note:${name}`,
  };
}

/** Makes the ledger store of a client. */
export function createUpstashLedger(client: Client, prefix: string): LedgerStore {
  const keys = keysOf(prefix);
  const readHead = async () => {
    const [, head, floor] = await client.run(HEAD, [keys.head, keys.floor], []);
    return { head: parseHead(head), floor: readNumber(floor) };
  };
  return {
    head: async () => (await readHead()).head,
    floor: async () => (await readHead()).floor,
    append: createAppend(client, keys),
    ...createReads(client, keys),
    async forget(below) {
      const { head, floor } = await readHead();
      requireFittingFloor(below, head.size);
      const last = below / TILE_WIDTH;
      for (let from = floor / TILE_WIDTH; from < last; from += MAX_FORGET) {
        const to = Math.min(last, from + MAX_FORGET);
        const numbers = Array.from({ length: to - from }, (_, offset) => from + offset);
        const lists = numbers.flatMap((number) => [
          keys.bundle(number),
          keys.tile({ level: 0, number }),
        ]);
        await client.run(FORGET, [keys.floor, ...lists], [String(to * TILE_WIDTH)]);
      }
    },
    async note(name) {
      const [, text] = await client.run(NOTE, [keys.note(name)], []);
      return text === undefined || text === null ? null : readText(text);
    },
    async keepNote(name, expected, text) {
      const args = expected === null ? [text] : [text, expected];
      const [word] = await client.run(KEEP, [keys.note(name)], args);
      return word === "KEPT";
    },
  };
}

function createAppend(client: Client, keys: Keys): LedgerStore["append"] {
  return async (expected, append) => {
    requireFittingAppend(expected, append);
    const bundles = cut(expected.size, append.leaves, keys.bundle);
    const tiles = append.hashes.flatMap((hashes, level) =>
      cut(
        levelSize(expected.size, level),
        hashes.map(base64Of),
        (number) => keys.tile({ level, number }),
      )
    );
    const lists = [...bundles, ...tiles];
    const [word, head] = await client.run(
      APPEND,
      [keys.head, keys.append(append.id), ...lists.map(({ key }) => key)],
      [headText(expected), headText(append.next), String(REMEMBERED_MS)]
        .concat(lists.flatMap(({ from, values }) => [String(from), String(values.length)]))
        .concat(lists.flatMap(({ values }) => values)),
    );
    if (word === "APPENDED") return { kind: "appended" };
    return word === "CONFLICT" ? { kind: "conflict", head: parseHead(head) } : unreadable();
  };
}

function createReads(client: Client, keys: Keys): Pick<LedgerStore, "read" | "tiles"> {
  /** All leaves of the log in the range; fewer than the head promises is a fault. */
  const readRange = async (first: number, limit: number): Promise<string[]> => {
    const from = Math.floor(first / TILE_WIDTH);
    const count = Math.floor((first + limit - 1) / TILE_WIDTH) - from + 1;
    const bundles = Array.from({ length: count }, (_, offset) => keys.bundle(from + offset));
    const args = [String(first % TILE_WIDTH), String(limit)];
    const asked = [keys.head, keys.floor, ...bundles];
    const [, head, floor, ...leaves] = await client.run(READ, asked, args);
    if (first < readNumber(floor)) archived();
    const promised = Math.min(limit, Math.max(0, parseHead(head).size - first));
    return leaves.length === promised ? leaves.map(readText) : unreadable();
  };

  const readTiles = async (tiles: readonly TileId[]): Promise<string[][]> => {
    const asked = [keys.head, keys.floor, ...tiles.map(keys.tile)];
    const [, head, floor, ...values] = await client.run(TILES, asked, []);
    const { size } = parseHead(head);
    const lowest = readNumber(floor);
    let at = 0;
    return tiles.map((tile) => {
      const count = readNumber(values[at]);
      const hashes = values.slice(at + 1, at + 1 + count).map(hexOf);
      at += 1 + count;
      if (tile.level === 0 && tile.number * TILE_WIDTH < lowest) archived();
      return readTile(hashes, tile, size);
    });
  };

  return {
    async read(after, limit) {
      const found: string[] = [];
      while (found.length < limit) {
        const wanted = Math.min(MAX_READ, limit - found.length);
        const leaves = await readRange(after + 1 + found.length, wanted);
        found.push(...leaves);
        if (leaves.length < wanted) break;
      }
      return found;
    },
    async tiles(tiles) {
      const found: string[][] = [];
      for (let at = 0; at < tiles.length; at += MAX_TILES) {
        found.push(...await readTiles(tiles.slice(at, at + MAX_TILES)));
      }
      return found;
    },
  };
}

/** Values that go to lists of 256 each: which list, how many it has before, what it gets. */
function cut(first: number, values: readonly string[], keyOf: (number: number) => string) {
  const parts: { readonly key: string; readonly from: number; readonly values: string[] }[] = [];
  for (let at = 0; at < values.length;) {
    const from = (first + at) % TILE_WIDTH;
    const part = values.slice(at, at + TILE_WIDTH - from);
    parts.push({ key: keyOf(Math.floor((first + at) / TILE_WIDTH)), from, values: part });
    at += part.length;
  }
  return parts;
}

/** A third shorter than hex. */
function base64Of(hash: string): string {
  return Uint8Array.fromHex(hash).toBase64({ omitPadding: true });
}

function hexOf(text: unknown): string {
  try {
    return Uint8Array.fromBase64(readText(text)).toHex();
  } catch {
    return unreadable();
  }
}

/** One spelling per head, or compare-and-swap would miss. */
function headText({ size, frontier }: TreeHead): string {
  return JSON.stringify({ size, frontier });
}

function parseHead(text: unknown): TreeHead {
  const { size, frontier } = readRecord(text);
  return readTreeHead(size, frontier);
}
