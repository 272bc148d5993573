/**
 * Draws how often a key was used: bars for each hour or day, as SVG in the page, and the same numbers as
 * a table. What was signed is filled, what failed is hatched, what is open is an outline: it can be told
 * without colours, and read without seeing it.
 */

import { html } from "hono/html";
import {
  type SignCounts,
  type SignSeries,
  type SignSlot,
  sumOf,
} from "../../domain/ledger_charts.ts";
import { count, type Html, keyWords, scrolling } from "./words.ts";

/** What a chart shows, besides its numbers. */
export interface ChartWords {
  /** Unique in the page. */
  readonly id: string;
  /** `Per hour, last 24 hours` */
  readonly title: string;
  /** `Hour` */
  readonly slot: string;
  /** Of a slot, in the table. */
  readonly name: (start: number) => string;
  /** Below the bars; null leaves it out. */
  readonly tick: (start: number, place: number) => string | null;
  /** Top of the scale: at least the largest sum of one slot. */
  readonly top: number;
  /** Slots that end before were not counted. Milliseconds since the epoch; null: all were. */
  readonly since: number | null;
}

const WIDTH = 480;
const TOP = 26;
const HEIGHT = 96;
const BASE = TOP + HEIGHT;

/** Patterns that all charts of a page share. A stylesheet cannot name them: it is another document. */
export const PATTERNS = html`
  <svg class="patterns" width="0" height="0" aria-hidden="true">
    <defs>
      <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)">
        <rect class="hatch-back" width="5" height="5" />
        <rect class="hatch-line" width="2.5" height="5" />
      </pattern>
    </defs>
  </svg>
`;

/** What the bars mean. */
export const LEGEND = html`
  <ul class="legend">
    <li><svg width="16" height="16" aria-hidden="true"><rect class="signed" x="1" y="1" width="14"
      height="14" /></svg> signed</li>
    <li><svg width="16" height="16" aria-hidden="true"><rect class="failed" x="1" y="1" width="14"
      height="14" fill="url(#hatch)" /></svg> failed</li>
    <li><svg width="16" height="16" aria-hidden="true"><rect class="open" x="1.5" y="1.5" width="13"
      height="13" /></svg> open: no outcome written yet, or cut off</li>
  </ul>
`;

export function chart(series: SignSeries, words: ChartWords): Html {
  const { id, title } = words;
  return html`
    <figure>
      <figcaption>
        <strong>${title}</strong> <span>${totals(series.total)}</span>
      </figcaption>
      <svg class="chart" viewBox="0 0 ${WIDTH} ${BASE + 28}" role="img"
        aria-labelledby="${id}-title ${id}-desc">
        <title id="${id}-title">${title}: ${series.keyVersion}</title>
        <desc id="${id}-desc">${totals(series.total)}. The table below has every number.</desc>
        ${drawing(series.slots, words)}
      </svg>
      <details>
        <summary>Numbers of “${title.toLowerCase()}”</summary>
        ${scrolling(`${title}: ${keyWords(series.keyVersion)}`, table(series, words))}
      </details>
    </figure>
  `;
}

/** A round number that is not below: 1, 2 or 5 times a power of ten. */
export function topOf(all: readonly SignSeries[]): number {
  const most = Math.max(1, ...all.flatMap(({ slots }) => slots.map(heightOf)));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most;
}

/** `12 signed, 1 failed, 0 open` */
export function totals({ signed, failed, open }: SignCounts): string {
  return `${count(signed)} signed, ${count(failed)} failed, ${count(open)} open`;
}

function heightOf({ signed, failed, open }: SignCounts): number {
  return signed + failed + open;
}

function drawing(slots: readonly SignSlot[], words: ChartWords): Html {
  const step = WIDTH / slots.length;
  const { since, tick, name, top } = words;
  const slotMs = (slots[1]?.start ?? 0) - (slots[0]?.start ?? 0);
  const unseen = since === null ? 0 : slots.filter(({ start }) => start + slotMs <= since).length;
  return html`
    ${unseen === 0 ? "" : html`
      <rect class="unseen" x="0" y="${TOP}" width="${unseen * step}"
        height="${HEIGHT}" />
      <text class="axis" x="6" y="${BASE - 8}">not counted</text>
    `}
    <path class="grid" d="M0 ${TOP}H${WIDTH}M0 ${TOP + HEIGHT / 2}H${WIDTH}" />
    <text class="axis" x="0" y="${TOP - 5}">${count(top)}</text>
    ${slots.map((slot, place) =>
      heightOf(slot) === 0 ? "" : html`
        <g><title>${name(slot.start)}: ${totals(slot)}</title>${bar(
          slot,
          place * step,
          step,
          top,
        )}</g>
      `
    )}
    <path class="base" d="M0 ${BASE}H${WIDTH}" />
    ${slots.map(({ start }, place) => label(tick(start, place), place, slots.length))}
  `;
}

/** Below the middle of its bar; the last one ends where the bars do. */
function label(text: string | null, place: number, slots: number): Html | string {
  if (text === null) return "";
  const isLast = place === slots - 1;
  const x = isLast ? WIDTH : (place + 0.5) * WIDTH / slots;
  return html`
    <text class="axis ${isLast ? "end" : "middle"}" x="${x}" y="${BASE + 22}">${text}</text>
  `;
}

/** From the base upwards: signed, open, failed. Whatever there is can be seen. */
function bar(slot: SignSlot, left: number, step: number, top: number): Html[] {
  const width = step * 0.7;
  const x = (left + (step - width) / 2).toFixed(1);
  let y = BASE;
  return (["signed", "open", "failed"] as const).filter((part) => slot[part] > 0).map((part) => {
    const height = Math.max(3, slot[part] / top * HEIGHT);
    y = Math.max(TOP - 3, y - height);
    const fill = part === "failed" ? html`fill="url(#hatch)"` : "";
    return html`
      <rect class="${part}" x="${x}" y="${y.toFixed(1)}" width="${width.toFixed(1)}"
        height="${height.toFixed(1)}" ${fill} />
    `;
  });
}

function table({ slots, total }: SignSeries, { slot, name }: ChartWords): Html {
  const cells = ({ signed, failed, open }: SignCounts) =>
    html`
      <td>${count(signed)}</td>
      <td>${count(failed)}</td>
      <td>${count(open)}</td>
    `;
  return html`
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">${slot}</th>
          <th scope="col">Signed</th>
          <th scope="col">Failed</th>
          <th scope="col">Open</th>
        </tr>
      </thead>
      <tbody>
        ${slots.toReversed().map((it) =>
          html`<tr><th scope="row">${name(it.start)}</th>${cells(it)}</tr>`
        )}
      </tbody>
      <tfoot>
        <tr><th scope="row">All</th>${cells(total)}</tr>
      </tfoot>
    </table>
  `;
}

/** What all versions did together. */
export function totalOf(all: readonly SignSeries[]): SignCounts {
  return sumOf(all.map(({ total }) => total));
}
