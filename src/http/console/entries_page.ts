/** The entries that somebody looks for, newest first, and where the search came from and got to. */

import { html } from "hono/html";
import { CANARIES, ENTRY_KINDS, isFiltered } from "../../domain/shown_entry.ts";
import type { FoundEntries } from "../../usecases/console_search.ts";
import { entryTable } from "./entry_table.ts";
import { type FilterName, type FilterTexts, type ReadFilters, searchAddress } from "./filters.ts";
import { frame, type View } from "./frame.ts";
import { changedAlarm } from "./verifying.ts";
import { count, type Html, plural, state } from "./words.ts";

export type GoodFilters = ReadFilters & { readonly ok: true };

export function entriesPage(view: View, found: FoundEntries, filters: GoodFilters): Html {
  const { entries, next, isArchived } = found;
  return frame(
    view,
    html`
      ${form(filters.texts, null)}
      <p class="searched">${searched(found, filters)}</p>
      ${filters.filter.caller === "canary" ? NOT_A_CALLER : ""}
      ${entries.length === 0 ? "" : entryTable("Entries, newest first", entries)}
      ${isArchived
        ? html`<p class="small">Entries below ${
          count(found.first)
        } were moved to an archive that this
          service does not read.</p>`
        : ""}
      ${pages(filters, next)}
    `,
  );
}

/** An entry on the way was changed in the store. @param service origin of this service */
export function changedEntryPage(view: View, { texts }: GoodFilters, service: string): Html {
  return frame(view, html`${form(texts, null)}${changedAlarm(service)}`);
}

/** What is wrong with a search. */
export function badFilterPage(view: View, bad: FilterName, texts: FilterTexts): Html {
  return frame(view, form(texts, bad));
}

/** The service's canaries have no caller; a caller of that name is somebody else. */
const NOT_A_CALLER = html`<p class="small">These are entries of a caller with the id
  <code>canary</code>. The service’s own canaries are found by their kind:
  <a class="target" href="/console/entries?kind=${CANARIES}">canaries</a>.</p>`;

function searched(found: FoundEntries, { filter, before }: GoodFilters): Html {
  const { entries, size, first, end, next, isArchived } = found;
  if (end === 0) return html`${size === 0 ? "The log is empty." : "There are no such entries."}`;
  const span = first === end
    ? html`No entry was looked at`
    : html`Looked at entries ${count(first)} to ${count(end - 1)}`;
  const of = html`${span} of a log of ${plural(size, "entry", "entries")}`;
  if (!isFiltered(filter)) return html`${of}.`;
  const isAll = before === null && next === null && !isArchived;
  return html`<strong>${plural(entries.length, "matching entry", "matching entries")} ${
    isAll ? "in all" : "on this page"
  }.</strong> ${of}.${next === null ? "" : " There may be older ones."}`;
}

function pages({ texts, before }: GoodFilters, next: number | null): Html {
  return html`
    <nav class="pages" aria-label="Pages of entries">
      ${before === null
        ? ""
        : html`<a class="button quiet" href="${searchAddress(texts, null)}">Newest entries</a>`}
      ${next === null
        ? ""
        : html`<a class="button quiet" rel="next" href="${searchAddress(texts, next)}">Older
          entries</a>`}
    </nav>
  `;
}

const HINTS: Readonly<Record<FilterName, string>> = {
  tenant: "The tenant is not of its form: Cust and digits, as Cust12345.",
  caller: "The caller is not of its form: up to 64 letters, digits, dots, dashes, underscores.",
  kind: "There is no such kind of entry.",
  from: "The beginning is no time: give date and time in UTC, as 2026-11-22 20:58.",
  to: "The end is no time after the beginning: give date and time in UTC, as 2026-11-22 20:58.",
  older_than: "The page is not of its form: begin with the newest entries.",
};

const TIME = html`placeholder="2026-11-22 20:58" maxlength="24"`;

function form(texts: FilterTexts, bad: FilterName | null): Html {
  const marks = (name: FilterName) =>
    name === bad ? html`aria-invalid="true" aria-describedby="problem"` : "";
  const field = (name: FilterName, label: string, type: string, more: Html | string = "") =>
    html`<div><label for="${name}">${label}</label><input id="${name}" name="${name}" type="${type}"
      value="${texts[name]}" autocomplete="off" ${more} ${marks(name)}></div>`;
  return html`
    <form class="filters card" method="get" action="/console/entries">
      ${bad === null ? "" : html`<p id="problem" class="problem">${state("bad", HINTS[bad])}</p>`}
      ${field("tenant", "Tenant", "text", html`placeholder="Cust12345" maxlength="40"`)}
      ${field("caller", "Caller", "text", html`maxlength="64"`)}
      <div><label for="kind">Kind</label><select id="kind" name="kind" ${marks("kind")}>
        <option value="">any</option>
        ${ENTRY_KINDS.map((kind) =>
          html`<option value="${kind}" ${kind === texts.kind ? "selected" : ""}>${kind}</option>`
        )}
        <option value="${CANARIES}" ${CANARIES === texts.kind
          ? "selected"
          : ""}>canaries (intents and
          outcomes)</option>
      </select></div>
      ${field("from", "From (UTC)", "text", TIME)}
      ${field("to", "Before (UTC)", "text", TIME)}
      <div class="press"><button>Show</button>
        <a class="button quiet" href="/console/entries">Clear</a></div>
    </form>
  `;
}
