/** Valid examples of what is stored, to be bent once per test. */

import { ContextId } from "../../../src/domain/context_id.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { EMPTY_TREE, grow as growth, leafHash, type TreeHead } from "../../../src/domain/merkle.ts";
import { Secret } from "../../../src/domain/secret.ts";
import type { Notice } from "../../../src/domain/notice.ts";
import type { Consent, TenantStanding } from "../../../src/domain/tenant.ts";
import { Generation, type Ticket } from "../../../src/domain/ticket.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import type { PendingConsent } from "../../../src/usecases/consent_ports.ts";
import type { LedgerAppend } from "../../../src/usecases/ports.ts";
import type { LeaseRequest, RefusedExchange } from "../../../src/usecases/ticket_ports.ts";

/** An instant that a real Redis does not think past. */
export const NOW: number = Date.now();

export const TENANT: ContextId = tenantOf(12345);

export const CONSENT: Consent = {
  contextIdentifier: TENANT,
  companyName: "Grünerløkka “Brød” & Sønn \\ 🍞\nAS",
  consentedBy: "admin@example.com",
  consentedAt: NOW,
  serial: "1234567890",
  systemUserToken: new Secret("system-user-token"),
  webapiUrl: "https://sod2.example.com/Cust12345/api/",
  netserverUrl: null,
};

/** How a tenant may stand after its consent; its tickets are good as they were. */
export const WITHDRAWN: TenantStanding = {
  health: "consent_withdrawn",
  healthReason: "refused",
  healthSince: NOW + 1,
  state: "Suspended",
  ticketsFrom: NOW,
};

export const REFUSAL: Refusal = {
  code: "exchange_failed",
  reason: "issuer",
  retryAfterSeconds: null,
};

export const PENDING: PendingConsent = {
  nonce: "nonce",
  codeVerifier: new Secret("code-verifier"),
  browser: "b".repeat(64),
  tenant: TENANT,
};

export function tenantOf(digits: number): ContextId {
  return ContextId.parse(`Cust${digits}`)!;
}

export function generationOf(value: number): Generation {
  return Generation.parse(value)!;
}

/** A notice that is due at its instant. */
export function notice(id: string, at: number = NOW): Notice {
  return { id, body: JSON.stringify({ type: "tenant.consented", data: { id, "🍞": "/\\" } }), at };
}

export function request(bend: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    owner: "owner-1",
    why: "miss",
    leaseMs: 10_000,
    replaces: null,
    credentials: "app",
    now: NOW,
    ...bend,
  };
}

/** What the holder of the lease of `request` came to. */
export function refused(bend: Partial<RefusedExchange> = {}): RefusedExchange {
  return {
    owner: "owner-1",
    refusal: REFUSAL,
    forMs: 5_000,
    credentials: "app",
    endsTicket: false,
    now: NOW,
    ...bend,
  };
}

export function ticket(generation: number, bend: Partial<Ticket> = {}): Ticket {
  return {
    contextIdentifier: TENANT,
    ticket: new Secret(`7T:ticket-${generation}`),
    generation: generationOf(generation),
    issuedAt: NOW,
    expiresAt: NOW + 6 * 60 * 60 * 1000,
    webapiUrl: "https://sod2.example.com/Cust12345/api/",
    netserverUrl: "https://sod2.example.com/Cust12345/remote/services90/",
    addressesUntil: NOW + 60 * 60 * 1000,
    ...bend,
  };
}

/** An append that fits a head. */
export function append(
  head: TreeHead,
  leaves: readonly string[],
  id: string = crypto.randomUUID(),
): LedgerAppend {
  const { head: next, hashes } = growth(head, leaves.map(leafHash));
  return { id, leaves, next, hashes };
}

export function grow(head: TreeHead, leaves: readonly string[]): TreeHead {
  return growth(head, leaves.map(leafHash)).head;
}

/** The head of a log, from nothing but its leaves. */
export function treeOf(leaves: readonly string[]): TreeHead {
  return grow(EMPTY_TREE, leaves);
}

/** For `assert.rejects`: a fault of the store for just this reason. */
export function assertReason(reason: string) {
  return (error: unknown) => error instanceof PartFault && error.reason === reason;
}
