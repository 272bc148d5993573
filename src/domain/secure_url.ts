/**
 * Addresses that something secret may be sent to or trusted from: https, or http on this very
 * machine. Refuses user names, passwords and every other scheme.
 */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** True for plain http that does not leave this machine. */
export function isPlainLoopback({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.test(hostname);
}

/** @returns the URL, or null unless it is https, or http to a loopback host, without credentials */
export function parseSecureUrl(text: unknown): URL | null {
  if (typeof text !== "string" || text.length > 2048 || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return null;
  return url.protocol === "https:" || isPlainLoopback(url) ? url : null;
}
