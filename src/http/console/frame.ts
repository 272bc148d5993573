/**
 * The frame of the console's pages, and the pages that only say something. Plain HTML: no script, no
 * style of its own, nothing from elsewhere. Shows no credential.
 */

import { html } from "hono/html";
import type { Html } from "./words.ts";
import { pageHead } from "../page_head.ts";

/** Who looks, and at what. */
export interface View {
  readonly title: string;
  /** The caller's id; null where nobody is signed in. */
  readonly caller: string | null;
  /** Which of the pages it is, if it is one of them. */
  readonly path?: string;
  readonly requestId: string;
  /** Of what is shown. Milliseconds since the epoch. */
  readonly now?: number;
}

const PAGES = [
  ["/console", "Overview"],
  ["/console/entries", "Entries"],
  ["/console/tenants", "Tenants"],
] as const;

export function frame(view: View, body: Html): Html {
  const { title, caller, path, requestId, now } = view;
  return html`
    <!doctype html>
    <html lang="en">
      ${pageHead(`${title} – Box Office console`, "/console/style.css")}
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <div class="bar">
            <p class="brand">Box Office <span>console</span></p>
            ${caller === null ? "" : navigation(caller, path)}
          </div>
        </header>
        <main id="content" class="${caller === null ? "narrow" : ""}">
          <h1>${title}</h1>
          ${body}
        </main>
        <footer class="${caller === null ? "narrow" : ""}">
          <p>
            ${now === undefined ? "" : html`
              As of ${clockTime(now)}. All times are UTC.
            `}
            Reference of this answer: <code>${requestId}</code>
          </p>
        </footer>
      </body>
    </html>
  `;
}

function navigation(caller: string, path: string | undefined): Html {
  return html`
    <nav aria-label="Console">
      ${PAGES.map(([href, name]) =>
        html`<a href="${href}" ${href === path ? html`aria-current="page"` : ""}>${name}</a>`
      )}
    </nav>
    <form class="who" method="post" action="/console/sign-out">
      <span>Signed in as <strong>${caller}</strong></span>
      <button class="plain">Sign out</button>
    </form>
  `;
}

function clockTime(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace("T", " ");
}

/** One sentence, and where to go from there. */
export function wordPage(
  view: View,
  sentence: string,
  next: { readonly href: string; readonly name: string },
): Html {
  return frame(
    view,
    html`
      <div class="card">
        <p>${sentence}</p>
        <p><a class="button" href="${next.href}">${next.name}</a></p>
      </div>
    `,
  );
}
