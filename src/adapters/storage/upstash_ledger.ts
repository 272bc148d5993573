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

/** Makes the ledger store of a client. */
export function createUpstashLedger(client: Client, prefix: string): LedgerStore {
  const base = `${prefix}:{ledger}`;
  const headKey = `${base}:head`;
  const floorKey = `${base}:floor`;
  const bundleKey = (number: number) => `${base}:entries:${number}`;
  const tileKey = ({ level, number }: TileId) => `${base}:tile:${level}:${number}`;
  const noteKey = (name: LedgerNote) => `${base}:note:${name}`;

  const readHead = async () => {
    const [, head, floor] = await client.run(HEAD, [headKey, floorKey], []);
    return { head: parseHead(head), floor: readNumber(floor) };
  };

  /** All leaves of the log in the range; fewer than the head promises is a fault. */
  const readRange = async (first: number, limit: number): Promise<string[]> => {
    const from = Math.floor(first / TILE_WIDTH);
    const count = Math.floor((first + limit - 1) / TILE_WIDTH) - from + 1;
    const bundles = Array.from({ length: count }, (_, offset) => bundleKey(from + offset));
    const keys = [headKey, floorKey, ...bundles];
    const args = [String(first % TILE_WIDTH), String(limit)];
    const [, head, floor, ...leaves] = await client.run(READ, keys, args);
    if (first < readNumber(floor)) archived();
    const promised = Math.min(limit, Math.max(0, parseHead(head).size - first));
    return leaves.length === promised ? leaves.map(readText) : unreadable();
  };

  const readTiles = async (tiles: readonly TileId[]): Promise<string[][]> => {
    const keys = [headKey, floorKey, ...tiles.map(tileKey)];
    const [, head, floor, ...values] = await client.run(TILES, keys, []);
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
    head: async () => (await readHead()).head,
    floor: async () => (await readHead()).floor,
    async append(expected, append) {
      requireFittingAppend(expected, append);
      const lists = [
        ...cut(expected.size, append.leaves).map((part) => ({
          ...part,
          key: bundleKey(part.number),
        })),
        ...append.hashes.flatMap((hashes, level) =>
          cut(levelSize(expected.size, level), hashes.map(base64Of))
            .map((part) => ({ ...part, key: tileKey({ level, number: part.number }) }))
        ),
      ];
      const [word, head] = await client.run(
        APPEND,
        [headKey, `${base}:append:${append.id}`, ...lists.map(({ key }) => key)],
        [headText(expected), headText(append.next), String(REMEMBERED_MS)]
          .concat(lists.flatMap(({ from, values }) => [String(from), String(values.length)]))
          .concat(lists.flatMap(({ values }) => values)),
      );
      if (word === "APPENDED") return { kind: "appended" };
      return word === "CONFLICT" ? { kind: "conflict", head: parseHead(head) } : unreadable();
    },
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
    async forget(below) {
      const { head, floor } = await readHead();
      requireFittingFloor(below, head.size);
      const last = below / TILE_WIDTH;
      for (let from = floor / TILE_WIDTH; from < last; from += MAX_FORGET) {
        const to = Math.min(last, from + MAX_FORGET);
        const numbers = Array.from({ length: to - from }, (_, offset) => from + offset);
        const lists = numbers.flatMap((number) => [
          bundleKey(number),
          tileKey({ level: 0, number }),
        ]);
        await client.run(FORGET, [floorKey, ...lists], [String(to * TILE_WIDTH)]);
      }
    },
    async note(name) {
      const [, text] = await client.run(NOTE, [noteKey(name)], []);
      return text === undefined || text === null ? null : readText(text);
    },
    async keepNote(name, expected, text) {
      const args = expected === null ? [text] : [text, expected];
      const [word] = await client.run(KEEP, [noteKey(name)], args);
      return word === "KEPT";
    },
  };
}

/** Values that go to a list of 256 each, by its number and how many it has before. */
function cut(
  first: number,
  values: readonly string[],
): { readonly number: number; readonly from: number; readonly values: readonly string[] }[] {
  const parts = [];
  for (let at = 0; at < values.length;) {
    const from = (first + at) % TILE_WIDTH;
    const part = values.slice(at, at + TILE_WIDTH - from);
    parts.push({ number: Math.floor((first + at) / TILE_WIDTH), from, values: part });
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
