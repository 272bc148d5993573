/**
 * Entries as a table: index, time, kind, tenant, caller, and the members of each kind. Digests are cut to
 * be looked at and whole where they are opened. Everything of an entry is foreign text.
 */

import { html } from "hono/html";
import type { ShownEntry, ShownMember } from "../../domain/shown_entry.ts";
import { listing } from "./listing.ts";
import { count, cut, type Html, instant, keyWords, state } from "./words.ts";

export function entryTable(label: string, entries: readonly ShownEntry[]): Html {
  const table = listing({
    label,
    kind: "entries",
    columns: [
      { name: "Index", style: "number" },
      { name: "Time (UTC)", style: "time" },
      { name: "Kind" },
      { name: "Tenant" },
      { name: "Caller" },
      { name: "What it says", style: "says" },
    ],
    rows: entries.map(cells),
  });
  return entries.some(({ isCanary }) => isCanary)
    ? html`${table}<p class="small">${CANARY} A signature for no tenant and no caller, which the service
        makes to see whether the cloud’s log shows it.</p>`
    : table;
}

function cells(entry: ShownEntry): readonly (Html | string)[] {
  const { index, at, kind, contextIdentifier, caller, isCanary } = entry;
  return [
    count(index),
    at === null ? NOTHING : instant(at),
    kind === null ? state("bad", "unreadable") : html`<code>${cut(kind, 40)}</code>`,
    isCanary ? CANARY : textOrNothing(contextIdentifier),
    isCanary ? CANARY : textOrNothing(caller),
    html`
      <details>
        <summary>${gist(entry)}</summary>
        <dl>${[...entry.members, { name: "request_id", value: entry.requestId }].map(member)}</dl>
      </details>
    `,
  ];
}

/** Framed, so that it is not the name of a caller or a tenant. */
const CANARY = html`<span class="tag">canary</span>`;

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
