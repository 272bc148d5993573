/**
 * The tables of the embedded store, by version. Strict types, so a wrong value is an error when it
 * is written and not when it is read. Old versions are brought forward on opening; a newer one is
 * refused, because this program does not know what it would destroy.
 */

import type { DatabaseSync } from "node:sqlite";
import { EMPTY_TREE, grow, leafHash } from "../../domain/merkle.ts";
import { levelSize } from "../../domain/tiles.ts";

/** Each entry brings the file from the version of its index to the next. */
const STEPS: readonly (string | ((database: DatabaseSync) => void))[] = [
  `
  -- AUTOINCREMENT: a sequence is not given again after its row is deleted.
  CREATE TABLE tenants (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    context_identifier TEXT NOT NULL UNIQUE,
    company_name TEXT NOT NULL,
    consented_by TEXT NOT NULL,
    consented_at INTEGER NOT NULL,
    serial TEXT NOT NULL,
    system_user_token TEXT NOT NULL,
    webapi_url TEXT,
    netserver_url TEXT,
    health TEXT NOT NULL,
    state TEXT NOT NULL
  ) STRICT;

  -- counter: last generation given to a lease or an invalidation.
  -- generation: that of the last ticket or invalidation stored; a publish must be newer.
  CREATE TABLE tickets (
    context_identifier TEXT PRIMARY KEY,
    counter INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    ticket TEXT,
    issued_at INTEGER,
    expires_at INTEGER,
    webapi_url TEXT,
    netserver_url TEXT,
    lease_owner TEXT,
    lease_generation INTEGER,
    lease_until INTEGER,
    refusal_code TEXT,
    refusal_reason TEXT,
    refusal_retry_after_seconds INTEGER,
    refused_until INTEGER,
    touched_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX tickets_expires_at ON tickets (expires_at) WHERE ticket IS NOT NULL;
  CREATE INDEX tickets_touched_at ON tickets (touched_at);

  CREATE TABLE ledger_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    frontier TEXT NOT NULL
  ) STRICT;
  INSERT INTO ledger_head (id, size, frontier) VALUES (1, 0, '[]');
  CREATE TABLE ledger_leaves (position INTEGER PRIMARY KEY, leaf TEXT NOT NULL) STRICT;
  CREATE TRIGGER ledger_leaves_stay BEFORE DELETE ON ledger_leaves
    BEGIN SELECT RAISE(ABORT, 'ledger leaves are never removed'); END;
  CREATE TRIGGER ledger_leaves_keep BEFORE UPDATE ON ledger_leaves
    BEGIN SELECT RAISE(ABORT, 'ledger leaves are never changed'); END;
  CREATE TABLE ledger_appends (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_appends_at ON ledger_appends (at);

  CREATE TABLE consent_states (
    state_sha256 TEXT PRIMARY KEY,
    nonce TEXT NOT NULL,
    code_verifier TEXT NOT NULL,
    browser TEXT NOT NULL,
    tenant TEXT,
    until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX consent_states_until ON consent_states (until);
  CREATE TABLE consent_claims (digest TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
  CREATE INDEX consent_claims_until ON consent_claims (until);
  CREATE TABLE consent_finished (
    browser TEXT PRIMARY KEY,
    context_identifier TEXT NOT NULL,
    company_name TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX consent_finished_until ON consent_finished (until);
`,
  `
  -- Whose file it is: the first that opens it, for good.
  CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL) STRICT;
`,
  `
  -- refusal_credentials: whose refusal it is; one from before this counts for nobody.
  -- leased_at: when an exchange was last begun. rejections_*: the budget of rejections.
  ALTER TABLE tickets ADD COLUMN refusal_credentials TEXT;
  ALTER TABLE tickets ADD COLUMN leased_at INTEGER;
  ALTER TABLE tickets ADD COLUMN rejections_at INTEGER;
  ALTER TABLE tickets ADD COLUMN rejections_used INTEGER;
`,
  `
  -- The tree's tiles, a row per hash: see tlog-tiles. Below the floor, leaves and level 0 are archived.
  CREATE TABLE ledger_hashes (
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ledger_notes (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
  ALTER TABLE ledger_head ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
  CREATE TRIGGER ledger_hashes_keep BEFORE UPDATE ON ledger_hashes
    BEGIN SELECT RAISE(ABORT, 'ledger hashes are never changed'); END;
  CREATE TRIGGER ledger_hashes_stay BEFORE DELETE ON ledger_hashes
    WHEN OLD.level > 0 OR OLD.position >= (SELECT floor FROM ledger_head)
    BEGIN SELECT RAISE(ABORT, 'ledger hashes are removed below the floor only'); END;
  DROP TRIGGER ledger_leaves_stay;
  CREATE TRIGGER ledger_leaves_stay BEFORE DELETE ON ledger_leaves
    WHEN OLD.position >= (SELECT floor FROM ledger_head)
    BEGIN SELECT RAISE(ABORT, 'ledger leaves are removed below the floor only'); END;
`,
  hashLeaves,
  `
  -- What was seen of a tenant before has no reason; its instants are those of the consent.
  ALTER TABLE tenants ADD COLUMN health_reason TEXT NOT NULL DEFAULT 'before';
  ALTER TABLE tenants ADD COLUMN health_since INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tenants ADD COLUMN tickets_from INTEGER NOT NULL DEFAULT 0;
  UPDATE tenants SET health_since = consented_at, tickets_from = consented_at;

  -- Each tenant's latest change, removed ones too. A number is not given again.
  CREATE TABLE tenant_changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    context_identifier TEXT NOT NULL UNIQUE
  ) STRICT;
  INSERT INTO tenant_changes (context_identifier)
    SELECT context_identifier FROM tenants ORDER BY sequence;

  -- due_at: of those that wait. buried_at: of those that failed for good.
  CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    due_at INTEGER,
    buried_at INTEGER,
    CHECK ((due_at IS NULL) <> (buried_at IS NULL))
  ) STRICT;
  CREATE INDEX notices_due_at ON notices (due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX notices_buried_at ON notices (buried_at, id) WHERE buried_at IS NOT NULL;

  -- Nobody said how long a stored ticket's addresses hold, and they are sealed with it now. Tickets
  -- are no evidence: the next one is exchanged anew.
  ALTER TABLE tickets ADD COLUMN addresses_until INTEGER;
  UPDATE tickets SET ticket = NULL, issued_at = NULL, expires_at = NULL, webapi_url = NULL,
    netserver_url = NULL;

  -- Ten minutes of browsers' last pages: they held names, which a removed tenant left behind.
  DROP TABLE consent_finished;
  CREATE TABLE consent_finished (
    browser TEXT PRIMARY KEY,
    context_identifier TEXT NOT NULL,
    is_renewed INTEGER NOT NULL,
    until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX consent_finished_until ON consent_finished (until);
`,
];

/** The tiles of a log from before there were tiles. */
function hashLeaves(database: DatabaseSync): void {
  const add = database.prepare(
    "INSERT INTO ledger_hashes (level, position, hash) VALUES (?, ?, unhex(?))",
  );
  let head = EMPTY_TREE;
  for (
    const { leaf } of database.prepare("SELECT leaf FROM ledger_leaves ORDER BY position").iterate()
  ) {
    const grown = grow(head, [leafHash(String(leaf))]);
    grown.hashes.forEach(([hash], level) => add.run(level, levelSize(head.size, level), hash!));
    head = grown.head;
  }
}

/**
 * Brings the file to this program's version, within a transaction of the caller's.
 *
 * @throws UnfitFile if the file was written by a newer version of the program
 */
export function migrate(database: DatabaseSync): void {
  const version = database.prepare("PRAGMA user_version").get()?.user_version;
  if (typeof version !== "number" || version > STEPS.length) {
    throw new UnfitFile("Cannot open the store: a newer version of the program wrote it");
  }
  for (const step of STEPS.slice(version)) {
    if (typeof step === "string") database.exec(step);
    else step(database);
  }
  if (version < STEPS.length) database.exec(`PRAGMA user_version = ${STEPS.length}`);
}

/** Whether there is nothing to bring up to date; also of a file that is newer than this program. */
export function isCurrent(database: DatabaseSync): boolean {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version) >= STEPS.length;
}

/**
 * Makes the file its first owner's, within a transaction of the caller's.
 *
 * @throws UnfitFile if it is another's
 */
export function claim(database: DatabaseSync, owner: string): void {
  database.prepare("INSERT OR IGNORE INTO owner (id, name) VALUES (1, ?)").run(owner);
  if (database.prepare("SELECT name FROM owner").get()?.name !== owner) {
    throw new UnfitFile(
      "Cannot open the store: it belongs to another environment or application",
    );
  }
}

/** The file is a store, but none that this program may use. */
export class UnfitFile extends Error {
  override readonly name = "UnfitFile";
}
