/**
 * A disk without room, for SQLite connections of this process and for any user: each may have no page
 * more than it has, and every change needs many. What fails then is SQLite's own write (code 13).
 */

import { DatabaseSync } from "node:sqlite";

export interface FullDisk {
  /** From now on nothing can be written. */
  fill(): void;
  free(): void;
  /** Gives `DatabaseSync` back. */
  end(): void;
}

const MOST_PAGES = 1_073_741_823;

/** To be called before the connections are opened. */
export function createFullDisk(): FullDisk {
  const original = DatabaseSync.prototype.exec;
  const connections = new Set<DatabaseSync>();
  DatabaseSync.prototype.exec = function (sql) {
    connections.add(this);
    return original.call(this, sql);
  };
  const open = () => [...connections].filter(isOpen);
  return {
    fill() {
      open().forEach(burden);
      for (const database of open()) {
        const { page_count } = database.prepare("PRAGMA page_count").get() as Record<
          string,
          number
        >;
        original.call(database, `PRAGMA max_page_count = ${page_count}`);
      }
    },
    free() {
      for (const database of open()) {
        original.call(database, `PRAGMA max_page_count = ${MOST_PAGES}`);
        for (const name of triggersOf(database)) {
          original.call(database, `DROP TRIGGER temp.${name}`);
        }
      }
    },
    end() {
      DatabaseSync.prototype.exec = original;
    },
  };

  /** Makes every change of a table write a megabyte elsewhere, on this connection only. */
  function burden(database: DatabaseSync): void {
    original.call(database, "CREATE TABLE IF NOT EXISTS ballast (bytes BLOB)");
    const tables = database.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
      .all().map(({ name }) => String(name)).filter((name) => !/^(sqlite_|ballast)/.test(name));
    for (const table of tables) {
      for (const change of ["INSERT", "UPDATE", "DELETE"]) {
        original.call(
          database,
          `CREATE TEMP TRIGGER ballast_${table}_${change} BEFORE ${change} ON main.${table}
           BEGIN INSERT INTO ballast VALUES (zeroblob(1000000)); END`,
        );
      }
    }
  }
}

function isOpen(database: DatabaseSync): boolean {
  return database.isOpen;
}

function triggersOf(database: DatabaseSync): string[] {
  return database.prepare("SELECT name FROM temp.sqlite_schema WHERE type = 'trigger'").all()
    .map(({ name }) => String(name));
}
