/**
 * Why a consent did not come about: one sentence that says what to do, and the way there. Shows no token, no
 * claim that was not accepted, no stack; says nothing of what was stored where the fault may have come
 * after the deed.
 */

import { html } from "hono/html";
import type { ContextId } from "../domain/context_id.ts";
import { DONE_PATH } from "./page_done.ts";
import {
  connectForm,
  frame,
  type Html,
  namesOf,
  pageAddress,
  startLink,
  type View,
} from "./page_frame.ts";
import type { Refused } from "./words/words.ts";

/**
 * What somebody can press: connect again, see what is connected, go to the start page, ask the vendor,
 * several, or nothing.
 */
type Next = "connect" | "connect_or_see" | "start" | "contact" | "connect_or_contact" | "none";

const REFUSALS: Readonly<Record<Refused, readonly [status: number, next: Next]>> = {
  not_understood: [400, "connect"],
  link_incomplete: [400, "none"],
  link_expired: [400, "connect_or_see"],
  other_browser: [403, "connect"],
  declined: [403, "connect"],
  not_accepted: [400, "connect_or_contact"],
  no_system_token: [403, "connect_or_contact"],
  already_used: [409, "connect_or_see"],
  serial_changed: [409, "contact"],
  other_tenant: [409, "contact"],
  legacy_off: [403, "start"],
  try_again: [503, "connect"],
  not_found: [404, "start"],
};

/** Where a refusal can be read again in another language. */
export const REFUSED_PATH = "/consent/refused";

/** @returns the HTTP status of the answer that refuses */
export function statusOf(why: Refused): number {
  return REFUSALS[why][0];
}

/** @returns what an address says is refused, or null if there is no such refusal */
export function refusedOf(text: string | undefined): Refused | null {
  return text !== undefined && Object.hasOwn(REFUSALS, text) ? text as Refused : null;
}

/** The form of our own request ids: no message of anybody's can be written in it. */
const REFERENCE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @returns what an address says is the reference of a refusal, or null if it is none of ours */
export function referenceOf(text: string | undefined): string | null {
  return text !== undefined && REFERENCE.test(text) ? text : null;
}

/** What a refusal says. */
export interface RefusalPage {
  readonly why: Refused;
  /** Shown, so that somebody can be asked about it. */
  readonly reference: string | null;
  /** That should be connected, if one was named. */
  readonly tenant: ContextId | null;
}

/** The page itself; its status is the answer's to set. */
export function refusalPage(view: View, { why, reference, tenant }: RefusalPage): Html {
  const { words } = view;
  const { title, todo } = words.refusals[why];
  return frame(view, {
    title,
    path: REFUSED_PATH,
    fields: { why, reference: referenceOf(reference ?? undefined), tenant },
    body: html`
      <p>${todo(namesOf(view))}</p>
      ${nextSteps(view, REFUSALS[why][1], tenant)}
      ${reference === null ? "" : html`
        <p class="small reference">${words.reference} <code>${reference}</code></p>
      `}
    `,
  });
}

function nextSteps(view: View, next: Next, tenant: ContextId | null): Html | string {
  switch (next) {
    case "connect":
      return connectForm(view, tenant);
    case "connect_or_see":
      return html`
        <p>${view.words.seen.text}</p>
        <div class="choice">${connectForm(view, tenant)}${seeLink(view)}</div>
      `;
    case "start":
      return startLink(view);
    case "contact":
      return contactLink(view, "button");
    case "connect_or_contact":
      return html`
        <div class="choice">${connectForm(view, tenant)}${contactLink(view, "button quiet")}</div>
      `;
    case "none":
      return "";
  }
}

/** For who went back and sent the same once more: it worked the first time. */
function seeLink(view: View): Html {
  return html`
    <p><a class="button quiet" href="${pageAddress(view, DONE_PATH)}">${view.words.seen
      .link}</a></p>
  `;
}

/** Nothing where no address is known: the sentence says whom to ask. */
function contactLink(view: View, look: string): Html | string {
  const { app: { supportUrl }, words } = view;
  return supportUrl === null ? "" : html`
    <p><a class="${look}" href="${supportUrl.href}">${words.contact(namesOf(view))}</a></p>
  `;
}
