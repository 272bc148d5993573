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
