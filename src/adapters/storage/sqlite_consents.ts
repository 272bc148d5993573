/**
 * Consents under way in the embedded store. A state is kept by its digest: what a browser sends is
 * never itself a key. Rows whose time is over are removed by whichever change comes next, so browsers
 * that begin and never come back leave no more than one lifetime's rows.
 */

import { createHash } from "node:crypto";
import type { ConsentStore } from "../../usecases/consent_ports.ts";
import { readFinished, readPending, readWhole } from "./records.ts";
import type { Sealing } from "./sealing.ts";
import type { Connection } from "./sqlite_connection.ts";

/** Rows outlive their time by this much: another process's clock may be behind. */
const SLACK_MS = 60_000;

/** Makes the consent store of a connection. Seals code verifiers. */
export function createSqliteConsents(connection: Connection, sealing: Sealing): ConsentStore {
  const sql = prepare(connection);
  const prune = (now: number): void =>
    sql.prune.forEach((statement) => statement.run(now - SLACK_MS));

  return {
    async begin(state, pending, untilMs, now) {
      const key = digestOf(state);
      const verifier = await sealing.seal(place(key), pending.codeVerifier.reveal());
      await connection.write(() => {
        prune(now);
        sql.begin.run(key, pending.nonce, verifier, pending.browser, pending.tenant, untilMs);
      });
    },
    async take(state, now) {
      const key = digestOf(state);
      const row = await connection.write(() => {
        const taken = sql.take.get(key);
        prune(now);
        return taken;
      });
      if (row === undefined || readWhole(row.until) <= now) return null;
      return await readPending(row, (sealed) => sealing.open(place(key), sealed));
    },
    claim: (digest, untilMs, now) =>
      connection.write(() => {
        prune(now);
        return Number(sql.claim.run(digest, untilMs, now).changes) > 0;
      }),
    unclaim: (digest) => connection.write(() => void sql.unclaim.run(digest)),
    finish: (browser, finished, untilMs, now) =>
      connection.write(() => {
        prune(now);
        const { contextIdentifier, isRenewed } = finished;
        const values = [contextIdentifier, untilMs, Number(isRenewed)];
        sql.finish.run(browser, ...values);
      }),
    finished: (browser, now) =>
      connection.read(() => {
        const row = sql.finished.get(browser);
        return row === undefined || readWhole(row.until) <= now ? null : readFinished(row);
      }),
  };
}

function place(key: string): string {
  return `consent_states/${key}`;
}

function digestOf(state: string): string {
  return createHash("sha256").update(state, "utf8").digest("hex");
}

function prepare(connection: Connection) {
  return {
    begin: connection.prepare("INSERT OR REPLACE INTO consent_states VALUES (?, ?, ?, ?, ?, ?)"),
    take: connection.prepare("DELETE FROM consent_states WHERE state_sha256 = ? RETURNING *"),
    claim: connection.prepare(`
      INSERT INTO consent_claims (digest, until) VALUES (?, ?)
      ON CONFLICT (digest) DO UPDATE SET until = excluded.until WHERE until <= ?`),
    unclaim: connection.prepare("DELETE FROM consent_claims WHERE digest = ?"),
    finish: connection.prepare(`
      INSERT OR REPLACE INTO consent_finished
        (browser, context_identifier, until, is_renewed) VALUES (?, ?, ?, ?)`),
    finished: connection.prepare("SELECT * FROM consent_finished WHERE browser = ?"),
    prune: ["consent_states", "consent_claims", "consent_finished"].map((table) =>
      connection.prepare(`DELETE FROM ${table} WHERE until <= ?`)
    ),
  };
}
