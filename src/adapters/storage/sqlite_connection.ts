/**
 * One connection to the embedded store: opening, transactions and faults. Every change runs in
 * `BEGIN IMMEDIATE`, so several processes on one machine take turns from the first read on. Refuses
 * to let SQLite's words out: they may repeat values.
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { PartFault } from "../../domain/part_fault.ts";
import { claim, isCurrent, migrate, UnfitFile } from "./sqlite_schema.ts";

/** What the stores share. */
export interface Connection {
  /** Prepares a statement once; throws what SQLite throws, so call it when opening. */
  prepare(sql: string): StatementSync;
  /** Runs statements that only read. */
  read<T>(work: () => T): Promise<T>;
  /** Runs several statements that only read, all as of one moment. */
  snapshot<T>(work: () => T): Promise<T>;
  /** Runs statements in one transaction that is durable when the promise resolves. */
  write<T>(work: () => T): Promise<T>;
  close(): void;
}

const MEMORY = ":memory:";

/**
 * Opens the file, makes it if it is missing (mode 0600, its folder 0700), brings its schema up to
 * date. `:memory:` is a store of its own that ends with the connection.
 *
 * @param owner whose the file is; it becomes the first one's that opens it
 * @param busyTimeoutMs how long a call waits, blocking, for another process's transaction
 * @throws PartFault if the file cannot be used, UnfitFile if a newer program wrote it or it is
 * another owner's
 */
export function openConnection(path: string, owner: string, busyTimeoutMs: number): Connection {
  return guard(() => {
    if (path !== MEMORY) makeFile(path);
    const database = new DatabaseSync(path);
    try {
      configure(database, path !== MEMORY, busyTimeoutMs);
      transact(database, database.prepare("BEGIN IMMEDIATE"), () => {
        migrate(database);
        claim(database, owner);
      });
    } catch (error) {
      database.close();
      throw error;
    }
    return connect(database);
  });
}

/**
 * Whether opening a file that is there would leave it as it is: not where it is empty, or an older
 * version's. What cannot be opened at all is for who opens it to say.
 *
 * @throws PartFault if the file cannot be read
 */
export function isUpToDate(path: string): boolean {
  return guard(() => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return isCurrent(database);
    } finally {
      database.close();
    }
  });
}

function connect(database: DatabaseSync): Connection {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const look = database.prepare("BEGIN DEFERRED");
  let open = true;
  return {
    prepare: (sql) => database.prepare(sql),
    read: (work) => settle(work),
    snapshot: (work) => settle(() => transact(database, look, work)),
    write: (work) => settle(() => transact(database, begin, work)),
    close() {
      if (open) database.close();
      open = false;
    },
  };
}

function configure(database: DatabaseSync, onDisk: boolean, busyTimeoutMs: number): void {
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  if (onDisk) enterWal(database, busyTimeoutMs);
  // FULL: a resolved promise survives a power cut, in WAL mode too.
  database.exec("PRAGMA synchronous = FULL");
  // What is removed is overwritten, not only forgotten. In the file this takes effect with the next
  // checkpoint; until the log is written over as well, older copies of a page may stand in it.
  database.exec("PRAGMA secure_delete = ON");
}

/** SQLite does not wait while the journal mode changes, so processes that start together retry. */
function enterWal(database: DatabaseSync, busyTimeoutMs: number): void {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (reasonOf(error) !== "busy" || performance.now() > deadline) throw error;
    }
  }
}

function makeFile(path: string): void {
  const folder = path.replace(/[^/\\]*$/, "");
  if (folder !== "") Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function transact<T>(database: DatabaseSync, begin: StatementSync, work: () => T): T {
  begin.run();
  try {
    const value = work();
    database.exec("COMMIT");
    return value;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Sent without asking whether a transaction is open: not every runtime says. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite ended the transaction itself, as it does when the disk is full.
  }
}

/** Runs synchronous work as a promise: what it throws is a rejection. */
function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(guard(work)));
}

/** Lets only our own errors pass; everything else may hold values or paths. */
function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PartFault || error instanceof UnfitFile) throw error;
    throw toFault(error);
  }
}

/**
 * Lets a text pass that comes back as it was: the runtime cuts texts at a NUL when it reads them.
 *
 * @throws PartFault `command` for a text with a NUL
 */
export function whole<T extends string | null>(text: T): T {
  if (text?.includes("\0")) throw new PartFault("store", "command");
  return text;
}

/** Keeps only which kind of failure it was. */
export function toFault(error: unknown): PartFault {
  return new PartFault("store", reasonOf(error));
}

/** Primary result codes of SQLite; the text where the runtime gives no code. */
const BUSY = 5;
const LOCKED = 6;
const FULL = 13;

function reasonOf(error: unknown): "busy" | "full" | "command" {
  if (!(error instanceof Error)) return "command";
  const code = "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 0;
  if (code === BUSY || code === LOCKED || error.message === "database is locked") return "busy";
  if (code === FULL || error.message === "database or disk is full") return "full";
  return "command";
}
