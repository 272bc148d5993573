/**
 * What the use cases need from SuperOffice, as promises: exchange, tenant state, identity provider.
 * The rules are those of `ports.ts`.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Secret } from "../domain/secret.ts";
import type { Consent } from "../domain/tenant.ts";

/** What SuperOffice answered to a signed system user token. */
export type ExchangeAnswer =
  | {
    readonly kind: "issued";
    readonly ticket: Secret;
    readonly webapiUrl: string | null;
    readonly netserverUrl: string | null;
  }
  /** SuperOffice says no to this signed token. It does not say why. */
  | { readonly kind: "refused" }
  /** SuperOffice answered with something that is no ticket, or one that fails a check. */
  | { readonly kind: "unfit"; readonly reason: string };

/** The exchange. Silence and network faults are throws (`PartFault` of `superoffice`). */
export interface Exchange {
  /**
   * Fetches what judging an answer needs, if it is not at hand: no signature should be spent on an
   * answer that nobody could judge. @throws PartFault when it cannot be had
   */
  prepare(): Promise<void>;
  exchange(
    signedSystemToken: Secret,
    tenant: { readonly contextIdentifier: ContextId; readonly serial: string },
    signal?: AbortSignal,
  ): Promise<ExchangeAnswer>;
}

/** A tenant's state as SuperOffice publishes it. */
export interface TenantState {
  readonly state: string;
  readonly isRunning: boolean;
  /** With a final slash. Null if SuperOffice gave none. */
  readonly webapiUrl: string | null;
  readonly netserverUrl: string | null;
  /** SuperOffice's `ValidUntil`: asking earlier is pointless. Milliseconds; null if it does not say. */
  readonly validUntil: number | null;
}

/** Tenant state endpoint. Null if SuperOffice gives no usable answer: callers go on without. */
export interface TenantStates {
  read(tenant: ContextId, signal?: AbortSignal): Promise<TenantState | null>;
}

/** Where an administrator's browser is sent. */
export interface AuthorizeRequest {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: Secret;
  readonly tenant: ContextId | null;
}

/** Why an identity token or code is not accepted: one constant word, for log and ledger. */
export type IdentityRefusal = {
  readonly kind: "refused";
  readonly reason: string;
};

/** A validated identity. */
export interface Identity {
  readonly kind: "identity";
  /** False for a legacy token whose audience is the tenant only: it may be another application's. */
  readonly namesUs: boolean;
  readonly consent: Omit<Consent, "consentedAt">;
  /** Digest of the signed part of the token, for one-time use. */
  readonly tokenDigest: string;
  /** After this instant the token is refused by its times anyway. */
  readonly usableUntil: number;
}

/**
 * SuperOffice's identity provider. `readIdToken` makes every check (signature by the configured
 * environment's keys, RS256 only, issuer, audience, times, nonce, context, serial, system token);
 * none of the expected values comes from the token itself. The legacy token has no nonce and may
 * name only the tenant as its audience, so it proves less and stands behind a switch. A refusal is a value; an identity
 * provider that cannot be reached is a `PartFault`.
 */
export interface IdentityProvider {
  authorizeUrl(request: AuthorizeRequest): Promise<URL>;
  /**
   * Redeems a code. Its refusal is `client_refused` where it is the client secret that is refused.
   *
   * @returns the id token, not yet checked
   */
  redeem(code: Secret, codeVerifier: Secret): Promise<Secret | IdentityRefusal>;
  /** @param nonce the nonce that must be in the token */
  readIdToken(token: Secret, nonce: string, now: number): Promise<Identity | IdentityRefusal>;
  /** The legacy login's token: issuer `SuperOffice AS`, no nonce. */
  readLegacyToken(token: Secret, now: number): Promise<Identity | IdentityRefusal>;
}

/** What SuperOffice says happened to a tenant. Its number for it, where we have no word for that. */
export type StateChangeType =
  | "Upgrade"
  | "BackupRestored"
  | "Suspend"
  | "Resume"
  | "Delete"
  | "Move"
  | `ChangeType${number}`;

/** A push that is proven to be SuperOffice's. */
export interface StateChange {
  readonly kind: "state_change";
  readonly type: StateChangeType;
  readonly contextIdentifier: ContextId;
  /** Digest of the signed part of its token, for one-time use. */
  readonly tokenDigest: string;
  /** After this instant the token is refused by its times anyway. */
  readonly usableUntil: number;
}

/** The push of customer state changes. A refusal is a value; keys that cannot be had are a `PartFault`. */
export interface StateChangeReader {
  /** @param body the push's JSON as it came */
  read(body: string, now: number): Promise<StateChange | IdentityRefusal>;
}

/** All of a body, which can be sent again; a stream of it, which cannot; or none. */
export type RelayBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

/** What is sent to a tenant's web API. Only headers that the transport knows to be harmless go out. */
export interface RelayCall {
  readonly method: string;
  readonly headers: Headers;
  readonly body: RelayBody;
  /** The caller has gone. */
  readonly signal: AbortSignal;
}

/** The answer, its body still to be read. No header of it is about credentials or the connection. */
export interface RelayAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Lets go of a body that nobody wants. */
  cancel(): Promise<void>;
}

/**
 * A tenant's web API, with the ticket and the app's secret. Redirects are answers. Throws `PartFault`
 * when there is no answer.
 */
export interface RelayTransport {
  send(target: URL, ticket: Secret, call: RelayCall): Promise<RelayAnswer>;
}
