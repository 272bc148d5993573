/**
 * Where one SuperOffice environment answers. Everything hangs on the environment's identity origin;
 * tenants' own hosts are never derived, they come from the state endpoint, within what the origin allows.
 */

import type { ContextId } from "../../domain/context_id.ts";
import { parseSecureUrl } from "../../domain/secure_url.ts";
import { createTenantHosts, type TenantHosts } from "./tenant_hosts.ts";

export interface Endpoints {
  /** Origin without a path or final slash: what `iss` of an id_token must be, exactly. */
  readonly issuer: string;
  readonly discovery: URL;
  readonly restExchange: URL;
  readonly soapExchange: URL;
  state(tenant: ContextId): URL;
  /** Where tenants' web services may be. */
  readonly tenantHosts: TenantHosts;
}

/**
 * Derives the addresses. The issuer has no path although discovery lies under `/login`
 * (docs.superoffice.com, "OpenID Connect": issuer and discovery base differ).
 *
 * @throws RangeError if the origin is not https (http for loopback), or is more than an origin
 */
export function createEndpoints(origin: URL): Endpoints {
  const url = parseSecureUrl(origin.href);
  if (url === null || url.href !== `${url.origin}/`) {
    throw new RangeError("Cannot use the SuperOffice origin: it is no https origin without a path");
  }
  return {
    issuer: url.origin,
    discovery: new URL("/login/.well-known/openid-configuration", url),
    restExchange: new URL("/Login/api/PartnerSystemUser/Authenticate", url),
    soapExchange: new URL("/login/services/PartnerSystemUserService.svc", url),
    state: (tenant) => new URL(`/api/state/${tenant}`, url),
    tenantHosts: createTenantHosts(url),
  };
}
