/**
 * A tenant administrator's consent: sends the browser to SuperOffice, takes it back, and stores the
 * tenant. Nothing is stored unless every check passed; a state and a token work once. Holds nothing
 * in this process, so any instance may finish what another began.
 */

import type { ContextId } from "../domain/context_id.ts";
import { PartFault } from "../domain/part_fault.ts";
import { Secret } from "../domain/secret.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import { type Ledger, LedgerFault } from "./ledger.ts";
import type {
  Clock,
  ConsentStore,
  FinishedConsent,
  Ids,
  Log,
  TenantStore,
  TicketStore,
} from "./ports.ts";
import type { Identity, IdentityProvider, IdentityRefusal } from "./superoffice_ports.ts";
import type { Tickets } from "./tickets.ts";

/** Why a consent did not come about. Each has one sentence on a page. */
export type ConsentRefusal =
  | "not_understood"
  | "link_expired"
  | "other_browser"
  | "declined"
  | "not_accepted"
  | "no_system_token"
  | "already_used"
  | "serial_changed"
  | "other_tenant"
  | "legacy_off"
  | "try_again";

export type ConsentOutcome =
  | { readonly kind: "connected"; readonly browser: string }
  | { readonly kind: "refused"; readonly why: ConsentRefusal };

/** What a browser brought back, already of its form. */
export type Callback =
  | { readonly kind: "code"; readonly state: string; readonly code: Secret }
  | { readonly kind: "id_token"; readonly state: string; readonly token: Secret }
  | { readonly kind: "legacy"; readonly token: Secret }
  | { readonly kind: "error"; readonly state: string };

export interface Consents {
  /** @returns where to send the browser and the value of its binding cookie, or why not */
  begin(
    tenant: ContextId | null,
    browser: string | null,
  ): Promise<{ readonly location: URL; readonly browser: string } | "try_again">;
  complete(callback: Callback, browser: string | null, requestId: string): Promise<ConsentOutcome>;
  /** What this browser connected a moment ago. */
  finished(browser: string): Promise<FinishedConsent | null>;
}

export interface ConsentsParts {
  readonly identity: IdentityProvider;
  readonly tenants: TenantStore;
  readonly store: ConsentStore;
  readonly ticketStore: TicketStore;
  readonly tickets: Pick<Tickets, "forget">;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly legacyLogin: boolean;
}

/** How long a begun consent may take, and how long its result can be shown. */
export const CONSENT_MS = 10 * 60_000;

/** A token is remembered a little beyond its end, or it might pass once more just before. */
const CLAIM_MARGIN_MS = 60_000;

type Step<T> = T | { readonly kind: "refused"; readonly why: ConsentRefusal };

const refused = (why: ConsentRefusal) => ({ kind: "refused", why }) as const;

export function createConsents(parts: ConsentsParts): Consents {
  const { identity, store, clock, ids, log } = parts;

  /** Identity from the callback, and the tenant that was asked for, if any. */
  const identify = async (
    callback: Callback,
    browser: string | null,
  ): Promise<Step<{ kind: "read"; read: Identity | IdentityRefusal; asked: ContextId | null }>> => {
    const now = clock.now();
    if (callback.kind === "legacy") {
      if (!parts.legacyLogin) return refused("legacy_off");
      return {
        kind: "read",
        read: await identity.readLegacyToken(callback.token, now),
        asked: null,
      };
    }
    const pending = await store.take(callback.state, now);
    if (pending === null) return refused("link_expired");
    if (browser === null || sha256Hex(browser) !== pending.browser) return refused("other_browser");
    if (callback.kind === "error") return refused("declined");
    const token: Secret | IdentityRefusal = callback.kind === "id_token"
      ? callback.token
      : await identity.redeem(callback.code, pending.codeVerifier);
    if (token instanceof Secret) {
      const read = await identity.readIdToken(token, pending.nonce, clock.now());
      return { kind: "read", read, asked: pending.tenant };
    }
    return { kind: "read", read: token, asked: pending.tenant };
  };

  const recordRefusal = (why: string, tenant: ContextId | null, requestId: string) =>
    parts.ledger.record(
      { requestId, caller: null, contextIdentifier: tenant },
      { kind: "consent_refused", reason: why },
    );

  /** Stores a validated identity. The order is the promise: evidence first, then the deed. */
  const admit = async (
    found: Identity,
    asked: ContextId | null,
    requestId: string,
  ): Promise<Step<{ kind: "stored" }>> => {
    const { consent } = found;
    const tenant = consent.contextIdentifier;
    const stop = async (why: ConsentRefusal) => {
      await recordRefusal(why, tenant, requestId);
      return refused(why);
    };
    if (asked !== null && asked !== tenant) return stop("other_tenant");
    const now = clock.now();
    const until = found.usableUntil + CLAIM_MARGIN_MS;
    if (!await store.claim(found.tokenDigest, until, now)) return stop("already_used");
    const known = await parts.tenants.get(tenant);
    if (known !== null && known.serial !== consent.serial) return stop("serial_changed");
    // COMMIT POINT: a crash after this leaves a consent on record that is not stored. The
    // administrator sees an error and connects again; the older token, if any, still works.
    await parts.ledger.record({ requestId, caller: null, contextIdentifier: tenant }, {
      kind: "consent",
      serial: consent.serial,
      consented_by: consent.consentedBy,
      system_token_sha256: sha256Hex(consent.systemUserToken.reveal()),
    });
    const answer = await parts.tenants.put({ ...consent, consentedAt: now });
    if (answer.kind === "serial_conflict") return stop("serial_changed");
    // A tenant that was not known can have no ticket and no exchange under way.
    if (known !== null) await forgetTickets(tenant);
    return { kind: "stored" };
  };

  /** Tickets of the older token go, and so does a remembered refusal: the next request heals. */
  const forgetTickets = async (tenant: ContextId) => {
    parts.tickets.forget(tenant);
    try {
      await parts.ticketStore.invalidate(tenant, clock.now());
    } catch (error) {
      log.warn("consent.tickets_not_forgotten", { context_identifier: tenant, error });
    }
  };

  const complete = async (
    callback: Callback,
    browser: string | null,
    requestId: string,
  ): Promise<ConsentOutcome> => {
    const step = await identify(callback, browser);
    if (step.kind === "refused") return step;
    const { read, asked } = step;
    if (read.kind === "refused") {
      log.warn("consent.token_refused", { reason: read.reason, request_id: requestId });
      if (callback.kind !== "legacy") await recordRefusal(read.reason, null, requestId);
      return refused(read.reason === "system_token_missing" ? "no_system_token" : "not_accepted");
    }
    const admitted = await admit(read, asked, requestId);
    if (admitted.kind === "refused") return admitted;
    const { contextIdentifier, companyName } = read.consent;
    log.info("consent.stored", { context_identifier: contextIdentifier, request_id: requestId });
    const shownTo = browser ?? ids.next();
    try {
      const until = clock.now() + CONSENT_MS;
      await store.finish(sha256Hex(shownTo), { contextIdentifier, companyName }, until);
    } catch (error) {
      // The tenant is connected all the same; only the last page will not say which one.
      if (!(error instanceof PartFault)) throw error;
      log.warn("consent.not_shown", { reason: error.reason, request_id: requestId });
    }
    return { kind: "connected", browser: shownTo };
  };

  return {
    async begin(tenant, browser) {
      const bound = browser ?? ids.next();
      const state = ids.next();
      const pending = {
        nonce: ids.next(),
        codeVerifier: new Secret(ids.next()),
        browser: sha256Hex(bound),
        tenant,
      };
      try {
        const location = await identity.authorizeUrl({ ...pending, state });
        await store.begin(state, pending, clock.now() + CONSENT_MS);
        return { location, browser: bound };
      } catch (error) {
        if (!(error instanceof PartFault)) throw error;
        log.warn("consent.not_begun", { part: error.part, reason: error.reason });
        return "try_again";
      }
    },

    async complete(callback, browser, requestId) {
      try {
        const outcome = await complete(callback, browser, requestId);
        if (outcome.kind === "refused") {
          log.warn("consent.refused", { why: outcome.why, request_id: requestId });
        }
        return outcome;
      } catch (error) {
        if (!(error instanceof PartFault) && !(error instanceof LedgerFault)) throw error;
        log.warn("consent.fault", { error, request_id: requestId });
        return refused("try_again");
      }
    },

    async finished(browser) {
      try {
        return await store.finished(sha256Hex(browser), clock.now());
      } catch (error) {
        if (!(error instanceof PartFault)) throw error;
        return null;
      }
    },
  };
}
