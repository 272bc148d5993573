/**
 * Sealing anew in the embedded store: a table after the other, in the order of its rows. Reads only rows
 * that are not under the current key, unless it only looks, and replaces the sealed text alone: whatever
 * changes what a value is bound to changes that text, too.
 */

import { ContextId } from "../../domain/context_id.ts";
import type { Resealing, SealedKind } from "../../usecases/resealing_ports.ts";
import {
  readTenant,
  readText,
  readTicket,
  readWhole,
  type Row,
  ticketPlace,
  tokenPlace,
  unreadable,
} from "./records.ts";
import { createCounter, lookAt, renewAll, type Stale } from "./resealing.ts";
import { keyIdOf, noticePlace, type Sealing } from "./sealing.ts";
import type { Connection } from "./sqlite_connection.ts";
import { place as tenantPlace } from "./sqlite_tenants.ts";
import { place as ticketsPlace } from "./sqlite_tickets.ts";

/** A kind's table, the column that is sealed, and the one that names the row. */
interface Column {
  readonly table: string;
  readonly sealed: string;
  readonly name: string;
  readonly open: (row: Row, sealing: Sealing) => Promise<Opened>;
}

/** What was sealed, and where it is sealed to. */
interface Opened {
  readonly place: string;
  readonly plain: string;
}

const COLUMNS: Readonly<Record<SealedKind, Column>> = {
  system_user_token: {
    table: "tenants",
    sealed: "system_user_token",
    name: "context_identifier",
    async open(row, sealing) {
      const tenant = await readTenant(row, null, sealing, tenantPlace);
      const place = tokenPlace(tenantPlace(tenant.contextIdentifier), tenant);
      return { place, plain: tenant.systemUserToken.reveal() };
    },
  },
  ticket: {
    table: "tickets",
    sealed: "ticket",
    name: "context_identifier",
    async open(row, sealing) {
      const tenant = ContextId.parse(row.context_identifier) ?? unreadable();
      const place = ticketsPlace(tenant);
      const ticket = await readTicket(row, tenant, sealing, place);
      return { place: ticketPlace(place, ticket), plain: ticket.ticket.reveal() };
    },
  },
  notice: {
    table: "notices",
    sealed: "body",
    name: "id",
    async open(row, sealing) {
      const place = noticePlace(readText(row.id));
      return { place, plain: await sealing.open(place, readText(row.body)) };
    },
  },
};

interface StaleRow extends Stale {
  readonly rowid: number;
  readonly sealed: string;
}

/** Makes the resealing of a connection. */
export function createSqliteResealing(
  connection: Connection,
  sealing: Sealing,
): Omit<Resealing, "keyIds"> {
  const head = `v1.${sealing.keyIds[0]}.`;
  const statements = Object.entries(COLUMNS) as [SealedKind, Column][];
  const sql = Object.fromEntries(
    statements.map(([kind, column]) => [kind, prepare(connection, column)]),
  ) as Record<SealedKind, ReturnType<typeof prepare>>;

  return {
    count: () =>
      connection.read(() => {
        const counter = createCounter();
        for (const [kind] of statements) {
          for (const row of sql[kind].count.iterate()) {
            counter.add(kind, keyIdOf(readText(row.head)), readWhole(row.count));
          }
        }
        return counter.counts();
      }),
    async step(kind, after, limit) {
      const { open, sealed, name } = COLUMNS[kind];
      const place = after === null ? 0 : Number(after);
      const rows = await connection.read(() => sql[kind].stale.all(place, head, limit));
      const stale = rows.map((row): StaleRow => ({
        rowid: readWhole(row.place),
        sealed: readText(row[sealed]),
        name: readText(row[name]),
        renew: async () => {
          const { place, plain } = await open(row, sealing);
          return await sealing.seal(place, plain);
        },
      }));
      const { values, unreadable } = await renewAll(stale);
      const resealed = values.length === 0 ? 0 : await connection.write(() => {
        let changed = 0;
        for (const { stale: { rowid, sealed }, text } of values) {
          changed += Number(sql[kind].replace.run(text, rowid, sealed).changes);
        }
        return changed;
      });
      const next = stale.length < limit ? null : String(stale.at(-1)!.rowid);
      const looked = stale.length;
      return { next, resealed, passed: values.length - resealed, unreadable, looked };
    },
    async look(kind, after, limit) {
      const { open, sealed, name } = COLUMNS[kind];
      const place = after === null ? 0 : Number(after);
      const rows = await connection.read(() => sql[kind].sealed.all(place, limit));
      const values = rows.map((row) => ({
        name: readText(row[name]),
        keyId: keyIdOf(readText(row[sealed])),
        open: () => open(row, sealing),
      }));
      const next = rows.length < limit ? null : String(readWhole(rows.at(-1)!.place));
      return { next, looked: rows.length, ...await lookAt(kind, values) };
    },
  };
}

/** The longest beginning that may hold the name of a key: version, name and their dots. */
const HEAD_LENGTH = 68;

function prepare(connection: Connection, { table, sealed }: Column) {
  const dot = `instr(substr(${sealed}, 4, ${HEAD_LENGTH}), '.')`;
  return {
    count: connection.prepare(`
      SELECT substr(${sealed}, 1, 3 + ${dot}) AS head, count(*) AS count
      FROM ${table} WHERE ${sealed} IS NOT NULL GROUP BY 1`),
    stale: connection.prepare(`
      SELECT rowid AS place, * FROM ${table}
      WHERE rowid > ?1 AND substr(${sealed}, 1, length(?2)) <> ?2 ORDER BY rowid LIMIT ?3`),
    sealed: connection.prepare(`
      SELECT rowid AS place, * FROM ${table}
      WHERE rowid > ?1 AND ${sealed} IS NOT NULL ORDER BY rowid LIMIT ?2`),
    replace: connection.prepare(
      `UPDATE ${table} SET ${sealed} = ? WHERE rowid = ? AND ${sealed} = ?`,
    ),
  };
}
