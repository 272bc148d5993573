/**
 * What a tenant administrator sees. Plain HTML without scripts; each refusal is one sentence that
 * says what to do. Shows no token, no claim that was not accepted, no stack.
 */

import { html } from "hono/html";
import type { ConsentRefusal } from "../usecases/consent.ts";
import type { FinishedConsent } from "../usecases/ports.ts";

type Html = ReturnType<typeof html>;

function page(title: string, body: Html): Html {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title} – Box Office</title>
        <link rel="stylesheet" href="/style.css">
      </head>
      <body>
        <main>
    <p class="brand">Box Office</p>
    <h1>${title}</h1>
    ${body}
        </main>
      </body>
    </html>
  `;
}

const CONNECT =
  html`<form action="/consent" method="get"><button>Connect SuperOffice</button></form>`;

/** What the app asks for, and the one button. */
export function landingPage(): Html {
  return page(
    "Connect your SuperOffice",
    html`
      <p>An administrator of your SuperOffice CRM Online approves this application once. It may then
      work in your SuperOffice as its own <em>system user</em>, without anybody signing in.</p>
      <ul>
        <li>You sign in at SuperOffice, not here. Your password never reaches us.</li>
        <li>You see what you approve before you approve it.</li>
        <li>Every use of the approval is written to a signed ledger.</li>
        <li>You can withdraw it in SuperOffice at any time.</li>
      </ul>
      ${CONNECT}
    `,
  );
}

/** Which tenant is connected, and what happens next. */
export function connectedPage(finished: FinishedConsent): Html {
  return page(
    "Your SuperOffice is connected",
    html`
      <dl>
        <dt>Company</dt>
        <dd>${finished.companyName}</dd>
        <dt>Tenant</dt>
        <dd>${finished.contextIdentifier}</dd>
      </dl>
      <p>There is nothing more to do. The application can now work in this tenant as its system user; you
      may close this page.</p>
      <p class="small">To withdraw the approval, uninstall the application in SuperOffice.</p>
    `,
  );
}

/** For a browser that has nothing to be shown. */
export function nothingPage(): Html {
  return page(
    "Nothing to show",
    html`<p>This browser has not connected a SuperOffice in the last ten minutes. A connection that
was made earlier still works.</p>
${CONNECT}`,
  );
}

/** What the server says when something is not the browser's fault. */
export const SERVER_FAULT = "try_again" satisfies ConsentRefusal;

const REFUSALS: Readonly<
  Record<ConsentRefusal | "not_found", readonly [status: number, title: string, todo: string]>
> = {
  not_understood: [
    400,
    "That did not work",
    "What came back from SuperOffice was not understood: please connect again from the start.",
  ],
  link_expired: [
    400,
    "This attempt is over",
    "A connection must be finished within ten minutes and works only once: please connect again.",
  ],
  other_browser: [
    403,
    "This is another browser",
    "A connection must be finished in the browser that began it: please connect again here.",
  ],
  declined: [
    403,
    "Nothing was approved",
    "SuperOffice reports that the approval was not given: connect again if you want to give it.",
  ],
  not_accepted: [
    400,
    "The sign-in could not be verified",
    "What came back did not pass our checks and nothing was stored: please connect again.",
  ],
  no_system_token: [
    403,
    "An administrator has to approve",
    "SuperOffice gave no system user access for this sign-in: please ask an administrator of your " +
    "SuperOffice to connect.",
  ],
  already_used: [
    409,
    "Already used",
    "This sign-in was used before and nothing was changed: please connect again.",
  ],
  serial_changed: [
    409,
    "This tenant looks different",
    "The database serial number is not the one we know for this tenant, so nothing was changed: " +
    "please contact the application's vendor.",
  ],
  other_tenant: [
    409,
    "That was another tenant",
    "You approved a different tenant than the one you were asked to connect: please connect again " +
    "and choose the right one.",
  ],
  legacy_off: [
    403,
    "This way is closed",
    "This application is connected from its own page: please connect from there.",
  ],
  try_again: [
    503,
    "Please try again in a minute",
    "A part that we need is not available and nothing was changed: please connect again shortly.",
  ],
  not_found: [404, "There is nothing here", "Please begin at the start page."],
};

/** @returns the page for a refused consent and its status */
export function refusalPage(why: ConsentRefusal | "not_found"): { status: number; page: Html } {
  const [status, title, todo] = REFUSALS[why];
  return { status, page: page(title, html`<p>${todo}</p>\n${CONNECT}`) };
}
