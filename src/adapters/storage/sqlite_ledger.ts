/**
 * The ledger in the embedded store: a head of one row, one row per leaf and one per hash of a tile.
 * Triggers keep them from being changed or removed above the floor by mistake; they keep nobody out who
 * can write the file.
 */

import type { TreeHead } from "../../domain/merkle.ts";
import { levelSize, TILE_WIDTH, type TileId, tileWidth } from "../../domain/tiles.ts";
import type { LedgerAppend, LedgerStore } from "../../usecases/ports.ts";
import {
  archived,
  readTile,
  readTreeHead,
  requireFittingAppend,
  requireFittingFloor,
} from "./ledger_records.ts";
import { readText, readWhole, unreadable } from "./records.ts";
import { type Connection, whole } from "./sqlite_connection.ts";

/** An append's id is remembered this long: a repeat comes within seconds. */
const REMEMBERED_SECONDS = 60 * 60;

/** Makes the ledger store of a connection. */
export function createSqliteLedger(connection: Connection): LedgerStore {
  const sql = prepare(connection);
  const row = () => sql.head.get() ?? unreadable();
  const head = (): TreeHead => {
    const { size, frontier } = row();
    return readTreeHead(size, parse(frontier));
  };
  const floor = (): number => readWhole(row().floor);

  const append = (expected: TreeHead, { id, leaves, next, hashes }: LedgerAppend) => {
    if (sql.appended.get(id) !== undefined) return { kind: "appended" } as const;
    const current = head();
    if (!isSame(current, expected)) return { kind: "conflict", head: current } as const;
    leaves.forEach((leaf, offset) => sql.addLeaf.run(expected.size + offset, whole(leaf)));
    hashes.forEach((hashesOfLevel, level) => {
      const first = levelSize(expected.size, level);
      hashesOfLevel.forEach((hash, offset) => sql.addHash.run(level, first + offset, hash));
    });
    sql.setHead.run(next.size, JSON.stringify(next.frontier));
    sql.forgetAppends.run(REMEMBERED_SECONDS);
    sql.remember.run(id);
    return { kind: "appended" } as const;
  };

  const readTileOf = (tile: TileId, size: number, lowest: number): string[] => {
    if (tileWidth(tile, size) === 0) return [];
    const first = tile.number * TILE_WIDTH;
    if (tile.level === 0 && first < lowest) archived();
    const rows = sql.hashes.all(tile.level, first, first + TILE_WIDTH);
    return readTile(rows.map(({ hash }) => hash), tile, size);
  };

  return {
    head: () => connection.read(head),
    async append(expected, leaves) {
      requireFittingAppend(expected, leaves);
      return await connection.write(() => append(expected, leaves));
    },
    read: (after, limit) =>
      connection.snapshot(() => {
        if (limit < 1) return [];
        if (after + 1 < floor()) archived();
        const promised = Math.min(limit, Math.max(0, head().size - after - 1));
        // Nothing vouches for what is beyond the head: it is not looked at.
        return sql.leaves.all(after, promised).map((row, offset) =>
          row.position === after + 1 + offset ? readText(row.leaf) : unreadable()
        );
      }),
    tiles: (tiles) =>
      connection.snapshot(() => {
        const { size } = head();
        const lowest = floor();
        return tiles.map((tile) => readTileOf(tile, size, lowest));
      }),
    floor: () => connection.read(floor),
    async forget(below) {
      requireFittingFloor(below, (await connection.read(head)).size);
      await connection.write(() => {
        if (below <= floor()) return;
        sql.setFloor.run(below);
        sql.forgetLeaves.run(below);
        sql.forgetHashes.run(below);
      });
    },
    ...createNotes(connection, sql),
  };
}

function createNotes(
  connection: Connection,
  sql: Pick<ReturnType<typeof prepare>, "note" | "setNote">,
): Pick<LedgerStore, "note" | "keepNote"> {
  return {
    note: (name) =>
      connection.read(() => {
        const found = sql.note.get(name);
        return found === undefined ? null : readText(found.text);
      }),
    keepNote: (name, expected, text) =>
      connection.write(() => {
        const found = sql.note.get(name);
        if ((found === undefined ? null : found.text) !== expected) return false;
        sql.setNote.run(name, whole(text));
        return true;
      }),
  };
}

function parse(frontier: unknown): unknown {
  try {
    return JSON.parse(readText(frontier));
  } catch {
    return unreadable();
  }
}

function isSame(one: TreeHead, other: TreeHead): boolean {
  return one.size === other.size && one.frontier.join() === other.frontier.join();
}

function prepare(connection: Connection) {
  return {
    head: connection.prepare("SELECT size, frontier, floor FROM ledger_head"),
    setHead: connection.prepare("UPDATE ledger_head SET size = ?, frontier = ?"),
    setFloor: connection.prepare("UPDATE ledger_head SET floor = ?"),
    addLeaf: connection.prepare("INSERT INTO ledger_leaves (position, leaf) VALUES (?, ?)"),
    addHash: connection.prepare(
      "INSERT INTO ledger_hashes (level, position, hash) VALUES (?, ?, unhex(?))",
    ),
    leaves: connection.prepare(
      "SELECT position, leaf FROM ledger_leaves WHERE position > ? ORDER BY position LIMIT ?",
    ),
    hashes: connection.prepare(
      "SELECT lower(hex(hash)) AS hash FROM ledger_hashes " +
        "WHERE level = ? AND position >= ? AND position < ? ORDER BY position",
    ),
    forgetLeaves: connection.prepare("DELETE FROM ledger_leaves WHERE position < ?"),
    forgetHashes: connection.prepare("DELETE FROM ledger_hashes WHERE level = 0 AND position < ?"),
    note: connection.prepare("SELECT text FROM ledger_notes WHERE name = ?"),
    setNote: connection.prepare("INSERT OR REPLACE INTO ledger_notes (name, text) VALUES (?, ?)"),
    appended: connection.prepare("SELECT 1 FROM ledger_appends WHERE id = ?"),
    remember: connection.prepare("INSERT INTO ledger_appends (id, at) VALUES (?, unixepoch())"),
    forgetAppends: connection.prepare("DELETE FROM ledger_appends WHERE at < unixepoch() - ?"),
  };
}
