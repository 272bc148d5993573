/**
 * Whether a request comes from a program on this machine or from the stand-in's own page. Refuses other
 * web pages, which a browser would let post here, and names that point here from elsewhere.
 */

/** By `Host`, `Origin` and `Sec-Fetch-Site`; a program sends neither of the last two. */
export function isOwnRequest(request: Request): boolean {
  if (!isOwnHost(request)) return false;
  const from = request.headers.get("origin");
  if (from !== null && from !== new URL(request.url).origin) return false;
  const site = request.headers.get("sec-fetch-site");
  return site === null || site === "same-origin" || site === "none";
}

/** Whether `Host` is a name of this machine's own: enough for a page that others may link to. */
export function isOwnHost(request: Request): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(request.url).hostname);
}
