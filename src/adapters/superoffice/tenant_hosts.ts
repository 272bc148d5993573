/**
 * Which addresses may be a tenant's web services: ticket and client secret are sent there, so that
 * neither an answer nor a claim may name any host it likes. What follows from the configured identity
 * origin decides, and nothing else. Refuses other ports, credentials, queries and fragments as well.
 */

import { isPlainLoopback, parseSecureUrl } from "../../domain/secure_url.ts";

export interface TenantHosts {
  /** @returns the address, or null if a ticket must not be sent there */
  parse(text: unknown): URL | null;
}

/** SuperOffice's own cloud: every tenant's host lies below (docs.superoffice.com, "Environments"). */
const CLOUD = "superoffice.com";

/**
 * - At SuperOffice: https, `superoffice.com` and what lies below.
 * - On this machine (the simulator, tests): whatever is secure. There is no tenant to be robbed.
 * - Elsewhere (a private cloud): https, the origin's own host and what lies below it.
 *
 * @param origin of the identity provider
 */
export function createTenantHosts(origin: URL): TenantHosts {
  const isTenantHost = isPlainLoopback(origin) ? () => true : hostRule(origin);
  return {
    parse(text) {
      const url = parseSecureUrl(text);
      if (url === null || url.search !== "" || url.hash !== "") return null;
      return isTenantHost(url) ? url : null;
    },
  };
}

function hostRule(origin: URL): (url: URL) => boolean {
  const { hostname, port } = origin;
  const domain = isWithinDomain(hostname, CLOUD) ? CLOUD : hostname;
  return (url) => {
    if (url.protocol !== "https:" || (url.port !== "" && url.port !== port)) return false;
    return isWithinDomain(url.hostname, domain);
  };
}

function isWithinDomain(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
