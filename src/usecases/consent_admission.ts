/**
 * Admits a validated identity as a tenant, or refuses it on record. The order is the promise: a token
 * once, the same tenant as before, evidence, then the deed.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Announce } from "../domain/notice.ts";
import type { Secret } from "../domain/secret.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import type { Consent, Tenant } from "../domain/tenant.ts";
import { type ConsentRefusal, refused, type Step } from "./consent_refusal.ts";
import type { Ledger } from "./ledger.ts";
import type { ConsentStore } from "./consent_ports.ts";
import type { Clock, Log, TenantStore } from "./ports.ts";
import type { Identity } from "./superoffice_ports.ts";
import type { TicketStore } from "./ticket_ports.ts";
import type { Tickets } from "./tickets.ts";

export interface AdmissionParts {
  readonly tenants: TenantStore;
  readonly store: ConsentStore;
  readonly ticketStore: TicketStore;
  readonly tickets: Pick<Tickets, "forget">;
  /** States as SuperOffice gave them before. */
  readonly states: { forget(tenant: ContextId): void };
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Admission {
  /** @param asked the tenant that the administrator was asked to connect, if any */
  admit(found: Identity, asked: ContextId | null, requestId: string): Promise<Step<Stored>>;
  /**
   * Once a day for each token and reason: who has a genuine token may send it as often as they like,
   * and the ledger is kept for ever.
   */
  recordRefusal(
    why: string,
    tokenDigest: string,
    tenant: ContextId | null,
    requestId: string,
  ): Promise<void>;
}

export interface Stored {
  readonly kind: "stored";
  /** True if the tenant had consented before. */
  readonly isRenewed: boolean;
}

/** A token is remembered a little beyond its end, or it might pass once more just before. */
const CLAIM_MARGIN_MS = 60_000;

const DAY_MS = 24 * 60 * 60 * 1000;

export function createAdmission(parts: AdmissionParts): Admission {
  const { tenants, store, ledger, announce, clock } = parts;

  const recordRefusal: Admission["recordRefusal"] = async (why, digest, tenant, requestId) => {
    const now = clock.now();
    if (!await store.claim(sha256Hex(`refused\n${why}\n${digest}`), now + DAY_MS, now)) return;
    await ledger.record(
      { requestId, caller: null, contextIdentifier: tenant },
      { kind: "consent_refused", reason: why },
    );
  };

  return {
    recordRefusal,
    async admit(found, asked, requestId) {
      const { consent } = found;
      const tenant = consent.contextIdentifier;
      const stop = async (why: ConsentRefusal, recorded: string = why) => {
        await recordRefusal(recorded, found.tokenDigest, tenant, requestId);
        return refused(why);
      };
      if (asked !== null && asked !== tenant) return stop("other_tenant");
      const now = clock.now();
      const until = found.usableUntil + CLAIM_MARGIN_MS;
      if (!await store.claim(found.tokenDigest, until, now)) return stop("already_used");
      const known = await tenants.get(tenant);
      if (known !== null && known.serial !== consent.serial) return stop("serial_changed");
      if (known !== null && !found.namesUs && isProtected(known, consent)) {
        return stop("not_accepted", "other_application");
      }
      // COMMIT POINT: a crash after this leaves a consent on record that is not stored. The
      // administrator sees an error and connects again; the older token, if any, still works.
      await ledger.record({ requestId, caller: null, contextIdentifier: tenant }, {
        kind: "consent",
        serial: consent.serial,
        consented_by: consent.consentedBy,
        system_token_sha256: sha256Hex(consent.systemUserToken.reveal()),
      });
      const isRenewed = known !== null;
      const notice = announce("tenant.consented", tenant, {
        consented_at: new Date(now).toISOString(),
        renewed: isRenewed,
      });
      // Once the consent is there, other processes read anew: they must not find the older one's ticket.
      await parts.ticketStore.invalidate(tenant, now);
      const answer = await tenants.put({ ...consent, consentedAt: now }, notice);
      if (answer.kind === "serial_conflict") return stop("serial_changed");
      parts.states.forget(tenant);
      await forgetTickets(parts, tenant);
      return { kind: "stored", isRenewed };
    },
  };
}

/**
 * True if a token that does not name us would put another application's system user token in place of
 * ours. One that SuperOffice refuses is not worth protecting: if another application's came first, it
 * must not keep ours out for ever.
 */
function isProtected(
  known: Tenant,
  { systemUserToken }: Pick<Consent, "systemUserToken">,
): boolean {
  return known.health !== "consent_withdrawn" &&
    applicationOf(known.systemUserToken) !== applicationOf(systemUserToken);
}

/** With its mark, of `{application name}-{random}`, as SuperOffice makes these; else the whole. */
function applicationOf(systemUserToken: Secret): string {
  const text = systemUserToken.reveal();
  return text.slice(0, text.lastIndexOf("-") + 1) || text;
}

/**
 * Tickets of the older token go, and so does a remembered refusal: the next request heals. Also for a
 * tenant that was not known: a removal may have ended before it came to the tickets.
 */
async function forgetTickets(
  { tickets, ticketStore, clock, log }: AdmissionParts,
  tenant: ContextId,
): Promise<void> {
  tickets.forget(tenant);
  try {
    await ticketStore.invalidate(tenant, clock.now());
  } catch (error) {
    log.warn("consent.tickets_not_forgotten", { context_identifier: tenant, error });
  }
}
