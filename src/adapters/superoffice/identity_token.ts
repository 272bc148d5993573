/**
 * Judges the claims of a token whose signature and times are good: is it an identity token for this
 * application, and what did the administrator consent to. Every expected value comes from our own
 * configuration or the browser's pending consent, with one exception that is marked. Refuses a
 * token that lacks anything a stored tenant needs.
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { ContextId } from "../../domain/context_id.ts";
import { Secret } from "../../domain/secret.ts";
import { sha256Hex } from "../../domain/signed_text.ts";
import type { Identity } from "../../usecases/superoffice_ports.ts";
import type { TenantHosts } from "./tenant_hosts.ts";
import {
  type Claims,
  identityClaim,
  isFor,
  type Refused,
  refused,
  textClaim,
  type TokenReading,
} from "./token_reading.ts";

/** Issuer of legacy login tokens and of exchange tokens alike. */
export const LEGACY_ISSUER = "SuperOffice AS";

type Read = Extract<TokenReading, { readonly kind: "read" }>;

/** What every kind of identity token is held against. */
interface Expected {
  readonly clientId: string;
  readonly hosts: TenantHosts;
}

/**
 * Judges an OpenID Connect id_token (OpenID Connect Core 1.0, section 3.1.3.7). Exchange and legacy
 * tokens, signed by the same key, fail at the issuer.
 */
export function judgeIdToken(
  read: Read,
  expected: Expected & { readonly issuer: string; readonly nonce: string },
): Identity | Refused {
  const { claims } = read;
  if (claims.iss !== expected.issuer) return refused("issuer");
  if (!isFor(claims, [expected.clientId])) return refused("audience");
  if (!isSame(textClaim(claims, "nonce"), expected.nonce)) return refused("nonce");
  return readIdentity(read, true, expected.hosts);
}

/**
 * Judges the token of the legacy login, which has no nonce. Sources disagree on its audience: the
 * application (`spn:` or not) or, as in exchange tokens, `spn:` and the tenant's serial number. The
 * last is accepted too, although the serial is then the token's own and the audience proves nothing
 * about us: such a token differs from an exchange token only in its `system_token`, which exchange
 * tokens never carry and which is required here. A token of another application passes this far,
 * which `namesUs` tells; it cannot yield a ticket, because SuperOffice refuses its system user token with
 * our secret.
 */
export function judgeLegacyToken(read: Read, { clientId, hosts }: Expected): Identity | Refused {
  const { claims } = read;
  if (claims.iss !== LEGACY_ISSUER) return refused("issuer");
  const serial = readSerial(claims);
  const tenantOnly = serial === null ? [] : [`spn:${serial}`];
  if (!isFor(claims, [clientId, `spn:${clientId}`, ...tenantOnly])) return refused("audience");
  return readIdentity(read, !isFor(claims, tenantOnly), hosts);
}

/** @returns the database serial number: 1 to 20 digits as a string, else null */
export function readSerial(claims: Claims): string | null {
  const serial = identityClaim(claims, "serial");
  return serial !== null && /^\d{1,20}$/.test(serial) ? serial : null;
}

/**
 * @returns a claim as an address with a final slash, or null: absent, or where no tenant can be. An
 * address is a hint, so a bad one is dropped and refuses nothing.
 */
export function readAddress(claims: Claims, name: string, hosts: TenantHosts): string | null {
  const url = hosts.parse(identityClaim(claims, name));
  if (url === null) return null;
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function readIdentity(read: Read, namesUs: boolean, hosts: TenantHosts): Identity | Refused {
  const { claims } = read;
  const contextIdentifier = ContextId.parse(identityClaim(claims, "ctx"));
  if (contextIdentifier === null) return refused("context");
  const serial = readSerial(claims);
  if (serial === null) return refused("serial");
  const systemUserToken = identityClaim(claims, "system_token");
  if (systemUserToken === null || !isShortText(systemUserToken, 512)) {
    return refused("system_token_missing");
  }
  // A name is for people and decides nothing: without one the identifier has to do.
  const companyName = identityClaim(claims, "company_name") ?? contextIdentifier;
  if (!isShortText(companyName, 256)) return refused("company");
  const consentedBy = identityClaim(claims, "upn") ?? textClaim(claims, "sub") ??
    identityClaim(claims, "email");
  if (consentedBy === null || !isShortText(consentedBy, 320)) return refused("approver");
  return {
    kind: "identity",
    namesUs,
    consent: {
      contextIdentifier,
      companyName,
      consentedBy,
      serial,
      systemUserToken: new Secret(systemUserToken),
      webapiUrl: readAddress(claims, "webapi_url", hosts),
      netserverUrl: readAddress(claims, "netserver_url", hosts),
    },
    tokenDigest: read.digest,
    usableUntil: read.usableUntil,
  };
}

function isShortText(text: string, maxLength: number): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what this looks for
  return text.length <= maxLength && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}

/** Compares digests, so that neither length nor content shows in the time. */
function isSame(actual: string | null, expected: string): boolean {
  if (actual === null) return false;
  return timingSafeEqual(Buffer.from(sha256Hex(actual)), Buffer.from(sha256Hex(expected)));
}
