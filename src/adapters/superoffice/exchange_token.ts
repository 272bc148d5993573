/**
 * Judges the JWT that an exchange returned: issued to the very tenant that was asked for, by the
 * serial number stored at consent. The vendor's own clients take the serial from the token itself,
 * which would accept any tenant's.
 */

import { ContextId } from "../../domain/context_id.ts";
import { Secret } from "../../domain/secret.ts";
import type { ExchangeAnswer } from "../../usecases/superoffice_ports.ts";
import { LEGACY_ISSUER, readAddress, readSerial } from "./identity_token.ts";
import type { TenantHosts } from "./tenant_hosts.ts";
import {
  type Claims,
  type FindKey,
  identityClaim,
  isFor,
  readToken,
  type TokenRefusal,
} from "./token_reading.ts";

export interface ExpectedTenant {
  readonly contextIdentifier: ContextId;
  /** As stored at consent. */
  readonly serial: string;
}

/**
 * Verifies an exchange token (docs.superoffice.com, "Validate security tokens": issuer
 * `SuperOffice AS`, audience `spn:` and serial).
 *
 * @param hosts where the tenant may be: other addresses are dropped
 * @param now milliseconds since the epoch
 * @returns issued, or unfit with one constant word
 * @throws PartFault when there are no keys to verify with
 */
export async function readExchangeToken(
  token: Secret,
  tenant: ExpectedTenant,
  findKey: FindKey,
  hosts: TenantHosts,
  now: number,
): Promise<ExchangeAnswer> {
  const read = await readToken(token.reveal(), findKey, now);
  if (read.kind === "refused") return { kind: "unfit", reason: read.reason };
  const { claims } = read;
  const reason = judgeClaims(claims, tenant);
  if (reason !== null) return { kind: "unfit", reason };
  return {
    kind: "issued",
    ticket: new Secret(identityClaim(claims, "ticket")!),
    webapiUrl: readAddress(claims, "webapi_url", hosts),
    netserverUrl: readAddress(claims, "netserver_url", hosts),
  };
}

function judgeClaims(claims: Claims, tenant: ExpectedTenant): TokenRefusal | null {
  if (claims.iss !== LEGACY_ISSUER) return "issuer";
  if (!isFor(claims, [`spn:${tenant.serial}`])) return "audience";
  if (readSerial(claims) !== tenant.serial) return "serial";
  if (ContextId.parse(identityClaim(claims, "ctx")) !== tenant.contextIdentifier) return "context";
  const ticket = identityClaim(claims, "ticket");
  return ticket !== null && isTicket(ticket) ? null : "ticket";
}

/** It becomes part of a header: printable ASCII without spaces. `7T:` marks a system user's. */
function isTicket(text: string): boolean {
  return text.length <= 4096 && /^7T:[\u0021-\u007e]+$/.test(text);
}
