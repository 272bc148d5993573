/**
 * Which redirect URLs an app may use: those registered, to the letter; a registration that begins with
 * `^` is a pattern; loopback ones always.
 */

/** Whether `url` is registered or goes to this machine. */
export function isAcceptedRedirect(registered: readonly string[], url: string): boolean {
  return isLoopback(url) ||
    registered.some((entry) => entry.startsWith("^") ? new RegExp(entry).test(url) : entry === url);
}

function isLoopback(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, hash } = new URL(text);
  const isWeb = protocol === "http:" || protocol === "https:";
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return isWeb && isHere && hash === "";
}

/** An address, or a pattern that works. Throws when it is neither. */
export function requireRedirectUrl(url: string): string {
  const isUsable = url.startsWith("^") ? isPattern(url) : URL.canParse(url);
  if (!isUsable) throw new Error(`Cannot register ${url}: neither an absolute URL nor a pattern`);
  return url;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) !== undefined;
  } catch {
    return false;
  }
}
