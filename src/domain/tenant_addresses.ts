/**
 * Where a tenant's web services are. SuperOffice gives one address or both, depending on the token's
 * age and kind; both lie below the same folder, so one leads to the other:
 *
 *     https://{host}/CustNNNNN/api/   https://{host}/CustNNNNN/Remote/Services88/
 */

export interface TenantAddresses {
  readonly webapiUrl: string;
  readonly netserverUrl: string;
}

const WEB_API = /^(.+\/)api\/$/i;
const NETSERVER = /^(.+\/)Remote\/Services\d+\/$/i;

/** @returns both addresses, or null if nothing is known that leads to them */
export function tenantAddresses(
  webapiUrl: string | null,
  netserverUrl: string | null,
): TenantAddresses | null {
  const base = WEB_API.exec(webapiUrl ?? "")?.[1] ?? NETSERVER.exec(netserverUrl ?? "")?.[1];
  const webapi = webapiUrl ?? (base === undefined ? null : `${base}api/`);
  const netserver = netserverUrl ?? (base === undefined ? null : `${base}Remote/Services88/`);
  return webapi === null || netserver === null
    ? null
    : { webapiUrl: webapi, netserverUrl: netserver };
}
