/**
 * Whether a request comes from a program on this machine or from the stand-in's own pages. Browsers let
 * any web page post to a loopback port, and a page's own host name may be made to point here: they say
 * so by `Origin`, `Sec-Fetch-Site` and `Host`. A program sends neither of the first two.
 */

/** For the levers: from here, and to here by a name of this machine. */
export function isOwnRequest(request: Request): boolean {
  return isOwnHost(request) && !isFromElsewhere(request);
}

/** Whether another page than the stand-in's own had the browser send this. */
export function isFromElsewhere(request: Request): boolean {
  const from = request.headers.get("origin");
  if (from !== null && from !== new URL(request.url).origin) return true;
  const site = request.headers.get("sec-fetch-site");
  return site !== null && site !== "same-origin" && site !== "none";
}

/** Whether a browser came by a foreign name. Programs may: a proxy before the stand-in has its own. */
export function isRebound(request: Request): boolean {
  return request.headers.has("sec-fetch-site") && !isOwnHost(request);
}

/** Whether `Host` is a name of this machine's own: enough for a page that others may link to. */
export function isOwnHost(request: Request): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(request.url).hostname);
}
