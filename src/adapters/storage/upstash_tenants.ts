/**
 * Tenants in Upstash Redis: one hash and sorted sets, all without an expiry, because eviction takes
 * keys with one first. Every read is a script too: a plain read may come from a replica that has not
 * seen the last consent or removal.
 */

import type { ContextId } from "../../domain/context_id.ts";
import type { Notice } from "../../domain/notice.ts";
import { type Consent, standingOfConsent, type TenantStanding } from "../../domain/tenant.ts";
import type { PutAnswer, TenantChange, TenantStore } from "../../usecases/ports.ts";
import {
  readCard,
  readChange,
  readOrNull,
  readRecord,
  readTenant,
  readText,
  type Row,
  tokenPlace,
  unreadable,
} from "./records.ts";
import { type Sealing, sealNotice } from "./sealing.ts";
import type { Client } from "./upstash_client.ts";
import { readNumber } from "./upstash_reply.ts";
import { CHANGES, GET, LIST, MARK, PUT, REMOVE } from "./upstash_tenant_scripts.ts";

/** The keys of tenants and notices: of one hash tag, so that one script may change both. */
export function tenantKeys(prefix: string) {
  const hash = `${prefix}:{tenants}`;
  return {
    hash,
    order: `${hash}:order`,
    changes: `${hash}:changes`,
    notices: `${hash}:notices`,
    due: `${hash}:notices:due`,
    buried: `${hash}:notices:buried`,
  };
}

/** Makes the tenant store of a client. Seals system user tokens, and notices. */
export function createUpstashTenants(
  client: Client,
  sealing: Sealing,
  prefix: string,
): TenantStore {
  const { hash, order, changes, notices, due } = tenantKeys(prefix);
  const keys = [hash, order, changes, notices, due];
  const place = (tenant: ContextId) => `${hash}:${tenant}`;

  const change = async (tenant: ContextId, notice: Notice | null) =>
    changeArgs(tenant, await sealNotice(sealing, notice));

  const write = async (consent: Consent): Promise<string> => {
    const tokenAt = tokenPlace(place(consent.contextIdentifier), consent);
    return consentText(consent, await sealing.seal(tokenAt, consent.systemUserToken.reveal()));
  };

  return {
    async put(consent, notice): Promise<PutAnswer> {
      const { contextIdentifier: tenant, serial, consentedAt } = consent;
      const standing = standingOfConsent(consent);
      const args = [serial, String(consentedAt), await write(consent), seenOf(standing)];
      const answer = await client.run(PUT, keys, [...await change(tenant, notice), ...args]);
      const [word, sequence, ticketsFrom] = answer;
      if (word === "CONFLICT") return { kind: "serial_conflict" };
      const stored = { sequence: readNumber(sequence), ticketsFrom: readNumber(ticketsFrom) };
      return { kind: "stored", tenant: { ...consent, ...standing, ...stored } };
    },
    async get(tenant) {
      const [, ...fields] = await client.run(GET, [hash], [tenant]);
      if (fields.every((field) => field === null)) return null;
      return await readTenant(rowOf(fields), tenant, sealing, place);
    },
    async mark(tenant, consentedAt, standing, notice) {
      const args = [String(consentedAt), seenOf(standing), String(standing.ticketsFrom)];
      const [word] = await client.run(MARK, keys, [...await change(tenant, notice), ...args]);
      return word === "MARKED";
    },
    async remove(tenant, notice) {
      const [word] = await client.run(REMOVE, keys, await change(tenant, notice));
      return word === "REMOVED";
    },
    async list(after, limit) {
      if (limit < 1) return [];
      const [, ...items] = await client.run(LIST, keys, [String(after), String(limit)]);
      return groups(items).map(([tenant, ...fields]) => {
        const card = readCard(rowOf(fields), null);
        return card.contextIdentifier === tenant ? card : unreadable();
      });
    },
    async changes(after, limit) {
      const args = [String(after), String(Math.max(0, limit))];
      const [, newest, ...items] = await client.run(CHANGES, keys, args);
      return { newest: readNumber(newest), changes: groups(items).map(changeOf) };
    },
  };
}

/** What every change is told: whose, by which call, and the notice of it. */
function changeArgs(tenant: ContextId, notice: Notice | null): string[] {
  const call = crypto.randomUUID();
  if (notice === null) return [tenant, call, "", "", ""];
  const { id, body, at } = notice;
  return [tenant, call, id, JSON.stringify({ body, at }), String(at)];
}

function consentText(consent: Consent, sealedToken: string): string {
  return JSON.stringify({
    context_identifier: consent.contextIdentifier,
    company_name: consent.companyName,
    consented_by: consent.consentedBy,
    consented_at: consent.consentedAt,
    serial: consent.serial,
    system_user_token: sealedToken,
    webapi_url: consent.webapiUrl,
    netserver_url: consent.netserverUrl,
  });
}

/** What is written of a standing; `ticketsFrom` has a field of its own, because it only grows. */
function seenOf({ health, healthReason, healthSince, state }: TenantStanding): string {
  return JSON.stringify({ health, health_reason: healthReason, health_since: healthSince, state });
}

/** Items of a reply, five by five. */
function groups(items: readonly unknown[]): (readonly unknown[])[] {
  return Array.from({ length: items.length / 5 }, (_, at) => items.slice(5 * at, 5 * at + 5));
}

function rowOf([sequence, consent, seen, ticketsFrom]: readonly unknown[]): Row {
  const record = readRecord(consent);
  const standing = standingRow(seen, ticketsFrom, record.consented_at);
  return { ...record, ...standing, sequence: readNumber(sequence) };
}

function changeOf(
  [tenant, change, seen, ticketsFrom, consentedAt]: readonly unknown[],
): TenantChange {
  const [number] = readText(change).split(" ");
  const standing = readOrNull(() => standingRow(seen, ticketsFrom, readNumber(consentedAt)));
  return readChange({ context_identifier: tenant, number: readNumber(number), ...standing });
}

/** What an older program noted has no reason and no instants: they are those of the consent. */
function standingRow(seen: unknown, ticketsFrom: unknown, consentedAt: unknown): Row {
  return {
    health_reason: "before",
    health_since: consentedAt,
    ...readRecord(seen),
    tickets_from: ticketsFrom === null ? consentedAt : readNumber(ticketsFrom),
  };
}
