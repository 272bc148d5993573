/**
 * Which address below a tenant's web API a relayed request means. Whatever a caller writes, the result
 * lies below that API: other servers decode a path once more than we do, so no path is passed on that
 * could climb after that.
 */

/** How often a path may be encoded on top of itself before it is refused unread. */
const MAX_LAYERS = 3;

/** Also with what some servers take off: blanks behind, parameters, wide dots and slashes. */
const CLIMBS = /(?:^|[/\\])\.[. ]*(?:;[^/\\]*)?(?:[/\\]|$)/;

/**
 * True for a path that stays below any web API. Needs no ticket, so it can be asked before there is one.
 *
 * @param rest as of `relayTarget`
 */
export function isRelayable(rest: string): boolean {
  const [path = ""] = rest.split(/[?#]/, 1);
  return isPlain(path);
}

/**
 * @param webapiUrl with a final slash
 * @param rest what follows the API's own path in the caller's address, as sent: path and query
 * @returns null for a path that is not plainly below the API
 */
export function relayTarget(webapiUrl: string, rest: string): URL | null {
  if (!isRelayable(rest)) return null;
  const base = new URL(webapiUrl);
  const text = `${base.href}${rest}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  url.hash = "";
  return belowApi(webapiUrl, url) === null ? null : url;
}

/** @returns path and query of an address below the web API, or null if it is elsewhere */
export function belowApi(webapiUrl: string, url: URL): string | null {
  const base = new URL(webapiUrl);
  const isBelow = url.origin === base.origin && url.pathname.startsWith(base.pathname) &&
    url.username === "" && url.password === "";
  return isBelow ? url.pathname.slice(base.pathname.length) + url.search : null;
}

/** True if the path has no dot segment, backslash or control character, however often it is decoded. */
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
