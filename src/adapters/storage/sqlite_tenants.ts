/**
 * Tenants in the embedded store. The sequence is the row's own number, never given again. Every change
 * moves the tenant to the end of the changes and stores its notice, in one transaction.
 */

import type { ContextId } from "../../domain/context_id.ts";
import type { Notice } from "../../domain/notice.ts";
import {
  type Consent,
  standingOfConsent,
  type Tenant,
  type TenantStanding,
} from "../../domain/tenant.ts";
import type { PutAnswer, TenantStore } from "../../usecases/ports.ts";
import { readCard, readChange, readTenant, readWhole, type Row, tokenPlace } from "./records.ts";
import { type Sealing, sealNotice } from "./sealing.ts";
import { type Connection, whole } from "./sqlite_connection.ts";
import { createKeeping } from "./sqlite_notices.ts";

/** Makes the tenant store of a connection. Seals system user tokens, and notices. */
export function createSqliteTenants(connection: Connection, sealing: Sealing): TenantStore {
  const sql = prepare(connection);
  const keep = createKeeping(connection);
  const read = (row: Row, tenant: ContextId): Promise<Tenant> =>
    readTenant(row, tenant, sealing, place);

  const changed = (tenant: ContextId, notice: Notice | null): void => {
    sql.change.run(tenant);
    if (notice !== null) keep(notice);
  };

  /** @returns the stored row; null if another serial's is there */
  const put = (consent: Consent, sealedToken: string): Row | null => {
    const tenant = consent.contextIdentifier;
    const known = sql.get.get(tenant);
    if (known !== undefined && known.serial !== consent.serial) return null;
    const values = [
      whole(consent.companyName),
      whole(consent.consentedBy),
      consent.consentedAt,
      whole(consent.serial),
      sealedToken,
      whole(consent.webapiUrl),
      whole(consent.netserverUrl),
      ...valuesOf(standingOfConsent(consent)),
      tenant,
    ];
    (known === undefined ? sql.insert : sql.update).run(...values);
    return sql.get.get(tenant)!;
  };

  return {
    async get(tenant) {
      const row = await connection.read(() => sql.get.get(tenant));
      return row === undefined ? null : await read(row, tenant);
    },
    async put(consent, notice): Promise<PutAnswer> {
      const tenant = consent.contextIdentifier;
      const tokenAt = tokenPlace(place(tenant), consent);
      const sealed = await sealing.seal(tokenAt, consent.systemUserToken.reveal());
      const kept = await sealNotice(sealing, notice);
      const row = await connection.write(() => {
        const stored = put(consent, sealed);
        if (stored !== null) changed(tenant, kept);
        return stored;
      });
      return row === null
        ? { kind: "serial_conflict" }
        : { kind: "stored", tenant: await read(row, tenant) };
    },
    async mark(tenant, consentedAt, standing, notice) {
      const kept = await sealNotice(sealing, notice);
      return await connection.write(() => {
        const { changes } = sql.mark.run(...valuesOf(standing), tenant, consentedAt);
        if (Number(changes) === 0) return false;
        changed(tenant, kept);
        return true;
      });
    },
    async remove(tenant, notice) {
      const kept = await sealNotice(sealing, notice);
      return await connection.write(() => {
        if (Number(sql.remove.run(tenant).changes) === 0) return false;
        changed(tenant, kept);
        return true;
      });
    },
    list: (after, limit) =>
      connection.read(() =>
        sql.list.all(after, Math.max(0, limit)).map((row) => readCard(row, null))
      ),
    changes: (after, limit) =>
      connection.snapshot(() => ({
        newest: readWhole(sql.newest.get()?.newest),
        changes: sql.changes.all(after, Math.max(0, limit)).map(readChange),
      })),
  };
}

function place(tenant: string): string {
  return `tenants/${tenant}`;
}

/** In the order of the statements. */
function valuesOf(standing: TenantStanding): (string | number)[] {
  const { health, healthReason, healthSince, state, ticketsFrom } = standing;
  return [health, whole(healthReason), healthSince, whole(state), ticketsFrom];
}

const STANDING = `health = ?, health_reason = ?, health_since = ?, state = ?,
  tickets_from = max(tickets_from, ?)`;

function prepare(connection: Connection) {
  return {
    get: connection.prepare("SELECT * FROM tenants WHERE context_identifier = ?"),
    insert: connection.prepare(`
      INSERT INTO tenants (company_name, consented_by, consented_at, serial, system_user_token,
        webapi_url, netserver_url, health, health_reason, health_since, state, tickets_from,
        context_identifier)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    update: connection.prepare(`
      UPDATE tenants SET company_name = ?, consented_by = ?, consented_at = ?, serial = ?,
        system_user_token = ?, webapi_url = ?, netserver_url = ?, ${STANDING}
      WHERE context_identifier = ?`),
    mark: connection.prepare(`
      UPDATE tenants SET ${STANDING} WHERE context_identifier = ? AND consented_at = ?`),
    remove: connection.prepare("DELETE FROM tenants WHERE context_identifier = ?"),
    list: connection.prepare("SELECT * FROM tenants WHERE sequence > ? ORDER BY sequence LIMIT ?"),
    // The older change of the tenant goes.
    change: connection.prepare(
      "INSERT OR REPLACE INTO tenant_changes (context_identifier) VALUES (?)",
    ),
    newest: connection.prepare("SELECT coalesce(max(number), 0) AS newest FROM tenant_changes"),
    changes: connection.prepare(`
      SELECT context_identifier, number, health, health_reason, health_since, state, tickets_from
      FROM tenant_changes LEFT JOIN tenants USING (context_identifier)
      WHERE number > ? ORDER BY number LIMIT ?`),
  };
}
