/**
 * Notices in the embedded store: a row each, due or buried, never both. `createKeeping` is the half that
 * runs inside the transactions of the tenants, so that a change and its notice are there together.
 */

import type { Notice } from "../../domain/notice.ts";
import type { NoticeStore } from "../../usecases/notice_ports.ts";
import { MAX_BURIED, readBuried, readTaken, UNREADABLE } from "./notice_records.ts";
import { readWhole } from "./records.ts";
import type { Sealing } from "./sealing.ts";
import { type Connection, whole } from "./sqlite_connection.ts";

/** Makes the notice store of a connection. Opens bodies. */
export function createSqliteNotices(connection: Connection, sealing: Sealing): NoticeStore {
  const sql = prepare(connection);
  const bury = (id: string, at: number, error: string): void => {
    if (Number(sql.bury.run(at, whole(error), id).changes) > 0) sql.forget.run(MAX_BURIED);
  };

  return {
    async take(now, limit, until) {
      // Most of the time nothing is due: then nobody else is kept waiting.
      const isDue = () => limit > 0 && sql.due.get(now, 1) !== undefined;
      if (!await connection.read(isDue)) return [];
      const rows = await connection.write(() => {
        const due = sql.due.all(now, limit);
        for (const { id } of due) sql.lend.run(until, id!);
        return due;
      });
      const { notices, unreadable } = await readTaken(rows, sealing);
      if (unreadable.length > 0) {
        await connection.write(() => unreadable.forEach((id) => bury(id, now, UNREADABLE)));
      }
      return notices;
    },
    done: (id) => connection.write(() => void sql.done.run(id)),
    retry: (id, dueAt, error) =>
      connection.write(() => void sql.retry.run(dueAt, whole(error), id)),
    bury: (id, at, error) => connection.write(() => bury(id, at, error)),
    async buried(limit) {
      const rows = await connection.read(() => sql.buried.all(Math.max(0, limit)));
      return await readBuried(rows, sealing);
    },
    revive: (id, dueAt) => connection.write(() => Number(sql.revive.run(dueAt, id).changes) > 0),
    count: () =>
      connection.read(() => {
        const row = sql.count.get();
        return { waiting: readWhole(row?.waiting), buried: readWhole(row?.buried) };
      }),
  };
}

/** @returns what stores a notice, within a transaction of the caller's; a known one stays as it is */
export function createKeeping(connection: Connection): (notice: Notice) => void {
  const keep = connection.prepare(
    "INSERT OR IGNORE INTO notices (id, body, at, due_at) VALUES (?, ?, ?, ?)",
  );
  return ({ id, body, at }) => void keep.run(whole(id), whole(body), at, at);
}

function prepare(connection: Connection) {
  return {
    due: connection.prepare("SELECT * FROM notices WHERE due_at <= ? ORDER BY due_at, id LIMIT ?"),
    lend: connection.prepare("UPDATE notices SET due_at = ? WHERE id = ?"),
    done: connection.prepare("DELETE FROM notices WHERE id = ?"),
    retry: connection.prepare(`
      UPDATE notices SET attempts = attempts + 1, due_at = ?, error = ?
      WHERE id = ? AND due_at IS NOT NULL`),
    bury: connection.prepare(`
      UPDATE notices SET attempts = attempts + 1, due_at = NULL, buried_at = ?, error = ?
      WHERE id = ? AND due_at IS NOT NULL`),
    forget: connection.prepare(`
      DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE buried_at IS NOT NULL
        ORDER BY buried_at DESC, id DESC LIMIT -1 OFFSET ?)`),
    buried: connection.prepare(`
      SELECT * FROM notices WHERE buried_at IS NOT NULL ORDER BY buried_at DESC, id DESC LIMIT ?`),
    revive: connection.prepare(`
      UPDATE notices SET attempts = 0, error = NULL, due_at = ?, buried_at = NULL
      WHERE id = ? AND buried_at IS NOT NULL`),
    count: connection.prepare(
      "SELECT count(due_at) AS waiting, count(buried_at) AS buried FROM notices",
    ),
  };
}
