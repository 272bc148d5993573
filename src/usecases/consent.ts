/**
 * A tenant administrator's consent: sends the browser to SuperOffice, takes it back, and stores the
 * tenant. Nothing is stored unless every check passed; a state and a token work once. Holds nothing
 * in this process, so any instance may finish what another began.
 */

import type { ContextId } from "../domain/context_id.ts";
import { PartFault } from "../domain/part_fault.ts";
import { Secret } from "../domain/secret.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import { type AdmissionParts, createAdmission } from "./consent_admission.ts";
import { type ConsentRefusal, refused, type Step } from "./consent_refusal.ts";
import { LedgerFault } from "./ledger.ts";
import type { FinishedConsent, PendingConsent } from "./consent_ports.ts";
import type { Ids } from "./ports.ts";
import type { Identity, IdentityProvider, IdentityRefusal } from "./superoffice_ports.ts";

interface Connected {
  readonly kind: "connected";
  /** The value of its binding cookie. */
  readonly browser: string;
}

export type ConsentOutcome =
  | Connected
  | {
    readonly kind: "refused";
    readonly why: ConsentRefusal;
    /** The tenant that should be connected, where the attempt is known and one was named. */
    readonly asked: ContextId | null;
  };

/** What a browser brought back, already of its form. */
export type Callback =
  | { readonly kind: "code"; readonly state: string; readonly code: Secret }
  | { readonly kind: "id_token"; readonly state: string; readonly token: Secret }
  | { readonly kind: "legacy"; readonly token: Secret }
  | { readonly kind: "error"; readonly state: string };

/** What a browser connected, as it is shown. */
export interface ConnectedTenant extends FinishedConsent {
  readonly companyName: string;
}

export interface Consents {
  /** @returns where to send the browser and the value of its binding cookie, or why not */
  begin(
    tenant: ContextId | null,
    browser: string | null,
  ): Promise<{ readonly location: URL; readonly browser: string } | "try_again">;
  complete(callback: Callback, browser: string | null, requestId: string): Promise<ConsentOutcome>;
  /** What this browser connected a moment ago. */
  finished(browser: string): Promise<ConnectedTenant | null>;
}

export interface ConsentsParts extends AdmissionParts {
  readonly identity: IdentityProvider;
  readonly ids: Ids;
  readonly legacyLogin: boolean;
}

/** How long a begun consent may take, and how long its result can be shown. */
export const CONSENT_MS = 10 * 60_000;

/**
 * Refusals of what anybody can make up. They go to the log only: the ledger is kept for ever, and
 * strangers must not be able to fill it.
 */
const UNPROVEN: ReadonlySet<string> = new Set([
  "too_large",
  "malformed",
  "algorithm",
  "critical_header",
  "unknown_key",
  "signature",
  "code_refused",
  "client_refused",
]);

/** What a callback brought: an identity or why there is none, and the token that said so. */
interface Read {
  readonly kind: "read";
  readonly read: Identity | IdentityRefusal;
  /** Null if a code brought none. */
  readonly token: Secret | null;
}

export function createConsents(parts: ConsentsParts): Consents {
  const { identity, tenants, store, clock, ids, log } = parts;
  const complete = createCompleting(parts);

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
        const now = clock.now();
        await store.begin(state, pending, now + CONSENT_MS, now);
        return { location, browser: bound };
      } catch (error) {
        if (!(error instanceof PartFault)) throw error;
        log.warn("consent.not_begun", { part: error.part, reason: error.reason });
        return "try_again";
      }
    },

    async complete(callback, browser, requestId) {
      let asked: ContextId | null = null;
      try {
        const pending = callback.kind === "legacy"
          ? null
          : await store.take(callback.state, clock.now());
        asked = pending?.tenant ?? null;
        const ended = await complete(callback, pending, browser, requestId);
        if (ended.kind === "connected") return ended;
        log.warn("consent.refused", { why: ended.why, request_id: requestId });
        return { ...ended, asked };
      } catch (error) {
        if (!(error instanceof PartFault) && !(error instanceof LedgerFault)) throw error;
        log.warn("consent.fault", { error, request_id: requestId });
        return { ...refused("try_again"), asked };
      }
    },

    async finished(browser) {
      try {
        const finished = await store.finished(sha256Hex(browser), clock.now());
        const tenant = finished === null ? null : await tenants.get(finished.contextIdentifier);
        // It may be removed again.
        if (finished === null || tenant === null) return null;
        return { ...finished, companyName: tenant.companyName };
      } catch (error) {
        if (!(error instanceof PartFault)) throw error;
        return null;
      }
    },
  };
}

/** Identity from the callback, if it belongs to what was begun in this browser. */
function createIdentifying({ identity, clock, legacyLogin }: ConsentsParts) {
  return async (
    callback: Callback,
    pending: PendingConsent | null,
    browser: string | null,
  ): Promise<Step<Read>> => {
    if (callback.kind === "legacy") {
      if (!legacyLogin) return refused("legacy_off");
      const { token } = callback;
      return { kind: "read", read: await identity.readLegacyToken(token, clock.now()), token };
    }
    if (pending === null) return refused("link_expired");
    if (browser === null || sha256Hex(browser) !== pending.browser) return refused("other_browser");
    if (callback.kind === "error") return refused("declined");
    const token: Secret | IdentityRefusal = callback.kind === "id_token"
      ? callback.token
      : await identity.redeem(callback.code, pending.codeVerifier);
    if (token instanceof Secret) {
      const read = await identity.readIdToken(token, pending.nonce, clock.now());
      return { kind: "read", read, token };
    }
    return { kind: "read", read: token, token: null };
  };
}

/** From the callback to the stored tenant. */
function createCompleting(parts: ConsentsParts) {
  const { store, clock, ids, log } = parts;
  const identify = createIdentifying(parts);
  const admission = createAdmission(parts);

  /** @returns the browser that it is shown to */
  const show = async (
    finished: FinishedConsent,
    browser: string | null,
    requestId: string,
  ): Promise<string> => {
    const shownTo = browser ?? ids.next();
    try {
      const now = clock.now();
      await store.finish(sha256Hex(shownTo), finished, now + CONSENT_MS, now);
    } catch (error) {
      // The tenant is connected all the same; only the last page will not say which one.
      if (!(error instanceof PartFault)) throw error;
      log.warn("consent.not_shown", { reason: error.reason, request_id: requestId });
    }
    return shownTo;
  };

  return async (
    callback: Callback,
    pending: PendingConsent | null,
    browser: string | null,
    requestId: string,
  ): Promise<Step<Connected>> => {
    const step = await identify(callback, pending, browser);
    if (step.kind === "refused") return step;
    const { read, token } = step;
    if (read.kind === "refused") {
      log.warn("consent.token_refused", { reason: read.reason, request_id: requestId });
      if (token !== null && !UNPROVEN.has(read.reason)) {
        await admission.recordRefusal(read.reason, sha256Hex(token.reveal()), null, requestId);
      }
      return refused(read.reason === "system_token_missing" ? "no_system_token" : "not_accepted");
    }
    const admitted = await admission.admit(read, pending?.tenant ?? null, requestId);
    if (admitted.kind === "refused") return admitted;
    const { contextIdentifier } = read.consent;
    log.info("consent.stored", { context_identifier: contextIdentifier, request_id: requestId });
    const { isRenewed } = admitted;
    const finished = { contextIdentifier, isRenewed };
    return { kind: "connected", browser: await show(finished, browser, requestId) };
  };
}
