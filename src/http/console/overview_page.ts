/** The console's first page: how the ledger stands, how often the keys were used, what happened last. */

import { html } from "hono/html";
import type { Overview } from "../../usecases/ledger_console.ts";
import { entryTable } from "./entry_table.ts";
import { frame, type View } from "./frame.ts";
import { signatures } from "./signatures.ts";
import { card, checkpointCard, NOT_NOW, reconciliationCard } from "./standing.ts";
import { type Html, plural } from "./words.ts";

export function overviewPage(view: View & { readonly now: number }, overview: Overview): Html {
  const { checkpoint, reconciliation, figures, latest } = overview;
  return frame(
    view,
    html`
      <div class="pair">
        ${checkpointCard(checkpoint)}
        ${reconciliationCard(reconciliation, view.now)}
      </div>
      ${card("signatures", "Signatures", figures.ok ? signatures(figures.value) : NOT_NOW)}
      ${card("latest", "Latest entries", latest.ok ? latestEntries(overview) : NOT_NOW)}
    `,
  );
}

function latestEntries({ size, latest }: Overview): Html {
  const entries = latest.ok ? latest.value.entries : [];
  if (size === 0) return html`<p>The log is empty.</p>`;
  return html`
    <p>${plural(entries.length, "entry", "entries")} of ${plural(size, "entry", "entries")}, newest
      first.</p>
    ${entryTable("Latest entries", entries)}
    <p><a class="button quiet" href="/console/entries">All entries</a></p>
  `;
}
