/**
 * The ledger in Upstash Redis, without an expiry anywhere but on the marks of recent appends. The
 * head is compared and swapped as exact text. Upstash replicates after it answers: what is durable
 * here is what its primary has on disk.
 */

import type { TreeHead } from "../../domain/merkle.ts";
import type { LedgerStore } from "../../usecases/ports.ts";
import { readRecord, readText, readTreeHead, requireFittingAppend, unreadable } from "./records.ts";
import type { Client } from "./upstash_client.ts";
import { APPEND, CHUNK, HEAD, READ } from "./upstash_ledger_scripts.ts";

/** An append's id is remembered this long: a repeat comes within seconds. */
const REMEMBERED_MS = 60 * 60 * 1000;

/** Leaves fetched in one request: some megabytes, below Upstash's limit of ten. */
const MAX_READ = 10 * CHUNK;

/** Makes the ledger store of a client. */
export function createUpstashLedger(client: Client, prefix: string): LedgerStore {
  const base = `${prefix}:{ledger}`;
  const headKey = `${base}:head`;
  /** Lists that hold the leaves from `first` to `last`. */
  const lists = (first: number, last: number): string[] => {
    const from = Math.floor(first / CHUNK);
    const count = Math.floor(last / CHUNK) - from + 1;
    return Array.from({ length: count }, (_, offset) => `${base}:leaves:${from + offset}`);
  };

  /** All leaves of the log in the range; fewer than the head promises is a fault. */
  const readRange = async (first: number, limit: number): Promise<string[]> => {
    const keys = [headKey, ...lists(first, first + limit - 1)];
    const args = [String(first % CHUNK), String(limit)];
    const [, head, ...leaves] = await client.run(READ, keys, args);
    const promised = Math.min(limit, Math.max(0, parseHead(head).size - first));
    return leaves.length === promised ? leaves.map(readText) : unreadable();
  };

  return {
    async head() {
      const [, text] = await client.run(HEAD, [headKey], []);
      return parseHead(text);
    },
    async append(expected, { id, leaves, next }) {
      requireFittingAppend(expected, { id, leaves, next });
      const [word, head] = await client.run(
        APPEND,
        [headKey, `${base}:append:${id}`, ...lists(expected.size, next.size - 1)],
        [headText(expected), headText(next), String(REMEMBERED_MS), String(expected.size)]
          .concat(leaves),
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
  };
}

/** One spelling per head, or compare-and-swap would miss. */
function headText({ size, frontier }: TreeHead): string {
  return JSON.stringify({ size, frontier });
}

function parseHead(text: unknown): TreeHead {
  const { size, frontier } = readRecord(text);
  return readTreeHead(size, frontier);
}
