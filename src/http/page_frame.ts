/**
 * The frame of the administrators' pages: whose application it is, where to ask, and the languages.
 * Plain HTML without scripts. Every address in it is ours or of the configuration; nothing that a browser
 * sent becomes one, but for a language, a tenant and a reference of known form.
 */

import { html } from "hono/html";
import type { AppProfile } from "../domain/app_profile.ts";
import type { ContextId } from "../domain/context_id.ts";
import { type Language, LANGUAGES } from "./language.ts";
import { pageHead } from "./page_head.ts";
import { type Names, WORDS, type Words } from "./words/words.ts";

/** A piece of a page. */
export type Html = ReturnType<typeof html>;

/** For whom a page is. */
export interface View {
  readonly language: Language;
  readonly words: Words;
  /** Somebody chose the language: it goes along to the next page. */
  readonly isChosen: boolean;
  readonly app: AppProfile;
  readonly requestId: string;
}

/** What one page adds to its frame. */
export interface Content {
  readonly title: string;
  readonly body: Html;
  readonly icon?: Html;
  /** Where the same page is in another language: our path, and what it needs besides the language. */
  readonly path: string;
  readonly fields?: Fields;
}

/** Names and values of an address or a form; null leaves one out. */
export type Fields = Readonly<Record<string, string | null>>;

/** A ticket: drawn in the page itself, because nothing may be loaded for it. */
const MARK = html`
  <svg class="mark" viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
    <path d="M3 5h18v4a3 3 0 0 0 0 6v4H3v-4a3 3 0 0 0 0-6zm6 3v8h2V8z" fill-rule="evenodd" />
  </svg>
`;

/** The whole page. */
export function frame(view: View, content: Content): Html {
  const { language, app } = view;
  const { title, body, icon = "" } = content;
  const owner = app.name ?? app.vendor ?? "Box Office";
  return html`
    <!doctype html>
    <html lang="${language}">
      ${pageHead(`${title} – ${owner}`, "/style.css", app.logo === null ? null : "/logo")}
      <body>
        <header>
          ${app.logo === null ? MARK : html`<img class="logo" src="/logo" alt="" height="40">`}
          <p><strong>${owner}</strong>${byVendor(view)}</p>
        </header>
        <main>
    ${icon}
    <h1>${title}</h1>
    ${body}
        </main>
        <footer>${addresses(view)}${languages(view, content)}</footer>
      </body>
    </html>
  `;
}

/** What the vendor calls things. */
export function namesOf({ app: { name, vendor } }: View): Names {
  return { app: name, vendor };
}

/** The one button: to SuperOffice, in the language that was chosen, for the tenant that was asked. */
export function connectForm(view: View, tenant: ContextId | null): Html {
  const fields = Object.entries(carried(view, { tenant }));
  return html`<form action="/consent" method="get">${
    fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  }<button>${view.words.connect}</button></form>`;
}

/** To the first page, in the language that was chosen. */
export function startLink(view: View): Html {
  return html`<p><a class="button" href="${pageAddress(view, "/")}">${view.words.start}</a></p>`;
}

/** @returns where a page of ours is, in the language that was chosen */
export function pageAddress(view: View, path: string): string {
  return address(path, carried(view));
}

/** @returns the fields that are there, and the language if it was chosen */
function carried(view: View, fields: Fields = {}): Record<string, string> {
  const all = { lang: view.isChosen ? view.language : null, ...fields };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => value === null ? [] : [[name, value]]),
  );
}

function address(path: string, fields: Record<string, string>): string {
  const query = new URLSearchParams(fields).toString();
  return query === "" ? path : `${path}?${query}`;
}

function byVendor({ app: { name, vendor }, words }: View): Html | string {
  return name === null || vendor === null ? "" : html`
    <span>${words.by(vendor)}</span>
  `;
}

function addresses({ app: { privacyUrl, supportUrl }, words }: View): Html | string {
  const links = ([[privacyUrl, words.privacy], [supportUrl, words.support]] as const).flatMap(
    ([url, text]) => url === null ? [] : [html`<li><a href="${url.href}">${text}</a></li>`],
  );
  return links.length === 0 ? "" : html`<ul>${links}</ul>`;
}

function languages(view: View, { path, fields }: Content): Html {
  return html`
    <nav aria-label="${view.words.language}">
      <ul>${LANGUAGES.map((language) => {
        const here = address(path, carried({ ...view, language, isChosen: true }, fields));
        const current = language === view.language
          ? html`
            aria-current="true"
          `
          : "";
        return html`<li><a href="${here}" lang="${language}" hreflang="${language}"${current}>${
          WORDS[language].name
        }</a></li>`;
      })}</ul>
    </nav>
  `;
}
