/**
 * Tenants and tickets, put where a consent and an exchange would have put them. A ticket's life can be
 * chosen: one that is nearly over need not be waited for.
 */

import { ContextId } from "../../src/domain/context_id.ts";
import { Secret } from "../../src/domain/secret.ts";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import type { Generation } from "../../src/domain/ticket.ts";
import type { SuperOfficeSimulator } from "../../src/simulator/superoffice/server.ts";

/** Where they are put. */
export interface Place {
  readonly superoffice: SuperOfficeSimulator;
  readonly stores: Stores;
}

/** When a ticket was issued and when it ends, milliseconds from now. */
export interface Life {
  readonly issued: number;
  readonly ends: number;
}

const HOUR = 60 * 60_000;

/** Just exchanged. */
export const FRESH: Life = { issued: 0, ends: 6 * HOUR };

/** In the last fifth of its six hours: handed out, and renewed behind the answer. */
export const USABLE: Life = { issued: -5.5 * HOUR, ends: HOUR / 2 };

const FIRST = 1 as Generation;

/** A running tenant that authorised the app at SuperOffice and is stored as consented. */
export async function addTenant({ superoffice, stores }: Place): Promise<ContextId> {
  const { control } = superoffice;
  const view = control.addTenant();
  const { system_user_token } = control.approve(view.contextIdentifier);
  const { contextIdentifier, companyName, serial } = view;
  return await store(stores, contextIdentifier, { companyName, serial, token: system_user_token });
}

/** A tenant of the store that SuperOffice never heard of: its ticket can be read, not renewed. */
export async function addStoredTenant(
  { stores }: Pick<Place, "stores">,
  number: number,
): Promise<ContextId> {
  const companyName = `Stored Tenant ${number} AS`;
  const token = `Bench-${crypto.randomUUID().slice(0, 10)}`;
  return await store(stores, `Cust${number}`, { companyName, serial: String(number), token });
}

interface Consented {
  readonly companyName: string;
  readonly serial: string;
  readonly token: string;
}

async function store(stores: Stores, name: string, consented: Consented): Promise<ContextId> {
  const contextIdentifier = ContextId.parse(name);
  if (contextIdentifier === null) throw new Error("Cannot add a tenant: its name is refused");
  await stores.tenants.put({
    contextIdentifier,
    companyName: consented.companyName,
    serial: consented.serial,
    consentedBy: "administrator@example.com",
    // Before every ticket that is put: a later consent would make them void.
    consentedAt: Date.now() - 24 * HOUR,
    systemUserToken: new Secret(consented.token),
    webapiUrl: null,
    netserverUrl: null,
  }, null);
  return contextIdentifier;
}

/** Puts a ticket into the store as an exchange would. @param webapiUrl where the tenant lives */
export async function putTicket(
  { stores }: Pick<Place, "stores">,
  tenant: ContextId,
  life: Life,
  webapiUrl = `https://sod2.superoffice.com/${tenant}/api/`,
): Promise<void> {
  const now = Date.now();
  // Nobody holds a lease here: the store looks at the generation alone.
  const published = await stores.tickets.publish(tenant, crypto.randomUUID(), {
    contextIdentifier: tenant,
    ticket: new Secret(`7T:${crypto.randomUUID().replaceAll("-", "").repeat(4)}`),
    generation: FIRST,
    issuedAt: now + life.issued,
    expiresAt: now + life.ends,
    webapiUrl,
    netserverUrl: `https://sod2.superoffice.com/${tenant}/Remote/Services88/`,
    addressesUntil: now + life.ends,
  });
  if (published !== "published") throw new Error(`Cannot put a ticket: it is ${published}`);
}

/** Where a tenant's ticket is asked for. */
export function pathOf(tenant: ContextId): string {
  return `/v1/tenants/${tenant}/ticket`;
}

/** Asks for a ticket. @returns where it came from @throws if there is none, or from elsewhere */
export async function requireTicket(
  url: string,
  authorization: string,
  tenant: ContextId,
  source?: "memory" | "store" | "exchange",
): Promise<void> {
  const answer = await fetch(`${url}${pathOf(tenant)}`, { headers: { authorization } });
  const text = await answer.text();
  const found = answer.headers.get("x-ticket-source");
  if (answer.status !== 200) throw new Error(`Cannot go on: no ticket, ${answer.status} ${text}`);
  if (source !== undefined && found !== source) {
    throw new Error(`Cannot go on: the ticket is from ${found}, not from ${source}`);
  }
}
