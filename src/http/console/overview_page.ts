/** The console's first page: how the ledger stands, how often the keys were used, what happened last. */

import { html } from "hono/html";
import type { Outcome } from "../../domain/refusal.ts";
import type { Overview } from "../../usecases/ledger_console.ts";
import { entryTable } from "./entry_table.ts";
import { frame, type View } from "./frame.ts";
import { signatures } from "./signatures.ts";
import { card, checkpointCard, NOT_NOW, reconciliationCard } from "./standing.ts";
import { CHANGED_PART, changedAlarm, isChanged } from "./verifying.ts";
import { type Html, plural } from "./words.ts";

/** @param service origin of this service */
export function overviewPage(
  view: View & { readonly now: number },
  overview: Overview,
  service: string,
): Html {
  const { checkpoint, reconciliation, figures, latest } = overview;
  return frame(
    view,
    html`
      ${isChanged(figures) || isChanged(latest) ? changedAlarm(null) : ""}
      <div class="pair">
        ${checkpointCard(checkpoint, service)}
        ${reconciliationCard(reconciliation, view.now)}
      </div>
      ${card(
        "signatures",
        "Signatures",
        figures.ok ? signatures(figures.value) : notShown(figures),
      )}
      ${card("latest", "Latest entries", latest.ok ? latestEntries(overview) : notShown(latest))}
    `,
  );
}

function notShown(part: Outcome<unknown>): Html {
  return isChanged(part) ? CHANGED_PART : NOT_NOW;
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
