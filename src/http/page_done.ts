/** How a consent ended well: which tenant is connected, or that there is nothing to say about one. */

import { html } from "hono/html";
import type { ConnectedTenant } from "../usecases/consent.ts";
import { frame, type Html, namesOf, startLink, type View } from "./page_frame.ts";

const CHECK = html`
  <svg class="check" viewBox="0 0 24 24" width="44" height="44" aria-hidden="true">
    <path
      d="M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22zm-1.6 16L5.6 12.2l1.9-1.9 2.9 2.9 6.1-6.1L18.4 9z"
      fill-rule="evenodd" />
  </svg>
`;

/** Where this page is, whatever it says. */
export const DONE_PATH = "/consent/done";

/** @param finished what this browser connected a moment ago, if anything */
export function donePage(view: View, finished: ConnectedTenant | null): Html {
  return finished === null ? nothingPage(view) : connectedPage(view, finished);
}

function connectedPage(view: View, finished: ConnectedTenant): Html {
  const { words } = view;
  const names = namesOf(view);
  const { isRenewed } = finished;
  return frame(view, {
    title: isRenewed ? words.renewed.title : words.connected.title,
    path: DONE_PATH,
    icon: CHECK,
    body: html`
      <dl>
        <div>
          <dt>${words.company}</dt>
          <dd>${finished.companyName}</dd>
        </div>
        <div>
          <dt>${words.tenant}</dt>
          <dd>${finished.contextIdentifier}</dd>
        </div>
      </dl>
      <p>${isRenewed ? words.renewed.done : words.connected.done(names)}</p>
      <p class="small">${words.connected.end(names)}</p>
    `,
  });
}

function nothingPage(view: View): Html {
  const { nothing } = view.words;
  return frame(view, {
    title: nothing.title,
    path: DONE_PATH,
    body: html`<p>${nothing.text}</p>${startLink(view)}`,
  });
}
