/**
 * Sealing anew in Upstash Redis: tokens and tickets in the order of the tenants' consents, notices as
 * HSCAN gives them. A record is replaced only while it is still, whole, the text that was read. A ticket
 * that came from a replica does no harm: an older text replaces nothing, and the next look finds it.
 */

import { ContextId } from "../../domain/context_id.ts";
import type { Resealing, ResealStep, SealedKind } from "../../usecases/resealing_ports.ts";
import {
  readOrNull,
  readRecord,
  readText,
  readTextOrNull,
  readTicket,
  type Row,
  ticketPlace,
  tokenPlace,
  unreadable,
} from "./records.ts";
import { createCounter, renewAll, type Stale } from "./resealing.ts";
import { keyIdOf, noticePlace, type Sealing } from "./sealing.ts";
import type { Client } from "./upstash_client.ts";
import { readNumber } from "./upstash_reply.ts";
import { NOTICES, REPLACE_FIELDS, REPLACE_TICKET, TENANTS } from "./upstash_resealing_scripts.ts";
import { tenantKeys } from "./upstash_tenants.ts";
import { ticketKey } from "./upstash_tickets.ts";

/** Records read in one request while counting. */
const PAGE = 500;

/** Tickets read, or replaced, at once: each has a key of its own. */
const AT_ONCE = 20;

/** How one kind is kept. */
interface Kept {
  /** Records after a place, whatever they are sealed under. */
  page(after: string | null, limit: number): Promise<Page>;
  /** The sealed member of a record; undefined if it has none, as what an ended ticket leaves behind. */
  sealed(record: Row): unknown;
  /** @returns the whole record, sealed anew */
  renew(name: string, record: Row): Promise<string>;
  /** @returns how many were replaced */
  replace(values: readonly Replacement[]): Promise<number>;
}

interface Page {
  readonly items: readonly Listed[];
  readonly next: string | null;
}

/** A record by its context identifier or id. */
interface Listed {
  readonly name: string;
  readonly text: string;
}

interface StaleRecord extends Stale, Listed {}

interface Replacement {
  readonly stale: StaleRecord;
  readonly text: string;
}

/** Makes the resealing of a client. */
export function createUpstashResealing(
  client: Client,
  sealing: Sealing,
  prefix: string,
): Omit<Resealing, "keyIds"> {
  const kinds: Readonly<Record<SealedKind, Kept>> = {
    system_user_token: keepTokens(client, sealing, prefix),
    ticket: keepTickets(client, sealing, prefix),
    notice: keepNotices(client, sealing, prefix),
  };

  const staleOf = (kept: Kept, listed: Listed): StaleRecord[] => {
    const keyId = sealedUnder(kept, listed);
    if (keyId === undefined || keyId === sealing.keyIds[0]) return [];
    return [{
      ...listed,
      renew: async () => await kept.renew(listed.name, readRecord(listed.text)),
    }];
  };

  return {
    async count() {
      const counter = createCounter();
      for (const [kind, kept] of Object.entries(kinds) as [SealedKind, Kept][]) {
        let after: string | null = null;
        do {
          const page: Page = await kept.page(after, PAGE);
          for (const listed of page.items) {
            const keyId = sealedUnder(kept, listed);
            if (keyId !== undefined) counter.add(kind, keyId);
          }
          after = page.next;
        } while (after !== null);
      }
      return counter.counts();
    },
    async step(kind, after, limit): Promise<ResealStep> {
      const { items, next } = await kinds[kind].page(after, limit);
      const stale = items.flatMap((listed) => staleOf(kinds[kind], listed));
      const { values, unreadable } = await renewAll(stale);
      const resealed = values.length === 0 ? 0 : await kinds[kind].replace(values);
      return { next, resealed, passed: values.length - resealed, unreadable };
    },
  };
}

/** @returns the key's name; null if there is none to be read, undefined if nothing is sealed */
function sealedUnder(kept: Kept, { text }: Listed): string | null | undefined {
  const record = readOrNull(() => readRecord(text));
  if (record === null) return null;
  const sealed = kept.sealed(record);
  if (sealed === undefined) return undefined;
  return typeof sealed === "string" ? keyIdOf(sealed) : null;
}

function keepTokens(client: Client, sealing: Sealing, prefix: string): Kept {
  const { hash } = tenantKeys(prefix);
  return {
    async page(after, limit) {
      const { rows, next } = await readTenants(client, prefix, after, limit);
      const items = rows.map(([name, text]) => ({ name, text: readText(text) }));
      return { items, next };
    },
    sealed: ({ system_user_token = null }) => system_user_token,
    async renew(name, record) {
      const place = tokenPlace(`${hash}:${name}`, {
        serial: readText(record.serial),
        webapiUrl: readTextOrNull(record.webapi_url),
        netserverUrl: readTextOrNull(record.netserver_url),
      });
      const token = await sealing.open(place, readText(record.system_user_token));
      return JSON.stringify({ ...record, system_user_token: await sealing.seal(place, token) });
    },
    replace: (values) => replaceFields(client, hash, values, (name) => `${name}:consent`),
  };
}

function keepTickets(client: Client, sealing: Sealing, prefix: string): Kept {
  return {
    async page(after, limit) {
      const { rows, next } = await readTenants(client, prefix, after, limit);
      const items = await inTurns(rows, async ([name]) => {
        const text = await client.get(ticketKey(prefix, name));
        return text === null ? [] : [{ name, text }];
      });
      return { items: items.flat(), next };
    },
    sealed: ({ ticket }) => ticket,
    async renew(name, record) {
      const place = ticketKey(prefix, name);
      const tenant = ContextId.parse(name) ?? unreadable();
      const ticket = await readTicket(record, tenant, sealing, place);
      const sealed = await sealing.seal(ticketPlace(place, ticket), ticket.ticket.reveal());
      return JSON.stringify({ ...record, ticket: sealed });
    },
    async replace(values) {
      const words = await inTurns(values, async ({ stale, text }) => {
        const key = ticketKey(prefix, stale.name);
        return (await client.run(REPLACE_TICKET, [key], [stale.text, text]))[0];
      });
      return words.filter((word) => word === "REPLACED").length;
    },
  };
}

function keepNotices(client: Client, sealing: Sealing, prefix: string): Kept {
  const { notices } = tenantKeys(prefix);
  return {
    async page(after, limit) {
      const args = [after ?? "0", String(limit)];
      const [, cursor, ...found] = await client.run(NOTICES, [notices], args);
      const items = groups(found, 2).map(([name, text]) => ({
        name: readText(name),
        text: readText(text),
      }));
      return { items, next: cursor === "0" ? null : readText(cursor) };
    },
    sealed: ({ body = null }) => body,
    async renew(name, record) {
      const place = noticePlace(name);
      const body = await sealing.open(place, readText(record.body));
      return JSON.stringify({ ...record, body: await sealing.seal(place, body) });
    },
    replace: (values) => replaceFields(client, notices, values, (name) => name),
  };
}

async function readTenants(client: Client, prefix: string, after: string | null, limit: number) {
  const { hash, order } = tenantKeys(prefix);
  const args = [after ?? "0", String(limit)];
  const [, ...found] = await client.run(TENANTS, [hash, order], args);
  const rows = groups(found, 3);
  return {
    // A tenant without a consent is one that nobody can use: its name stands for nothing sealed.
    rows: rows.filter(([, , text]) => text !== null)
      .map(([name, , text]) => [readText(name), text] as const),
    next: rows.length < limit ? null : String(readNumber(rows.at(-1)![1])),
  };
}

async function replaceFields(
  client: Client,
  hash: string,
  values: readonly Replacement[],
  fieldOf: (name: string) => string,
): Promise<number> {
  const args = values.flatMap(({ stale, text }) => [fieldOf(stale.name), stale.text, text]);
  const [, count] = await client.run(REPLACE_FIELDS, [hash], args);
  return readNumber(count);
}

function groups(items: readonly unknown[], width: number): (readonly unknown[])[] {
  return Array.from(
    { length: items.length / width },
    (_, at) => items.slice(width * at, width * (at + 1)),
  );
}

/** So many at once, in order. */
async function inTurns<T, R>(items: readonly T[], deed: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...await Promise.all(items.slice(at, at + AT_ONCE).map(deed)));
  }
  return results;
}
