/**
 * The console's cookie and its forms: how a session comes and goes with a browser, and what a form must
 * be. A form of another site, of another kind, or with a field twice is refused.
 */

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { Secret } from "../../domain/secret.ts";
import type { Session } from "../../usecases/console_sessions.ts";

export interface SessionCookie {
  /** @returns what the browser brought, or null */
  read(c: Context): string | null;
  write(c: Context, session: Pick<Session, "sealed" | "seconds">): void;
  clear(c: Context): void;
}

/** @param publicUrl origin that browsers use: decides name and path */
export function createSessionCookie(publicUrl: URL): SessionCookie {
  // Browsers give the prefix to cookies of the whole host only (RFC 6265bis, section 4.1.3.2).
  const [name, path] = publicUrl.protocol === "https:"
    ? ["__Host-box-office-console", "/"]
    : ["box-office-console", "/console"];
  const set = (c: Context, value: string, maxAge: number) =>
    // Chromium takes Secure cookies from loopback over http too.
    setCookie(c, name!, value, {
      path: path!,
      httpOnly: true,
      secure: true,
      sameSite: "Strict",
      maxAge,
    });
  return {
    read: (c) => getCookie(c, name!) || null,
    write: (c, { sealed, seconds }) => set(c, sealed, seconds),
    clear: (c) => set(c, "", 0),
  };
}

const FORM = "application/x-www-form-urlencoded";

/**
 * True for a form that one of our own pages sent. Browsers say so in `Sec-Fetch-Site`, and older ones in
 * `Origin`; a request that says neither comes from no page.
 */
export function isOwnForm(c: Context, publicUrl: URL): boolean {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== FORM) return false;
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  return c.req.header("origin") === publicUrl.origin;
}

/** @returns the one credential of a form, or null */
export async function readCredential(c: Context): Promise<Secret | null> {
  const [value, ...others] = new URLSearchParams(await c.req.text()).getAll("credential");
  const text = value?.trim() ?? "";
  return text === "" || others.length > 0 ? null : new Secret(text);
}
