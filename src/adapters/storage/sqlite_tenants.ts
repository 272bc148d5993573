/** Tenants in the embedded store. The sequence is the row's own number, never given again. */

import type { ContextId } from "../../domain/context_id.ts";
import type { Consent, Tenant, TenantHealth } from "../../domain/tenant.ts";
import type { PutAnswer, TenantStore } from "../../usecases/ports.ts";
import { readTenant, type Row, tokenPlace } from "./records.ts";
import type { Sealing } from "./sealing.ts";
import { type Connection, whole } from "./sqlite_connection.ts";

/** Makes the tenant store of a connection. Seals system user tokens. */
export function createSqliteTenants(connection: Connection, sealing: Sealing): TenantStore {
  const sql = prepare(connection);
  const read = (row: Row, tenant: ContextId | null): Promise<Tenant> =>
    readTenant(row, tenant, sealing, place);

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
    async put(consent): Promise<PutAnswer> {
      const tenant = consent.contextIdentifier;
      const tokenAt = tokenPlace(place(tenant), consent);
      const sealed = await sealing.seal(tokenAt, consent.systemUserToken.reveal());
      const row = await connection.write(() => put(consent, sealed));
      return row === null
        ? { kind: "serial_conflict" }
        : { kind: "stored", tenant: await read(row, tenant) };
    },
    mark: (tenant, consentedAt, seen: { readonly health: TenantHealth; readonly state: string }) =>
      connection.write(() => {
        sql.mark.run(seen.health, whole(seen.state), tenant, consentedAt);
      }),
    remove: (tenant) => connection.write(() => Number(sql.remove.run(tenant).changes) > 0),
    async list(after, limit) {
      if (limit < 1) return [];
      const rows = await connection.read(() => sql.list.all(after, limit));
      return await Promise.all(rows.map((row) => read(row, null)));
    },
  };
}

function place(tenant: string): string {
  return `tenants/${tenant}`;
}

function prepare(connection: Connection) {
  return {
    get: connection.prepare("SELECT * FROM tenants WHERE context_identifier = ?"),
    insert: connection.prepare(`
      INSERT INTO tenants (company_name, consented_by, consented_at, serial, system_user_token,
        webapi_url, netserver_url, context_identifier, health, state)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'connected', 'Running')`),
    update: connection.prepare(`
      UPDATE tenants SET company_name = ?, consented_by = ?, consented_at = ?, serial = ?,
        system_user_token = ?, webapi_url = ?, netserver_url = ?,
        health = 'connected', state = 'Running'
      WHERE context_identifier = ?`),
    mark: connection.prepare(`
      UPDATE tenants SET health = ?, state = ? WHERE context_identifier = ? AND consented_at = ?`),
    remove: connection.prepare("DELETE FROM tenants WHERE context_identifier = ?"),
    list: connection.prepare("SELECT * FROM tenants WHERE sequence > ? ORDER BY sequence LIMIT ?"),
  };
}
