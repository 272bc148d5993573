/** The first page: what the application asks for, what happens next, and one button. */

import { html } from "hono/html";
import type { ContextId } from "../domain/context_id.ts";
import { connectForm, frame, type Html, namesOf, type View } from "./page_frame.ts";

/**
 * @param signInHost where SuperOffice's sign-in is, so that it can be told from another
 * @param tenant that should be connected, if one was named
 */
export function landingPage(view: View, signInHost: string, tenant: ContextId | null): Html {
  const { words: { landing, tenant: label } } = view;
  const names = namesOf(view);
  const steps = [landing.signIn(signInHost), landing.approve(names), landing.back];
  const facts = [
    landing.rights,
    landing.power(names),
    landing.kept,
    landing.record,
    landing.end(names),
  ];
  const asked = tenant === null ? "" : html`
    <dl>
      <div>
        <dt>${label}</dt>
        <dd>${tenant}</dd>
      </div>
    </dl>
  `;
  return frame(view, {
    title: landing.title(names),
    path: "/",
    fields: { tenant },
    body: html`
      <p class="lead">${landing.intro(names)}</p>
      ${asked}
      ${connectForm(view, tenant)}
      <h2>${landing.next}</h2>
      <ol>${steps.map((step) => html`<li>${step}</li>`)}</ol>
      <h2>${landing.good}</h2>
      <ul>${facts.map((fact) => html`<li>${fact}</li>`)}</ul>
    `,
  });
}
