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
  const read = (row: Row, tenant: ContextId | null): Tenant =>
    readTenant(row, tenant, sealing, place);

  const put = (consent: Consent): PutAnswer => {
    const tenant = consent.contextIdentifier;
    const known = sql.get.get(tenant);
    if (known !== undefined && known.serial !== consent.serial) return { kind: "serial_conflict" };
    const values = [
      whole(consent.companyName),
      whole(consent.consentedBy),
      consent.consentedAt,
      whole(consent.serial),
      sealing.seal(tokenPlace(place(tenant), consent), consent.systemUserToken.reveal()),
      whole(consent.webapiUrl),
      whole(consent.netserverUrl),
      tenant,
    ];
    (known === undefined ? sql.insert : sql.update).run(...values);
    return { kind: "stored", tenant: read(sql.get.get(tenant)!, tenant) };
  };

  return {
    get: (tenant) =>
      connection.read(() => {
        const row = sql.get.get(tenant);
        return row === undefined ? null : read(row, tenant);
      }),
    put: (consent) => connection.write(() => put(consent)),
    mark: (tenant, consentedAt, seen: { readonly health: TenantHealth; readonly state: string }) =>
      connection.write(() => {
        sql.mark.run(seen.health, whole(seen.state), tenant, consentedAt);
      }),
    remove: (tenant) => connection.write(() => Number(sql.remove.run(tenant).changes) > 0),
    list: (after, limit) =>
      connection.read(() =>
        limit < 1 ? [] : sql.list.all(after, limit).map((row) => read(row, null))
      ),
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
