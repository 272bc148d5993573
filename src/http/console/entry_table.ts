/**
 * Entries as a table: index, time, kind, tenant, caller, and the members of each kind. Digests are cut to
 * be looked at and whole where they are opened. Everything of an entry is foreign text.
 */

import { html } from "hono/html";
import type { ShownEntry, ShownMember } from "../../domain/shown_entry.ts";
import { count, cut, type Html, instant, keyWords, scrolling, state } from "./words.ts";

export function entryTable(label: string, entries: readonly ShownEntry[]): Html {
  return scrolling(
    label,
    html`
      <table class="entries">
        <thead>
          <tr>
            <th scope="col" class="number">Index</th>
            <th scope="col">Time (UTC)</th>
            <th scope="col">Kind</th>
            <th scope="col">Tenant</th>
            <th scope="col">Caller</th>
            <th scope="col">What it says</th>
          </tr>
        </thead>
        <tbody>
          ${entries.map(row)}
        </tbody>
      </table>
    `,
  );
}

function row(entry: ShownEntry): Html {
  const { index, at, kind, contextIdentifier, caller } = entry;
  return html`
    <tr>
      <th scope="row" class="number">${count(index)}</th>
      <td class="time">${at === null ? NOTHING : instant(at)}</td>
      <td>${kind === null ? state("bad", "unreadable") : html`<code>${cut(kind, 40)}</code>`}</td>
      <td>${textOrNothing(contextIdentifier)}</td>
      <td>${textOrNothing(caller)}</td>
      <td class="says">
        <details>
          <summary>${gist(entry)}</summary>
          <dl>${[...entry.members, { name: "request_id", value: entry.requestId }].map(member)}</dl>
        </details>
      </td>
    </tr>
  `;
}

const NOTHING = html`<span class="nothing">none</span>`;

function textOrNothing(text: string | null): Html | string {
  return text === null ? NOTHING : cut(text, 64);
}

function member({ name, value }: ShownMember): Html {
  return html`
    <dt><code>${name}</code></dt>
    <dd>${value === null ? NOTHING : html`<code>${value}</code>`}</dd>
  `;
}

/** The members that say most, in a line. */
function gist(entry: ShownEntry): Html {
  const told = entry.members.filter(({ name, value }) => value !== null && name !== "attempt");
  return told.length === 0 ? html`no members` : html`${
    told.map(({ name, value }) =>
      html`
        <span class="member"><span class="name">${name}</span> ${short(name, value!)}</span>
      `
    )
  }`;
}

/** Results that somebody should look at. */
const TROUBLES = new Set(["failed", "refused"]);

function short(name: string, value: string): Html | string {
  if (name === "result" && TROUBLES.has(value)) return state("bad", value);
  if (name === "key_version") return html`<span title="${value}">${keyWords(value)}</span>`;
  const isDigest = /^[0-9a-f]{64}$/.test(value);
  if (isDigest) return html`<code title="${value}">${value.slice(0, 8)}…${value.slice(-4)}</code>`;
  return value.length > 40 ? html`<span title="${value}">${cut(value, 40)}</span>` : value;
}
