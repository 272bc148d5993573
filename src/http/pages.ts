/**
 * What a tenant administrator sees. Plain HTML without scripts; each refusal is one sentence that
 * says what to do. Shows no token, no claim that was not accepted, no stack.
 */

import { html } from "hono/html";
import type { ConsentRefusal } from "../usecases/consent_refusal.ts";
import type { FinishedConsent } from "../usecases/ports.ts";
import { pageHead } from "./page_head.ts";

type Html = ReturnType<typeof html>;

/** A ticket: drawn in the page itself, because nothing may be loaded for it. */
const MARK = html`
  <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <path d="M3 5h18v4a3 3 0 0 0 0 6v4H3v-4a3 3 0 0 0 0-6zm6 3v8h2V8z" fill-rule="evenodd" />
  </svg>
`;

const CHECK = html`
  <svg class="check" viewBox="0 0 24 24" width="40" height="40" aria-hidden="true">
    <path
      d="M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22zm-1.6 16L5.6 12.2l1.9-1.9 2.9 2.9 6.1-6.1L18.4 9z"
      fill-rule="evenodd" />
  </svg>
`;

function page(title: string, body: Html, icon: Html | string = ""): Html {
  return html`
    <!doctype html>
    <html lang="en">
      ${pageHead(`${title} – Box Office`, "/style.css")}
      <body>
        <header>${MARK} Box Office</header>
        <main>
    ${icon}
    <h1>${title}</h1>
    ${body}
        </main>
      </body>
    </html>
  `;
}

const CONNECT =
  html`<form action="/consent" method="get"><button>Connect SuperOffice</button></form>`;

const START = html`<p><a class="button" href="/">Go to the start page</a></p>`;

/** What the app asks for, and the one button. */
export function landingPage(): Html {
  return page(
    "Connect your SuperOffice",
    html`
      <p>With your approval, this application can work in your SuperOffice CRM Online as its own
      <em>system user</em>, also when nobody is signed in. You approve once.</p>
      ${CONNECT}
      <h2>What happens next</h2>
      <ol>
        <li>You sign in at SuperOffice. Your password never reaches us.</li>
        <li>SuperOffice asks whether you approve this application.</li>
        <li>You come back here and see what is connected.</li>
      </ol>
      <h2>Good to know</h2>
      <ul>
        <li>You need the function right <em>General administrator</em> or
        <em>User administrator</em> in SuperOffice.</li>
        <li>We keep your company’s name, its tenant identifier and serial number, your user name, and
        a token for the system user. The token is stored encrypted.</li>
        <li>Each time the token is signed to get access, a ledger records it first.</li>
      </ul>
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
      <p>There is nothing more to do, and you can close this page. The application can now work in this
      tenant as its system user.</p>
      <p class="small">Not the tenant you meant, or you want to end this later? Uninstall the application
      in the SuperOffice App Store, under <em>Installed apps</em>.</p>
    `,
    CHECK,
  );
}

/** For a browser that has nothing to be shown. */
export function nothingPage(): Html {
  return page(
    "Nothing to show",
    html`<p>This browser has not connected a SuperOffice in the last ten minutes. A connection that
was made earlier still works.</p>
${START}`,
  );
}

/** What a refused person can press: connect again, go to the start page, or nothing that would help. */
type Next = "connect" | "start" | "none";

const REFUSALS: Readonly<
  Record<
    ConsentRefusal | "not_found",
    readonly [status: number, title: string, todo: string, next: Next]
  >
> = {
  not_understood: [
    400,
    "That did not work",
    "What came back from SuperOffice was not understood: please connect again from the start.",
    "connect",
  ],
  link_expired: [
    400,
    "This attempt is over",
    "A connection must be finished within ten minutes and works only once: please connect again.",
    "connect",
  ],
  other_browser: [
    403,
    "This is another browser",
    "A connection must be finished in the browser that began it, with cookies allowed: please " +
    "connect again here.",
    "connect",
  ],
  declined: [
    403,
    "Nothing was approved",
    "SuperOffice reports that the approval was not given: connect again if you want to give it.",
    "connect",
  ],
  not_accepted: [
    400,
    "The sign-in could not be verified",
    "What came back did not pass our checks and nothing was stored: please connect again.",
    "connect",
  ],
  no_system_token: [
    403,
    "An administrator has to approve",
    "SuperOffice gave no system user access for this sign-in: please ask an administrator of your " +
    "SuperOffice to connect.",
    "start",
  ],
  already_used: [
    409,
    "Already used",
    "This sign-in was used before and nothing was changed: please connect again.",
    "connect",
  ],
  serial_changed: [
    409,
    "This tenant looks different",
    "The database serial number is not the one we know for this tenant, so nothing was changed: " +
    "please contact whoever gave you this application.",
    "none",
  ],
  other_tenant: [
    409,
    "That was another tenant",
    "You signed in to a different tenant than the one you were asked to connect, so nothing was " +
    "stored: please open the link that you were given again and choose the right tenant.",
    "none",
  ],
  legacy_off: [
    403,
    "This way is closed",
    "This application is connected from its own page: please connect from there.",
    "start",
  ],
  // Says nothing of what was stored: the fault may have come after the deed.
  try_again: [
    503,
    "Please try again in a minute",
    "Something that we need does not answer at the moment: please connect again shortly.",
    "connect",
  ],
  not_found: [404, "There is nothing here", "Please begin at the start page.", "start"],
};

const NEXT: Readonly<Record<Next, Html | string>> = { connect: CONNECT, start: START, none: "" };

/**
 * The page for a refused consent.
 *
 * @param requestId shown, so that somebody can be asked about it
 * @returns it and its status
 */
export function refusalPage(
  why: ConsentRefusal | "not_found",
  requestId: string,
): { status: number; page: Html } {
  const [status, title, todo, next] = REFUSALS[why];
  const body = html`<p>${todo}</p>
${NEXT[next]}
<p class="small reference">If you need help, quote this reference: <code>${requestId}</code></p>`;
  return { status, page: page(title, body) };
}
