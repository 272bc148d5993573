/** The part of the overview that shows how often each key version was used. */

import { html } from "hono/html";
import { emptySeries, HOURS, joined, type SignSeries } from "../../domain/ledger_charts.ts";
import type { CountedFrom, Figures } from "../../usecases/console_figures.ts";
import { chart, type ChartWords, LEGEND, PATTERNS, topOf, totalOf, totals } from "./chart.ts";
import { count, type Html, instantAt, keyWords } from "./words.ts";

/** Key versions with charts of their own; those that were used least are shown as one. */
const MAX_VERSIONS = 5;

export function signatures(figures: Figures): Html {
  const { hours, days, since } = figures;
  if (since === null) return html`<p>There is no entry to count.</p>`;
  const versions = versionsOf(figures);
  const tops = { hours: topOf(hours), days: topOf(days) };
  // Before its first entry a log has nothing that could be missed.
  const from = since.index > 0 ? since.at : null;
  return html`
    ${PATTERNS}
    <p>Last 24 hours: <strong>${totals(totalOf(hours))}</strong>.</p>
    <p class="small">${countedFrom(since)} Each attempt counts at the time of its intent.</p>
    ${versions.length === 0
      ? html`<p>No attempt at a key was counted in the last 30 days.</p>`
      : LEGEND}
    ${versions.map(({ name, ofHours, ofDays }, place) =>
      html`
        <section class="version" aria-labelledby="version-${place}">
          <h3 id="version-${place}" title="${name}">${keyWords(name)}</h3>
          <div class="pair">
            ${chart(ofHours, hourWords(`hours-${place}`, tops.hours, from))}
            ${chart(ofDays, dayWords(`days-${place}`, tops.days, from))}
          </div>
        </section>
      `
    )}
  `;
}

interface Version {
  readonly name: string;
  readonly ofHours: SignSeries;
  readonly ofDays: SignSeries;
}

/** The busiest first. A version of the last hours is one of the last days as well. */
function versionsOf({ hours, days, now }: Figures): Version[] {
  const all = days.map((ofDays): Version => ({
    name: ofDays.keyVersion,
    ofHours: hours.find(({ keyVersion }) => keyVersion === ofDays.keyVersion) ??
      emptySeries(ofDays.keyVersion, HOURS, now),
    ofDays,
  })).sort((one, other) => usesOf(other) - usesOf(one));
  if (all.length <= MAX_VERSIONS) return all;
  const others = all.slice(MAX_VERSIONS - 1);
  const name = `${others.length} other key versions`;
  return [...all.slice(0, MAX_VERSIONS - 1), {
    name,
    ofHours: joined(name, others.map(({ ofHours }) => ofHours)),
    ofDays: joined(name, others.map(({ ofDays }) => ofDays)),
  }];
}

function usesOf({ ofDays: { total } }: Version): number {
  return total.signed + total.failed + total.open;
}

function countedFrom(since: CountedFrom): Html | string {
  if (since.index === 0) return "Counted from the first entry of the log on.";
  const when = since.at === null ? "" : html`
    of ${instantAt(since.at)}
  `;
  return html`Counted from entry ${
    count(since.index)
  }${when} on; what came before is not counted here.`;
}

function hourWords(id: string, top: number, since: number | null): ChartWords {
  const clock = (at: number) => new Date(at).toISOString().slice(11, 16);
  return {
    id,
    top,
    since,
    title: "Last 24 hours",
    slot: "Hour (UTC)",
    name: (start) => `${new Date(start).toISOString().slice(0, 10)} ${clock(start)}`,
    tick: (start) => new Date(start).getUTCHours() % 6 === 0 ? clock(start) : null,
  };
}

function dayWords(id: string, top: number, since: number | null): ChartWords {
  return {
    id,
    top,
    since,
    title: "Last 30 days",
    slot: "Day (UTC)",
    name: (start) => new Date(start).toISOString().slice(0, 10),
    tick: (start, place) => place % 7 === 1 ? new Date(start).toISOString().slice(5, 10) : null,
  };
}
