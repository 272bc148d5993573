/**
 * The one cookie of the administrators' pages: it binds a browser to the consent that it began, and keeps
 * the language that was chosen there on the way through SuperOffice.
 */

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { CONSENT_MS } from "../usecases/consent.ts";
import { type Language, languageOf } from "./language.ts";

/** What a browser brings with its cookie. */
export interface Binding {
  /** Unguessable; null if there is no cookie of ours. */
  readonly browser: string | null;
  /** Null if none was chosen. */
  readonly language: Language | null;
}

/** Reads and sets it. */
export interface ConsentCookie {
  read(c: Context): Binding;
  write(c: Context, browser: string, language: Language | null): void;
}

/** @param publicUrl origin that browsers use: decides the cookie's name */
export function createConsentCookie(publicUrl: URL): ConsentCookie {
  const name = publicUrl.protocol === "https:" ? "__Host-box-office" : "box-office";
  return {
    read(c) {
      const [, browser = null, language] =
        /^([A-Za-z0-9_-]{43})(?:\.([a-z]{2}))?$/.exec(getCookie(c, name) ?? "") ?? [];
      return { browser, language: languageOf(language) };
    },
    // Lax would be dropped from SuperOffice's cross-site form post, so None; Chromium takes Secure
    // cookies from loopback over http too.
    write: (c, browser, language) =>
      setCookie(c, name, language === null ? browser : `${browser}.${language}`, {
        path: "/",
        httpOnly: true,
        secure: true,
        sameSite: "None",
        maxAge: CONSENT_MS / 1000,
      }),
  };
}
