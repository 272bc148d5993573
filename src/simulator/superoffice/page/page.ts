/**
 * The page on the simulator's root: what a developer keeps open beside the editor. Plain HTML with a
 * form for every lever; a small script keeps it fresh. Shows the apps' secrets, as the Developer Portal
 * does, and no token, ticket or signature.
 */
import { html, raw } from "hono/html";
import { appsPart } from "./apps.ts";
import { exchangesPart, pushesPart } from "./exchanges.ts";
import { faultsPart } from "./faults.ts";
import { kmsPart } from "./kms.ts";
import { type Html, type PageSource, part } from "./part.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { tenantsPart } from "./tenants.ts";

/** What became of the last press of a button. */
export interface Notice {
  readonly text: string;
  readonly isFailure: boolean;
}

/** The whole page. */
export function rootPage(source: PageSource, notice?: Notice): Html {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>SuperOffice simulator</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <h1>SuperOffice simulator</h1>
          <p id="live" role="status"></p>
          <noscript><p><a href="/">Refresh</a></p></noscript>
        </header>
        <main>
    ${noticePart(notice)}
    <div class="columns">
      <div class="wide">
    ${exchangesPart(source)}
    ${tenantsPart(source)}
    ${pushesPart(source)}
      </div>
      <div class="narrow">
    ${addressesPart(source)}
    ${faultsPart(source)}
    ${kmsPart(source)}
    ${appsPart(source)}
      </div>
    </div>
        </main>
        ${raw(`<script>${SCRIPT}</script>`)}
      </body>
    </html>
  `;
}

function noticePart(notice: Notice | undefined): Html {
  const kind = notice === undefined ? "" : notice.isFailure ? "failed" : "done";
  return html`<div id="notice" role="status" class="${kind}">${
    notice === undefined ? "" : html`<p>${notice.text}</p>`
  }</div>`;
}

function addressesPart({ world, kmsUrl }: PageSource): Html {
  const { url, tenantUrls: [first, second] } = world;
  const rows = [
    ["Log-in", url],
    ["Tenants", first],
    ["Tenants, moved", second],
    ...(kmsUrl === undefined ? [] : [["Cloud KMS", kmsUrl]]),
    ["Discovery", `${url}/login/.well-known/openid-configuration`],
  ];
  return part(
    "addresses",
    "Addresses",
    html`
      <dl>
        ${rows.map(([name, address]) =>
          html`
            <dt>${name}</dt>
            <dd><code>${address}</code></dd>
          `
        )}
        <dt>Control API</dt>
        <dd><a href="/_control"><code>/_control</code></a></dd>
      </dl>
    `,
  );
}
