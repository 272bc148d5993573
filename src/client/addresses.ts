/** Where requests go. Nothing secret goes to an address that this page does not let through. */

import { TicketProblem } from "./problem.ts";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @returns the address, or null unless it is https, or http to this machine */
export function secureUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlainHere = url.protocol === "http:" && LOOPBACK.test(url.hostname);
  return url.protocol === "https:" || isPlainHere ? url : null;
}

/** @throws TypeError that does not repeat what it was given: it may be the wrong thing, a secret */
export function serviceUrl(text: string | URL): URL {
  const url = secureUrl(`${text}`);
  // Also without a user, a password, a path and a query.
  if (url === null || url.href !== `${url.origin}/`) {
    throw new TypeError("Cannot use the url: it must be an origin, https or http on this machine");
  }
  return url;
}

/**
 * Path of a tenant at the service, without a final slash.
 *
 * @throws TicketProblem `invalid_request`, as the service would say
 */
export function tenantPath(context: string): string {
  if (/^cust\d{1,15}$/i.test(context)) return `/v1/tenants/${context}`;
  throw new TicketProblem("invalid_request", "The context identifier is not of its form.");
}

/**
 * What the caller wants below a web API: judged before a ticket is asked for, and by the same rules for
 * direct and relayed calls.
 *
 * @returns path and query without a first slash
 * @throws TicketProblem `invalid_path`
 */
export function requirePath(path: string): string {
  const rest = `${path}`.replace(/^\//, "");
  const [plain = ""] = rest.split(/[?#]/, 1);
  if (/^(?:\/|[^/]*:)/.test(plain) || !isPlain(plain)) throw invalidPath();
  return rest;
}

/** @throws TicketProblem `invalid_path` for what leads elsewhere after all */
export function below(base: URL, rest: string): URL {
  const text = `${base.href}${rest}`;
  if (!URL.canParse(text)) throw invalidPath();
  const url = new URL(text);
  url.hash = "";
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) throw invalidPath();
  return url;
}

/** How often a path may be encoded on top of itself before it is refused unread. */
const MAX_LAYERS = 3;

/** Also with what some servers take off: blanks behind, parameters, wide dots and slashes. */
const CLIMBS = /(?:^|[/\\])\.[. ]*(?:;[^/\\]*)?(?:[/\\]|$)/;

/**
 * True if the path has no dot segment, backslash or control character, however often it is decoded:
 * servers decode a path once more than we do.
 */
function isPlain(path: string): boolean {
  let text = path;
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    if (CLIMBS.test(text.normalize("NFKC")) || /[\\\p{Cc}]/u.test(text)) return false;
    const decoded = decode(text);
    if (decoded === null) return false;
    if (decoded === text) return true;
    text = decoded;
  }
  return false;
}

/** Null if it is not UTF-8 in percent-encoding. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function invalidPath(): TicketProblem {
  return new TicketProblem("invalid_path", "The path is not below the tenant's web API.");
}
