/** What the parts of the page have in common: what they are made from, and their frame. */
import { html } from "hono/html";
import type { Verbs } from "../../control/verbs.ts";
import type { SuperOfficeControl } from "../control.ts";
import type { World } from "../world.ts";

export type Html = ReturnType<typeof html>;

/** What the page is made from. */
export interface PageSource {
  readonly world: World;
  readonly control: SuperOfficeControl;
  /** Every verb that is mounted beside the page. */
  readonly verbs: Verbs;
  /** Origin of the Cloud KMS stand-in, if there is one. */
  readonly kmsUrl: string | undefined;
}

/** A part that the script keeps fresh. */
export function part(id: string, title: string, body: Html | readonly Html[]): Html {
  return html`
    <section id="${id}" data-part aria-labelledby="${id}-title">
      <h2 id="${id}-title">${title}</h2>
      ${body}
    </section>
  `;
}

/** A table that scrolls inside its part. Stacks its cells where there is little room. */
export function table(caption: string, heads: readonly string[], rows: readonly Html[]): Html {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table>
        <caption>${caption}</caption>
        <thead>
          <tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
}
