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
  const read = (row: Row, tenant: ContextId): Promise<Tenant> =>
    readTenant(row, tenant, sealing, place);

  const { put, change } = createChanging(connection, sealing, sql);

  return {
    async get(tenant) {
      const row = await connection.read(() => sql.get.get(tenant));
      return row === undefined ? null : await read(row, tenant);
    },
    async put(consent, notice): Promise<PutAnswer> {
      const tenant = consent.contextIdentifier;
      const tokenAt = tokenPlace(place(tenant), consent);
      const sealed = await sealing.seal(tokenAt, consent.systemUserToken.reveal());
      const row = await put(consent, sealed, notice);
      return row === null
        ? { kind: "serial_conflict" }
        : { kind: "stored", tenant: await read(row, tenant) };
    },
    mark: (tenant, consentedAt, standing, notice) =>
      change(
        tenant,
        notice,
        () => sql.mark.run(...standingValues(standing), tenant, consentedAt),
      ),
    remove: (tenant, notice) => change(tenant, notice, () => sql.remove.run(tenant)),
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

/** What changes a tenant, with the notice of it. */
function createChanging(connection: Connection, sealing: Sealing, sql: Statements) {
  const keep = createKeeping(connection);
  const changed = (tenant: ContextId, notice: Notice | null): void => {
    sql.change.run(tenant);
    if (notice !== null) keep(notice);
  };

  /** @returns the stored row; null if another serial's is there */
  const store = (consent: Consent, sealedToken: string): Row | null => {
    const tenant = consent.contextIdentifier;
    const known = sql.get.get(tenant);
    if (known !== undefined && known.serial !== consent.serial) return null;
    const statement = known === undefined ? sql.insert : sql.update;
    statement.run(...consentValues(consent, sealedToken), tenant);
    return sql.get.get(tenant)!;
  };

  return {
    /** @returns the stored row; null if another serial's is there */
    async put(
      consent: Consent,
      sealedToken: string,
      notice: Notice | null,
    ): Promise<Row | null> {
      const kept = await sealNotice(sealing, notice);
      return await connection.write(() => {
        const stored = store(consent, sealedToken);
        if (stored !== null) changed(consent.contextIdentifier, kept);
        return stored;
      });
    },
    /** @returns false if the deed changed nothing */
    async change(
      tenant: ContextId,
      notice: Notice | null,
      deed: () => { readonly changes: number | bigint },
    ): Promise<boolean> {
      const kept = await sealNotice(sealing, notice);
      return await connection.write(() => {
        if (Number(deed().changes) === 0) return false;
        changed(tenant, kept);
        return true;
      });
    },
  };
}

/** Where a secret of the tenant is sealed to, before what stands beside it. */
export function place(tenant: string): string {
  return `tenants/${tenant}`;
}

/** In the order of the statements. */
function consentValues(consent: Consent, sealedToken: string): (string | number | null)[] {
  return [
    whole(consent.companyName),
    whole(consent.consentedBy),
    consent.consentedAt,
    whole(consent.serial),
    sealedToken,
    whole(consent.webapiUrl),
    whole(consent.netserverUrl),
    ...standingValues(standingOfConsent(consent)),
  ];
}

function standingValues(standing: TenantStanding): (string | number)[] {
  const { health, healthReason, healthSince, state, ticketsFrom } = standing;
  return [health, whole(healthReason), healthSince, whole(state), ticketsFrom];
}

const STANDING = `health = ?, health_reason = ?, health_since = ?, state = ?,
  tickets_from = max(tickets_from, ?)`;

type Statements = ReturnType<typeof prepare>;

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
