/**
 * Tenants in Upstash Redis: one hash and one sorted set, both without an expiry, because eviction
 * takes keys with one first. Every read is a script too: a plain read may come from a replica that
 * has not seen the last consent or removal.
 */

import { ContextId } from "../../domain/context_id.ts";
import type { Consent, Tenant } from "../../domain/tenant.ts";
import type { PutAnswer, TenantStore } from "../../usecases/ports.ts";
import { readRecord, readTenant, readText, tokenPlace, unreadable } from "./records.ts";
import type { Sealing } from "./sealing.ts";
import type { Client } from "./upstash_client.ts";
import { readNumber } from "./upstash_reply.ts";
import { GET, LIST, MARK, PUT, REMOVE } from "./upstash_tenant_scripts.ts";

const FIRST_SEEN = { health: "connected", state: "Running" } as const;

/** Makes the tenant store of a client. Seals system user tokens. */
export function createUpstashTenants(
  client: Client,
  sealing: Sealing,
  prefix: string,
): TenantStore {
  const hash = `${prefix}:{tenants}`;
  const keys = [hash, `${hash}:order`];
  const place = (tenant: ContextId) => `${hash}:${tenant}`;

  const read = (tenant: ContextId, sequence: unknown, consent: unknown, seen: unknown) =>
    readTenant(
      { ...readRecord(consent), ...readRecord(seen), sequence: readNumber(sequence) },
      tenant,
      sealing,
      place,
    );

  const write = async (consent: Consent): Promise<string> =>
    JSON.stringify({
      context_identifier: consent.contextIdentifier,
      company_name: consent.companyName,
      consented_by: consent.consentedBy,
      consented_at: consent.consentedAt,
      serial: consent.serial,
      system_user_token: await sealing.seal(
        tokenPlace(place(consent.contextIdentifier), consent),
        consent.systemUserToken.reveal(),
      ),
      webapi_url: consent.webapiUrl,
      netserver_url: consent.netserverUrl,
    });

  const put = async (consent: Consent): Promise<PutAnswer> => {
    const { contextIdentifier, serial, consentedAt } = consent;
    const seen = JSON.stringify(FIRST_SEEN);
    const args = [contextIdentifier, serial, String(consentedAt), await write(consent), seen];
    const [word, sequence] = await client.run(PUT, keys, args);
    if (word === "CONFLICT") return { kind: "serial_conflict" };
    return {
      kind: "stored",
      tenant: { ...consent, ...FIRST_SEEN, sequence: readNumber(sequence) },
    };
  };

  return {
    put,
    async get(tenant) {
      const [, sequence, consent, seen] = await client.run(GET, [hash], [tenant]);
      if (sequence === null && consent === null && seen === null) return null;
      return await read(tenant, sequence, consent, seen);
    },
    async mark(tenant, consentedAt, { health, state }) {
      const seen = JSON.stringify({ health, state });
      await client.run(MARK, [hash], [tenant, String(consentedAt), seen]);
    },
    async remove(tenant) {
      const [word] = await client.run(REMOVE, keys, [tenant]);
      return word === "REMOVED";
    },
    async list(after, limit) {
      if (limit < 1) return [];
      const [, ...items] = await client.run(LIST, keys, [String(after), String(limit)]);
      const tenants: Promise<Tenant>[] = [];
      for (let at = 0; at < items.length; at += 4) {
        const tenant = ContextId.parse(readText(items[at])) ?? unreadable();
        tenants.push(read(tenant, items[at + 1], items[at + 2], items[at + 3]));
      }
      return await Promise.all(tenants);
    },
  };
}
