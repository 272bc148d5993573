/**
 * Reading of what a store gave back: every value is checked before it becomes one of ours, because
 * somebody else may have written it. Garbage is a fault (`unreadable`), never a miss. Knows rows of
 * SQLite and JSON records of Redis, which use the same member names; knows no database.
 */

import { ContextId } from "../../domain/context_id.ts";
import { isUnreadable, PartFault } from "../../domain/part_fault.ts";
import type { Refusal, RefusalCode } from "../../domain/refusal.ts";
import { Secret } from "../../domain/secret.ts";
import {
  type Consent,
  type Tenant,
  TENANT_HEALTHS,
  type TenantCard,
  type TenantHealth,
  type TenantStanding,
} from "../../domain/tenant.ts";
import { Generation, type Ticket } from "../../domain/ticket.ts";
import type { FinishedConsent, PendingConsent } from "../../usecases/consent_ports.ts";
import type { TenantChange } from "../../usecases/ports.ts";
import type { Sealing } from "./sealing.ts";

/** A row or a JSON object, not yet checked. */
export type Row = Readonly<Record<string, unknown>>;

/** Opens a sealed member of the row at hand. */
export type Open = (sealed: string) => Promise<string>;

/** Parses a JSON object. */
export function readRecord(text: unknown): Row {
  let value: unknown;
  try {
    value = JSON.parse(readText(text));
  } catch {
    return unreadable();
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return unreadable();
  return value as Row;
}

/** @param tenant the tenant that was asked for; another one's row is unreadable */
export async function readTenant(
  row: Row,
  tenant: ContextId | null,
  sealing: Sealing,
  placeOf: (tenant: ContextId) => string,
): Promise<Tenant> {
  const card = readCard(row, tenant);
  const place = tokenPlace(placeOf(card.contextIdentifier), card);
  const token = await sealing.open(place, readText(row.system_user_token));
  return { ...card, systemUserToken: new Secret(token) };
}

/** A tenant as it may be shown: its token stays sealed. @param tenant as in `readTenant` */
export function readCard(row: Row, tenant: ContextId | null): TenantCard {
  return {
    contextIdentifier: readContextId(row.context_identifier, tenant),
    serial: readText(row.serial),
    webapiUrl: readTextOrNull(row.webapi_url),
    netserverUrl: readTextOrNull(row.netserver_url),
    companyName: readText(row.company_name),
    consentedBy: readText(row.consented_by),
    consentedAt: readWhole(row.consented_at),
    ...readStanding(row),
    sequence: readWhole(row.sequence, 1),
  };
}

/**
 * A row without health is a tenant that is gone. So is one whose standing nobody can read: whoever
 * follows the changes then asks the store anew, and one bad record keeps nobody from all the others.
 */
export function readChange(row: Row): TenantChange {
  return {
    tenant: readContextId(row.context_identifier, null),
    number: readWhole(row.number, 1),
    standing: readOrNull(() => readStanding(row)),
  };
}

function readStanding(row: Row): TenantStanding {
  return {
    health: readHealth(row.health),
    healthReason: readText(row.health_reason),
    healthSince: readWhole(row.health_since),
    state: readText(row.state),
    ticketsFrom: readWhole(row.tickets_from),
  };
}

/** Reads the ticket of the tenant whose place was read. */
export async function readTicket(
  row: Row,
  tenant: ContextId,
  sealing: Sealing,
  place: string,
): Promise<Ticket> {
  const plain = {
    generation: readGeneration(row.generation),
    issuedAt: readWhole(row.issued_at),
    expiresAt: readWhole(row.expires_at),
    webapiUrl: readText(row.webapi_url),
    netserverUrl: readText(row.netserver_url),
    addressesUntil: readWhole(row.addresses_until),
  };
  const ticket = await sealing.open(ticketPlace(place, plain), readText(row.ticket));
  return { contextIdentifier: tenant, ...plain, ticket: new Secret(ticket) };
}

/**
 * Where a ticket is sealed to: its key, and everything plain beside it. Whoever can write the store
 * but has no sealing key can then not send a ticket to another address, or let it or its addresses
 * live longer.
 */
export function ticketPlace(
  place: string,
  plain: Omit<Ticket, "contextIdentifier" | "ticket">,
): string {
  const { generation, issuedAt, expiresAt } = plain;
  const addresses = [plain.webapiUrl, plain.netserverUrl, plain.addressesUntil];
  return JSON.stringify([place, generation, issuedAt, expiresAt, ...addresses]);
}

/** Where a system user token is sealed to: its key, and what decides whom it is for. */
export function tokenPlace(
  place: string,
  plain: Pick<Consent, "serial" | "webapiUrl" | "netserverUrl">,
): string {
  return JSON.stringify([place, plain.serial, plain.webapiUrl, plain.netserverUrl]);
}

export function readRefusal(row: Row): Refusal {
  const code = readText(row.refusal_code);
  if (!Object.hasOwn(REFUSAL_CODES, code)) return unreadable();
  const seconds = row.refusal_retry_after_seconds;
  return {
    code: code as RefusalCode,
    reason: readText(row.refusal_reason),
    retryAfterSeconds: seconds === null ? null : readWhole(seconds),
  };
}

export async function readPending(row: Row, open: Open): Promise<PendingConsent> {
  return {
    nonce: readText(row.nonce),
    codeVerifier: new Secret(await open(readText(row.code_verifier))),
    browser: readText(row.browser),
    tenant: row.tenant === null ? null : readContextId(row.tenant, null),
  };
}

export function readFinished(row: Row): FinishedConsent {
  return {
    contextIdentifier: readContextId(row.context_identifier, null),
    isRenewed: readFlag(row.is_renewed),
  };
}

/** @returns null where reading comes to `unreadable` */
export function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}

export function readText(value: unknown): string {
  return typeof value === "string" ? value : unreadable();
}

export function readTextOrNull(value: unknown): string | null {
  return value === null ? null : readText(value);
}

/** Whole numbers from `least`: instants, sizes, sequences. */
export function readWhole(value: unknown, least = 0): number {
  return Number.isSafeInteger(value) && (value as number) >= least ? value as number : unreadable();
}

export function readWholeOrNull(value: unknown): number | null {
  return value === null ? null : readWhole(value);
}

export function readGeneration(value: unknown): Generation {
  return Generation.parse(value) ?? unreadable();
}

/** What was read is not what we write. */
export function unreadable(): never {
  throw new PartFault("store", "unreadable");
}

function readContextId(value: unknown, expected: ContextId | null): ContextId {
  const tenant = ContextId.parse(value);
  if (tenant === null || tenant !== value) return unreadable();
  return expected === null || tenant === expected ? tenant : unreadable();
}

/** JSON has words for it, SQLite numbers. */
function readFlag(value: unknown): boolean {
  if (value === true || value === 1) return true;
  return value === false || value === 0 ? false : unreadable();
}

function readHealth(value: unknown): TenantHealth {
  return TENANT_HEALTHS.find((health) => health === value) ?? unreadable();
}

/** As an object so that a code missing here does not compile. */
const REFUSAL_CODES: Readonly<Record<RefusalCode, true>> = {
  invalid_request: true,
  caller_unknown: true,
  caller_forbidden: true,
  tenant_unknown: true,
  not_found: true,
  method_not_allowed: true,
  payload_too_large: true,
  consent_withdrawn: true,
  tenant_suspended: true,
  rate_limited: true,
  exchange_failed: true,
  signer_unavailable: true,
  store_unavailable: true,
  ledger_unavailable: true,
  upstream_unavailable: true,
};
