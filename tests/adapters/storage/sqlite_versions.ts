/** Files of the embedded store as older versions of the program left them. */

import { DatabaseSync } from "node:sqlite";

/** What each version added is undone, by the version that is left. */
const UNDO = [
  "DROP TABLE owner",
  ["refusal_credentials", "leased_at", "rejections_at", "rejections_used"]
    .map((column) => `ALTER TABLE tickets DROP COLUMN ${column}`).join(";"),
  `DROP TABLE ledger_hashes; DROP TABLE ledger_notes; DROP TRIGGER ledger_leaves_stay;
   ALTER TABLE ledger_head DROP COLUMN floor;
   CREATE TRIGGER ledger_leaves_stay BEFORE DELETE ON ledger_leaves
     BEGIN SELECT RAISE(ABORT, 'ledger leaves are never removed'); END`,
  "",
  `DROP TABLE notices; DROP TABLE tenant_changes;
   ALTER TABLE tenants DROP COLUMN health_reason; ALTER TABLE tenants DROP COLUMN health_since;
   ALTER TABLE tenants DROP COLUMN tickets_from; ALTER TABLE tickets DROP COLUMN addresses_until;
   ALTER TABLE consent_finished DROP COLUMN is_renewed`,
] as const;

/** Makes a closed file of today's version one of an older version, with what is in it. */
export function takeBack(path: string, version: 1 | 2 | 3 | 5): void {
  const database = new DatabaseSync(path);
  for (const undo of UNDO.slice(version - 1).toReversed()) database.exec(undo);
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
}
