/**
 * Sealing anew in Upstash Redis: tokens and tickets in the order of the tenants' consents, notices as
 * HSCAN gives them. A record is replaced only while it is still, whole, the text that was read. A ticket
 * that came from a replica does no harm: an older text replaces nothing, and the next look finds it.
 */

import { ContextId } from "../../domain/context_id.ts";
import type {
  LookStep,
  Resealing,
  ResealStep,
  SealedKind,
} from "../../usecases/resealing_ports.ts";
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
import { createCounter, inTurns, lookAt, renewAll, type Stale } from "./resealing.ts";
import { keyIdOf, noticePlace, type Sealing } from "./sealing.ts";
import type { Client } from "./upstash_client.ts";
import { readNumber } from "./upstash_reply.ts";
import { NOTICES, REPLACE_FIELDS, REPLACE_TICKET, TENANTS } from "./upstash_resealing_scripts.ts";
import { tenantKeys } from "./upstash_tenants.ts";
import { ticketKey } from "./upstash_tickets.ts";

/** Records read in one request while counting. */
const PAGE = 500;

/** How one kind is kept. */
interface Kept {
  /** Records after a place, whatever they are sealed under. */
  page(after: string | null, limit: number): Promise<Page>;
  /** The sealed member of a record; undefined if it has none, as what an ended ticket leaves behind. */
  sealed(record: Row): unknown;
  /** @throws PartFault `unreadable` if no key opens it */
  open(name: string, record: Row): Promise<Opened>;
  /** @returns how many were replaced */
  replace(values: readonly Replacement[]): Promise<number>;
}

/** What was sealed as which member of its record, and where it is sealed to. */
interface Opened {
  readonly member: string;
  readonly place: string;
  readonly plain: string;
}

interface Page {
  /** Records that were asked for, be they there or not. */
  readonly looked: number;
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
    const renew = async () => {
      const record = readRecord(listed.text);
      const { member, place, plain } = await kept.open(listed.name, record);
      return JSON.stringify({ ...record, [member]: await sealing.seal(place, plain) });
    };
    return [{ ...listed, renew }];
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
      const { items, next, looked } = await kinds[kind].page(after, limit);
      const stale = items.flatMap((listed) => staleOf(kinds[kind], listed));
      const { values, unreadable } = await renewAll(stale);
      const resealed = values.length === 0 ? 0 : await kinds[kind].replace(values);
      return { next, resealed, passed: values.length - resealed, unreadable, looked };
    },
    async look(kind, after, limit): Promise<LookStep> {
      const kept = kinds[kind];
      const { items, next, looked } = await kept.page(after, limit);
      const values = items.flatMap((listed) => {
        const { name, text } = listed;
        const keyId = sealedUnder(kept, listed);
        const open = () => kept.open(name, readRecord(text));
        return keyId === undefined ? [] : [{ name, keyId, open }];
      });
      return { next, looked, ...await lookAt(kind, values) };
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
      return { items, next, looked: rows.length };
    },
    sealed: ({ system_user_token = null }) => system_user_token,
    async open(name, record) {
      const place = tokenPlace(`${hash}:${name}`, {
        serial: readText(record.serial),
        webapiUrl: readTextOrNull(record.webapi_url),
        netserverUrl: readTextOrNull(record.netserver_url),
      });
      const plain = await sealing.open(place, readText(record.system_user_token));
      return { member: "system_user_token", place, plain };
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
      return { items: items.flat(), next, looked: rows.length };
    },
    sealed: ({ ticket }) => ticket,
    async open(name, record) {
      const place = ticketKey(prefix, name);
      const tenant = ContextId.parse(name) ?? unreadable();
      const ticket = await readTicket(record, tenant, sealing, place);
      const plain = ticket.ticket.reveal();
      return { member: "ticket", place: ticketPlace(place, ticket), plain };
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
      return { items, next: cursor === "0" ? null : readText(cursor), looked: items.length };
    },
    sealed: ({ body = null }) => body,
    async open(name, record) {
      const place = noticePlace(name);
      return { member: "body", place, plain: await sealing.open(place, readText(record.body)) };
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
