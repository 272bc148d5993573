/**
 * The ledger in the embedded store: a head of one row and one row per leaf. Triggers keep leaves
 * from being changed or removed, whoever holds the connection.
 */

import type { TreeHead } from "../../domain/merkle.ts";
import type { LedgerAppend, LedgerStore } from "../../usecases/ports.ts";
import { readText, readTreeHead, requireFittingAppend, unreadable } from "./records.ts";
import { type Connection, whole } from "./sqlite_connection.ts";

/** An append's id is remembered this long: a repeat comes within seconds. */
const REMEMBERED_SECONDS = 60 * 60;

/** Makes the ledger store of a connection. */
export function createSqliteLedger(connection: Connection): LedgerStore {
  const sql = prepare(connection);
  const head = (): TreeHead => {
    const row = sql.head.get() ?? unreadable();
    return readTreeHead(row.size, parse(row.frontier));
  };

  const append = (expected: TreeHead, { id, leaves, next }: LedgerAppend) => {
    if (sql.appended.get(id) !== undefined) return { kind: "appended" } as const;
    const current = head();
    if (!isSame(current, expected)) return { kind: "conflict", head: current } as const;
    leaves.forEach((leaf, offset) => sql.addLeaf.run(expected.size + offset, whole(leaf)));
    sql.setHead.run(next.size, JSON.stringify(next.frontier));
    sql.forget.run(REMEMBERED_SECONDS);
    sql.remember.run(id);
    return { kind: "appended" } as const;
  };

  return {
    head: () => connection.read(head),
    async append(expected, leaves) {
      requireFittingAppend(expected, leaves);
      return await connection.write(() => append(expected, leaves));
    },
    read: (after, limit) =>
      connection.read(() =>
        limit < 1
          ? []
          : sql.leaves.all(after, limit).map((row, offset) =>
            row.position === after + 1 + offset ? readText(row.leaf) : unreadable()
          )
      ),
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
    head: connection.prepare("SELECT size, frontier FROM ledger_head"),
    setHead: connection.prepare("UPDATE ledger_head SET size = ?, frontier = ?"),
    addLeaf: connection.prepare("INSERT INTO ledger_leaves (position, leaf) VALUES (?, ?)"),
    leaves: connection.prepare(
      "SELECT position, leaf FROM ledger_leaves WHERE position > ? ORDER BY position LIMIT ?",
    ),
    appended: connection.prepare("SELECT 1 FROM ledger_appends WHERE id = ?"),
    remember: connection.prepare("INSERT INTO ledger_appends (id, at) VALUES (?, unixepoch())"),
    forget: connection.prepare("DELETE FROM ledger_appends WHERE at < unixepoch() - ?"),
  };
}
