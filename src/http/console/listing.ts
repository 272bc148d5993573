/**
 * A table of things with many members, which becomes a list of cards where it has no room: the stylesheet
 * puts each cell below the other with its column's name. Roles are said in words, because a browser may
 * forget what a table is when it looks like something else.
 */

import { html } from "hono/html";
import { type Html, scrolling } from "./words.ts";

export interface Listing {
  /** What is listed, for who does not see it. */
  readonly label: string;
  /** The stylesheet's name for such tables. */
  readonly kind: "entries" | "tenants";
  readonly columns: readonly Column[];
  /** A cell for each column; the first one names the row. */
  readonly rows: readonly (readonly (Html | string)[])[];
}

export interface Column {
  readonly name: string;
  /** The stylesheet's name for such cells. */
  readonly style?: "" | "number" | "time" | "wide" | "says";
}

export function listing({ label, kind, columns, rows }: Listing): Html {
  return scrolling(
    `${label}: table`,
    html`
      <table class="listing ${kind}" role="table" aria-label="${label}">
        <thead role="rowgroup">
          <tr role="row">
            ${columns.map(({ name, style = "" }) =>
              html`<th scope="col" role="columnheader" class="${style}">${name}</th>`
            )}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${rows.map((cells) =>
            html`<tr role="row">${
              cells.map((content, place) => cell(content, columns[place]!, place === 0))
            }</tr>`
          )}
        </tbody>
      </table>
    `,
  );
}

function cell(content: Html | string, { name, style = "" }: Column, isFirst: boolean): Html {
  return isFirst
    ? html`<th scope="row" role="rowheader" class="${style}" data-label="${name}">${content}</th>`
    : html`<td role="cell" class="${style}" data-label="${name}">${content}</td>`;
}
